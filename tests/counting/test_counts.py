"""Counts over the API: what is expected is what the ledger says of the moment of each line."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.audit.models import AuditRow
from supply.counting.models import CountLine
from supply.counting.posting import post
from supply.counting.saying import Counted, say
from supply.db import db, transaction
from supply.handling import actions
from supply.inventory.models import Balance, Container, Entry, Lot, Move
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from tests.api.bodies import session, thrown
from tests.api.calls import Api, Cast, assert_ledger_agrees, fields_at_fault, rows
from tests.factories import AMPOULE, BIOTIN, NOW, VIAL, World, make_formulation, stock
from tests.support.racing import at_once
from tests.support.time import Clock

HERE = "Cupboard"
COUNTS = "/clinics/riga/counts"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


@pytest.fixture
def cast(app: Flask, world: World, now: Clock) -> Cast:
    """The world's people, at a clinic with ampoules and vials whose cost is known."""
    stock(world, BIOTIN, "20", cost_minor=250)
    stock(world, VIAL, "60", lot="V1")
    make_formulation(world, [(BIOTIN, "2")])
    return Cast(app, world)


def begin(api: Api, **scope: Any) -> int:
    """Begin a count and return its id."""
    answer = api.post(COUNTS, scope)
    assert answer.status_code == 201, answer.get_json()
    count: int = answer.get_json()["count"]
    return count


def enter(api: Api, count: int, quantity: str, **line: Any) -> Any:
    """Say what was counted; return the answer."""
    told = {"sku": BIOTIN, "lot": "A1", "location": HERE, "quantity": quantity} | line
    return api.post(f"/counts/{count}/entries", {"lines": [told]})


def posted(api: Api, count: int, **how: Any) -> Any:
    """Post a count and return what it says."""
    answer = api.post(f"/counts/{count}/post", how)
    assert answer.status_code == 201, answer.get_json()
    assert_ledger_agrees()
    return answer.get_json()


def there(lot: str = "A1") -> dict[bool, Decimal]:
    """Return what is there of a lot: by whether it is open."""
    db.session.rollback()
    found = db.session.execute(
        sa.select(Balance.container_id.is_not(None), Balance.quantity)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Lot.number == lot, Balance.quantity > Decimal(0))
    )
    return {bool(is_open): quantity for is_open, quantity in found}


def test_a_blind_count_from_beginning_to_undo(cast: Cast, now: Clock) -> None:
    manager = cast.api("manager")
    answer = manager.post(COUNTS, {"locations": ["cupboard"], "skus": [BIOTIN]})
    assert answer.status_code == 201
    count = answer.get_json()["count"]
    assert answer.get_json() == {"count": count, "status": "open", "lines": 1}
    line = {"sku": BIOTIN, "lot": "A1", "location": HERE}
    blind = manager.get(f"/counts/{count}").get_json()
    assert blind == {"count": count, "status": "open", "lines": [line | {"counted": None}]}
    enter(cast.api("practitioner"), count, "7")
    now.forward(minutes=1)
    again = enter(manager, count, "18")
    assert (again.status_code, again.get_json()["lines"]) == (200, [line | {"counted": "18.000"}])
    now.forward(hours=1)
    done = posted(manager, count, causes=[line | {"cause": "lost"}])
    difference = {"expected": "20.000", "counted": "18.000", "difference": "-2.000"}
    value = {"amount": "-5.00", "currency": "EUR"}
    assert done["differences"] == [line | difference | {"cause": "lost", "value": value}]
    entry = db.session.get_one(Entry, done["entry"])
    assert (entry.kind, entry.occurred_at) == (EntryKind.COUNT, NOW + dt.timedelta(minutes=1))
    assert there() == {False: Decimal(18)}
    after = manager.get(f"/counts/{count}").get_json()
    assert (after["status"], after["lines"]) == ("posted", [line | difference])
    refused = enter(manager, count, "3")
    assert (refused.status_code, "posted" in refused.get_json()["detail"]) == (409, True)
    undo = manager.post(f"/entries/{done['entry']}/reversal", {"reason": "wrong shelf"})
    assert undo.status_code == 201
    assert (there(), manager.get(f"/counts/{count}").get_json()["status"]) == (
        {False: Decimal(20)},
        "undone",
    )
    actions_told = db.session.scalars(
        sa.select(AuditRow.action).where(AuditRow.action.like("count.%")).order_by(AuditRow.id)
    ).all()
    assert actions_told == ["count.begun", "count.counted", "count.counted", "count.posted"]


