"""What is counted when, who counts large differences again, and who is told of them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Membership
from supply.alerts import services as alerts
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind, AlertStatus
from supply.alerts.wording import message
from supply.counting import planning, rules
from supply.counting.models import Count, CountLine
from supply.counting.rules import Limits, is_large
from supply.counting.terms import CountStatus, ItemClass
from supply.db import db, transaction
from supply.handling import actions
from supply.inventory.models import Balance, Lot
from supply.items.models import Location
from supply.replenishment.sweep import sweep
from tests.api.calls import Cast
from tests.factories import BIOTIN, NEEDLE, NOW, VIAL, World, stock
from tests.support.people import AsPerson
from tests.support.time import Clock

HOME = "/c/riga/counts"
DAY = dt.timedelta(days=1)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


def test_items_are_classed_by_what_they_are_worth() -> None:
    worth = {1: 500, 2: 310, 3: 100, 4: 60, 5: 30, 6: 0}
    a, b, c = ItemClass
    assert rules.classed(worth) == {1: a, 2: a, 3: b, 4: b, 5: c, 6: c}
    assert rules.classed({7: 0}) == {7: c}


@pytest.mark.parametrize(
    ("difference", "expected", "value", "large"),
    [
        ("-4", "100", -20000, True),
        ("-4", "100", -19999, False),
        ("-25", "100", -2000, True),
        ("-24", "100", -2000, False),
        ("-25", "100", -1999, False),
        ("3", "0", None, True),
        ("1", "100", None, False),
        ("0", "0", None, False),
    ],
)
def test_what_is_large(difference: str, expected: str, value: int | None, large: bool) -> None:
    limits = Limits(20000)
    assert is_large(Decimal(difference), Decimal(expected), value, limits) is large


def swept(now: dt.datetime) -> None:
    """Sweep, and commit."""
    with transaction():
        sweep(now)


def _shelf(world: World) -> int:
    query = sa.select(Location.id).where(
        Location.clinic_id == world.clinic.id, Location.name == "Cupboard"
    )
    return db.session.scalars(query).one()


def _line(lot: str) -> int:
    newest = sa.select(CountLine.id).join(Lot).where(Lot.number == lot)
    return db.session.scalars(newest.order_by(CountLine.id.desc())).first() or 0


def test_what_is_due_is_counted_in_one_tap(world: World, as_person: AsPerson, now: Clock) -> None:
    """By class, from when it came or was counted last; one tap begins, and it is due no more."""
    stock(world, BIOTIN, "200", cost_minor=250, at=NOW - DAY * 25)
    stock(world, VIAL, "60", lot="V1", cost_minor=2000, at=NOW - DAY * 20)
    stock(world, NEEDLE, "100", lot="N1", cost_minor=1, at=NOW - DAY * 360)
    assert planning.due(world.clinic, NOW) == []
    swept(NOW)
    due = planning.due(world.clinic, NOW)
    assert [(one.word, one.due_on) for one in due] == [
        (ItemClass.A, (NOW + DAY * 5).date()),
        (ItemClass.C, (NOW + DAY * 4).date()),
    ]
    owner = as_person(world.owner)
    page = owner.get(HOME).text
    assert [word in page for word in ("To count this week", "Class A", "Count these 2")] == [
        True
    ] * 3
    begun = owner.post(HOME, data={"what": "due", "form_key": "k"}).location
    assert "0 of 2 lots counted" in owner.get(begun).text
    named = owner.post(HOME, data={"item": VIAL.lower(), "form_key": "k2"}).location
    assert "0 of 1 lot counted" in owner.get(named).text
    wrong = owner.post(HOME, data={"item": "NONE", "form_key": "k3"})
    assert (wrong.status_code, "No item has the code NONE." in wrong.text) == (400, True)
    place = f"{begun}/at/{_shelf(world)}"
    owner.post(place, data={f"containers-{_line('A1')}": "200", "form_key": "k4"})
    owner.post(f"{begun}/finish", data={"form_key": "k5"})
    assert [one.name for one in planning.due(world.clinic, NOW)] == [due[1].name]


def _begin(world: World, owner: FlaskClient, counter: FlaskClient) -> str:
    """Begin a count in which ``counter`` finds 10 of 20 ampoules; return its address."""
    page = owner.post(HOME, data={"form_key": f"b{counter}"}).location
    said = {f"containers-{_line('A1')}": "10", "form_key": f"c{counter}"}
    assert counter.post(f"{page}/at/{_shelf(world)}", data=said).status_code == 302
    return page


def test_a_large_difference_is_counted_again_by_another(
    world: World, as_person: AsPerson, now: Clock
) -> None:
    stock(world, BIOTIN, "20", cost_minor=2500)
    owner, nurse = as_person(world.owner), as_person(world.practitioner)
    page = _begin(world, owner, owner)
    line = _line("A1")
    finish = owner.get(f"{page}/finish").text
    assert ("Ask for a recount" in finish, "Large" in finish) == (True, True)
    why = {f"cause-{line}": "lost", "form_key": "p1"}
    refused = owner.post(f"{page}/finish", data=why)
    assert (refused.status_code, "somebody else is to count" in refused.text) == (400, True)
    assert owner.post(f"{page}/again", data={"form_key": "a1"}).location == page
    place = f"{page}/at/{_shelf(world)}"
    mine, theirs = owner.get(place).text, nurse.get(place).text
    assert ('value="10"' in mine, 'value="10"' in theirs) == (True, False)
    assert "Count again" in theirs
    assert "1 to count again" in nurse.get(page).text
    now.forward(minutes=3)
    nurse.post(place, data={f"containers-{line}": "10", f"was-{line}": "|", "form_key": "c9"})
    assert owner.post(f"{page}/finish", data=why | {"form_key": "p2"}).location == page
    db.session.rollback()
    posted = db.session.get_one(CountLine, line)
    assert (posted.difference, posted.counted_by_id) == (Decimal(-10), world.practitioner.id)


def test_who_is_alone_says_why(world: World, as_person: AsPerson, now: Clock) -> None:
    stock(world, BIOTIN, "20", cost_minor=2500)
    with transaction():
        others = Membership.person_id != world.owner.id
        db.session.execute(
            sa.update(Membership).where(others, Membership.practice_id == world.practice.id)
            .values(role="viewer")
        )  # fmt: skip
    owner = as_person(world.owner)
    page = _begin(world, owner, owner)
    why = {f"cause-{_line('A1')}": "lost", "form_key": "p1"}
    asked = owner.post(f"{page}/finish", data=why)
    assert (asked.status_code, "Nobody else here may count" in asked.text) == (400, True)
    said = why | {"note": "Nobody else works here", "form_key": "p2"}
    assert owner.post(f"{page}/finish", data=said).location == page
    assert "Posted by who counted: Nobody else works here" in owner.get(page).text
    db.session.rollback()
    count = db.session.scalars(sa.select(Count)).one()
    assert (count.status, count.note) == (CountStatus.POSTED, "Nobody else works here")


def test_limits_are_the_owners(app: Flask, world: World, as_person: AsPerson, now: Clock) -> None:
    """They are set on a page; over the API they hold once they are."""
    stock(world, BIOTIN, "20", cost_minor=100)
    limits, owner = f"{HOME}/limits", as_person(world.owner)
    said = {"value": "8.00", "percent": "50", "days_a": "7", "days_b": "30", "days_c": "90"}
    assert as_person(world.manager).post(limits, data=said).status_code == 403
    bad = owner.post(limits, data=said | {"value": "0", "form_key": "k0"})
    assert (bad.status_code, "above zero" in bad.text) == (400, True)
    assert owner.post(limits, data=said | {"form_key": "k1"}).location == HOME
    page = owner.get(limits).text
    assert ('value="8.00"' in page, 'value="7"' in page) == (True, True)
    cast = Cast(app, world)
    api = cast.api("owner")
    count = api.post("/clinics/riga/counts", {}).get_json()["count"]
    line = {"sku": BIOTIN, "lot": "A1", "location": "Cupboard", "quantity": "12"}
    api.post(f"/counts/{count}/entries", {"lines": [line]})
    refused = api.post(f"/counts/{count}/post", {})
    assert (refused.status_code, "A1" in refused.get_json()["detail"]) == (409, True)
    cast.api("manager").post(f"/counts/{count}/entries", {"lines": [line]})
    assert api.post(f"/counts/{count}/post", {}).status_code == 201


def _variance() -> list[tuple[AlertStatus, str]]:
    db.session.rollback()
    found = db.session.scalars(
        sa.select(Alert).where(Alert.kind == AlertKind.COUNT_VARIANCE).order_by(Alert.id)
    )
    return [(one.status, message(one.kind, one.facts, NOW.date())) for one in found]


def test_a_large_difference_is_told_of_until_it_is_counted_again(
    world: World, as_person: AsPerson, now: Clock
) -> None:
    """Or acknowledged: then never again."""
    stock(world, BIOTIN, "20", cost_minor=2500)
    owner, nurse = as_person(world.owner), as_person(world.practitioner)
    for key, there in (("one", "10"), ("two", "10"), ("three", "2")):
        page = owner.post(HOME, data={"form_key": f"b{key}"}).location
        now.forward(minutes=5)
        said = {f"containers-{_line('A1')}": there, "form_key": f"c{key}"}
        nurse.post(f"{page}/at/{_shelf(world)}", data=said)
        why = {f"cause-{_line('A1')}": "lost", "form_key": f"p{key}"}
        assert owner.post(f"{page}/finish", data=why).location == page
        swept(now.now)
        told = _variance()
        if key == "one":
            words = "10 ampoules missing (€250.00). Lot A1 in Cupboard, counted on 15 Jun 2026."
            assert told == [(AlertStatus.OPEN, f"{words} Count it again, or acknowledge it.")]
        if key == "two":
            assert [status for status, _words in told] == [AlertStatus.RESOLVED]
    alert = db.session.scalars(sa.select(Alert).where(Alert.status == AlertStatus.OPEN)
                               .where(Alert.kind == AlertKind.COUNT_VARIANCE)).one()  # fmt: skip
    seen = owner.post(f"/c/riga/alerts/{alert.id}/acknowledge", follow_redirects=True)
    assert ("Acknowledged." in seen.text, "when its cause ends" in seen.text) == (True, False)
    assert [status for status, _words in _variance()] == [AlertStatus.RESOLVED] * 2
    owner.post(f"/c/riga/alerts/{alert.id}/reopen")
    assert [status for status, _words in _variance()] == [AlertStatus.RESOLVED, AlertStatus.OPEN]
    with transaction():
        alerts.acknowledge(alert.clinic_id, alert.id, actor=world.actor(), now=now.now)
    for days in (1, 3, 10):
        swept(now.now + DAY * days)
        assert [status for status, _words in _variance()] == [AlertStatus.RESOLVED] * 2


def test_what_was_corrected_counts_as_counted(world: World, now: Clock) -> None:
    stock(world, VIAL, "60", lot="V1", cost_minor=2000, at=NOW - DAY * 40)
    swept(NOW)
    assert len(planning.due(world.clinic, NOW)) == 1
    row = db.session.execute(sa.select(Balance.location_id, Balance.lot_id)).one()
    spot = (row.location_id, row.lot_id, None)
    with transaction():
        actions.correct(
            world.clinic, spot, Decimal(40), reason="Counted", actor=world.actor(), now=NOW
        )
    assert planning.due(world.clinic, NOW) == []