def test_what_moves_before_or_after_does_not_spoil_it(cast: Cast, now: Clock) -> None:
    owner = cast.api("owner")
    count = begin(owner, blind=False)
    owner.post("/clinics/riga/sessions", session())
    now.forward(minutes=1)
    enter(owner, count, "17")
    at = now.now
    now.forward(minutes=10)
    owner.post("/clinics/riga/sessions", session())
    late = session(occurred_at=(at - dt.timedelta(seconds=30)).isoformat())
    assert owner.post("/clinics/riga/sessions", late).status_code == 201
    owner.post("/clinics/riga/waste", thrown(quantity="1"))
    [line, _vials] = owner.get(f"/counts/{count}").get_json()["lines"]
    assert (line["expected"], line["difference"]) == ("16.000", "1.000")
    done = posted(owner, count)
    assert [d["difference"] for d in done["differences"]] == ["1.000"]
    assert there() == {False: Decimal(14)}
    too_late = owner.post("/clinics/riga/sessions", late)
    assert (
        too_late.status_code,
        "was counted on 2026-06-15, 12:01:" in too_late.get_json()["detail"],
    ) == (409, True)
    since = session(occurred_at=(at + dt.timedelta(seconds=30)).isoformat())
    assert owner.post("/clinics/riga/sessions", since).status_code == 201


def test_what_is_undone_since_never_was(cast: Cast, now: Clock) -> None:
    """A session that was never given, undone after the counting: nothing differs."""
    owner = cast.api("owner")
    given = owner.post("/clinics/riga/sessions", session()).get_json()["entry"]
    count = begin(owner)
    now.forward(minutes=1)
    enter(owner, count, "20")
    now.forward(minutes=1)
    owner.post(f"/entries/{given}/reversal", {"reason": "never given"})
    assert posted(owner, count) == {"entry": None, "differences": []}
    assert there() == {False: Decimal(20)}


def test_two_counts_of_one_shelf_take_a_difference_once(cast: Cast, now: Clock) -> None:
    owner = cast.api("owner")
    first, second, third = (begin(owner) for _each in range(3))
    for count in (first, second, third):
        now.forward(minutes=1)
        enter(owner, count, "18")
    now.forward(minutes=1)
    enter(owner, first, "60", sku=VIAL, lot="V1")
    posted(owner, first)
    assert posted(owner, second) == {"entry": None, "differences": []}
    early = begin(owner)
    enter(owner, early, "18")
    now.forward(minutes=1)
    with transaction():
        spot = db.session.execute(
            sa.select(Balance.location_id, Balance.lot_id).join(Lot).where(Lot.number == "A1")
        ).one()
        actions.correct(
            cast.world.clinic,
            (spot.location_id, spot.lot_id, None),
            Decimal(17),
            reason="broken",
            actor=cast.world.actor(),
            now=now.now,
        )
    for count in (third, early):
        late = owner.post(f"/counts/{count}/post", {})
        assert (late.status_code, "count it once more" in late.get_json()["detail"]) == (409, True)
    now.forward(minutes=1)
    enter(owner, early, "17")
    assert posted(owner, early) == {"entry": None, "differences": []}


def test_open_containers(cast: Cast, now: Clock) -> None:
    """Three vials of 20: one found open that nobody opened here, then its rest is less."""
    owner = cast.api("owner")
    vial = {"sku": VIAL, "lot": "V1"}
    count = begin(owner, skus=[VIAL])
    now.forward(minutes=1)
    enter(owner, count, "52.5", **vial)
    assert [d["difference"] for d in posted(owner, count)["differences"]] == ["-7.500"]
    assert there("V1") == {False: Decimal(40), True: Decimal("12.5")}
    container = db.session.scalars(sa.select(Container)).one()
    assert container.opened_at == now.now
    assert container.discard_at == now.now + dt.timedelta(hours=672)
    count = begin(owner, skus=[VIAL])
    now.forward(minutes=1)
    enter(owner, count, "30", **vial)
    assert [d["value"] for d in posted(owner, count)["differences"]] == [None]
    assert there("V1") == {False: Decimal(20), True: Decimal(10)}


def test_what_is_found_and_what_expired(cast: Cast, now: Clock) -> None:
    owner = cast.api("owner")
    stock(cast.world, AMPOULE, "15", lot="OLD", expiry=dt.date(2026, 6, 1), cost_minor=1_000)
    count = begin(owner)
    now.forward(minutes=1)
    found = {"lot": "NEW-1", "location": "Fridge 2–8 °C"}
    unknown = enter(owner, count, "3", **found)
    assert (unknown.status_code, fields_at_fault(unknown)) == (422, ["lines.0.expiry"])
    assert enter(owner, count, "3", **found, expiry="2027-05-31").status_code == 200
    old = {"sku": AMPOULE, "lot": "OLD", "location": HERE}
    enter(owner, count, "5", **old)
    wrong = owner.post(f"/counts/{count}/post", {"causes": [old | {"cause": "found"}]})
    assert wrong.status_code == 422
    done = posted(owner, count, causes=[old | {"cause": "expired"}])
    told = [
        (d["lot"], d["difference"], d["value"] and d["value"]["amount"], d["cause"])
        for d in done["differences"]
    ]
    assert told == [
        ("OLD", "-10.000", "-20.00", "expired"),
        ("NEW-1", "3.000", "7.50", "not_said"),
    ]
    waste = db.session.scalars(sa.select(Move).where(Move.cause == WasteCause.EXPIRED)).one()
    assert (waste.quantity, waste.cost_minor, waste.entry_id) == (Decimal(10), 2000, done["entry"])
    assert there("NEW-1") == {False: Decimal(3)}
    assert db.session.scalars(sa.select(Lot.expiry).where(Lot.number == "NEW-1")).one() == dt.date(
        2027, 5, 31
    )


def test_who_counts_does_not_post(cast: Cast, now: Clock) -> None:
    """A practitioner says lines; a stock manager or an owner posts, or cancels."""
    nurse, outsider = cast.api("practitioner"), cast.api("outsider")
    count = begin(nurse)
    now.forward(minutes=1)
    assert enter(nurse, count, "18").status_code == 200
    before = rows()
    for way in ("post", "cancel"):
        assert nurse.post(f"/counts/{count}/{way}", {}).status_code == 403
        assert outsider.post(f"/counts/{count}/{way}", {}).status_code == 404
    assert rows() == before
    assert posted(cast.api("manager"), count)["differences"][0]["difference"] == "-2.000"


def test_untouched_lines_are_not_zero_unless_that_is_said(cast: Cast, now: Clock) -> None:
    owner = cast.api("owner")
    nothing = owner.post(f"/counts/{begin(owner)}/post", {})
    assert (nothing.status_code, fields_at_fault(nothing)) == (422, ["lines"])
    count = begin(owner)
    now.forward(minutes=1)
    enter(owner, count, "20")
    assert posted(owner, count) == {"entry": None, "differences": []}
    assert there("V1") == {False: Decimal(60)}
    lines = owner.get(f"/counts/{count}").get_json()["lines"]
    assert [line["difference"] for line in lines] == ["0.000", None]
    count = begin(owner)
    enter(owner, count, "20")
    done = posted(owner, count, uncounted="zero")
    assert [(d["lot"], d["difference"]) for d in done["differences"]] == [("V1", "-60.000")]
    assert there("V1") == {}


def test_less_is_there_than_is_to_be_taken_off(cast: Cast, now: Clock) -> None:
    owner = cast.api("owner")
    count = begin(owner)
    now.forward(minutes=1)
    enter(owner, count, "5")
    now.forward(minutes=1)
    owner.post("/clinics/riga/waste", thrown(quantity="10"))
    before = rows()
    late = owner.post(f"/counts/{count}/post", {})
    assert (late.status_code, "15 ampoules of it were missing" in late.get_json()["detail"]) == (
        409,
        True,
    )
    assert rows() == before


def test_bad_lines_are_named_and_nothing_is_kept(cast: Cast) -> None:
    owner = cast.api("owner")
    count = begin(owner)
    before = rows()
    good = {"sku": BIOTIN, "lot": "A1", "location": HERE, "quantity": "3"}
    bad = [
        good,
        good | {"sku": "NONE"},
        good | {"location": "Attic"},
        good | {"lot": "--"},
        good | {"expiry": "2030-01-01"},
    ]
    answer = owner.post(f"/counts/{count}/entries", {"lines": bad})
    assert (answer.status_code, fields_at_fault(answer)) == (
        422,
        ["lines.1.sku", "lines.2.location", "lines.3.lot", "lines.4.expiry"],
    )
    scope = owner.post(COUNTS, {"locations": ["Attic"], "skus": [BIOTIN, "NONE"]})
    assert fields_at_fault(scope) == ["locations.0", "skus.1"]
    assert rows() == before
    assert owner.post(f"/counts/{count}/cancel", {}).get_json()["status"] == "cancelled"
    assert owner.post(f"/counts/{count}/post", {}).status_code == 409


def test_four_post_at_once(app: Flask, cast: Cast, now: Clock) -> None:
    """One entry is written, and the others are told."""
    owner = cast.api("owner")
    count = begin(owner)
    enter(owner, count, "18")
    later, actor = now.forward(minutes=1), cast.world.actor()
    results = at_once(app, lambda: post(count, actor=actor, now=later))
    assert sorted(type(result).__name__ for result in results) == ["CountEnded"] * 3 + ["Posted"]
    db.session.rollback()
    kinds = db.session.scalars(sa.select(Entry.kind).where(Entry.kind == EntryKind.COUNT)).all()
    assert (len(kinds), there(), verify()) == (1, {False: Decimal(18)}, [])


def test_two_people_say_one_line_at_once(app: Flask, cast: Cast) -> None:
    count = begin(cast.api("owner"))
    actor = cast.world.actor()
    said = [Counted(BIOTIN, "NEW", HERE, Decimal(4), expiry_said=True)]
    known = [Counted(BIOTIN, "A1", HERE, Decimal(4))]
    results = at_once(app, lambda: len(say(count, known, actor=actor, now=NOW)))
    results += at_once(app, lambda: len(say(count, said, actor=actor, now=NOW)))
    assert results == [1] * 8
    db.session.rollback()
    lines = db.session.scalars(sa.select(CountLine).where(CountLine.counted.is_not(None))).all()
    assert [line.counted for line in lines] == [Decimal(4)] * 2


def test_the_same_key_answers_the_same(cast: Cast, now: Clock) -> None:
    owner = cast.api("owner")
    count = begin(owner)
    enter(owner, count, "18")
    now.forward(minutes=1)
    first, again = (owner.post(f"/counts/{count}/post", {}, key="one") for _each in range(2))
    assert (first.status_code, first.get_json()) == (201, again.get_json())
    assert there() == {False: Decimal(18)}
