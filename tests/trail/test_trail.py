"""Who did what: whose rows are seen by whom, in words, page by page, and as a file."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

import supply
from supply import clock
from supply.accounts.models import Membership
from supply.accounts.terms import Role
from supply.actor import SYSTEM, Actor
from supply.alerts.terms import AlertStatus
from supply.audit import services as audit
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.inventory.terms import EntryKind
from supply.ordering.terms import EventKind
from supply.trail.actions import Group, actions_of, is_worded, title_of
from supply.trail.queries import Asked, Seen, rows, whose
from supply.trail.shown import changes
from supply.transfers.terms import TransferEventKind
from tests.api.calls import Cast
from tests.factories import BIOTIN, NOW, World, make_person, stock
from tests.mailbox.test_mailbox import as_person
from tests.support.queries import recorded_statements
from tests.support.time import Clock

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


@pytest.fixture
def quiet(world: World, now: Clock) -> World:
    """The world, an hour after all that made it."""
    now.now = NOW + MINUTE * 60
    return world


def note(
    world: World, action: str, minutes: int, person_id: int | None = None, **where: int | None
) -> None:
    with transaction():
        actor = Actor(person_id or world.manager.id, "192.0.2.7")
        at = NOW + MINUTE * minutes
        audit.record(actor, action, ("test", None), at, after={"note": action}, **where)  # type: ignore[arg-type]


def seen(world: World, asked: Asked | None = None, limit: int = 50) -> list[Seen]:
    asked = asked or Asked(since=NOW + MINUTE)
    return rows(whose(world.practice), asked, None, limit)


def test_a_practice_sees_what_is_its_own_and_nothing_else(quiet: World) -> None:
    world = quiet
    note(world, "one", 1, clinic_id=world.clinic.id)
    note(world, "two", 2, practice_id=world.practice.id, clinic_id=world.sister.id)
    note(world, "both sides", 3, practice_id=world.practice.id, supplier_id=world.supplier.id)
    note(world, "its person, nowhere", 4)
    note(world, "elsewhere", 5, clinic_id=world.other_clinic.id)
    note(world, "the supplier's", 6, person_id=world.fulfiller.id, supplier_id=world.supplier.id)
    note(world, "a stranger, nowhere", 7, person_id=world.outsider.id)
    with transaction():
        failed = ("person", world.manager.id)
        audit.record(Actor(None, "198.51.100.9"), "tried as them", failed, NOW + MINUTE * 8)
        audit.record(Actor(None, "198.51.100.9"), "tried as another", ("person", None), NOW)
    assert [row.action for row in seen(world)] == [
        "tried as them", "its person, nowhere", "both sides", "two", "one",
    ]  # fmt: skip
    supplier = rows(whose(world.supplier), Asked(since=NOW + MINUTE), None, 50)
    assert [row.action for row in supplier] == ["the supplier's", "both sides"]


def test_the_other_side_has_a_name_but_no_address(quiet: World) -> None:
    world = quiet
    both = {"practice_id": world.practice.id, "supplier_id": world.supplier.id}
    note(world, "theirs", 2, person_id=world.fulfiller.id, **both)
    note(world, "ours", 1, **both)
    theirs, ours = seen(world)
    assert (theirs.person, theirs.email, theirs.address) == ("Fulfiller", None, None)
    assert (ours.person, ours.email, ours.address) == (
        "Manager",
        "manager@example.org",
        "192.0.2.7",
    )


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_come_in_order_and_lose_nothing(quiet: World, size: int) -> None:
    """Of one instant too, and of rows that come by different ways."""
    world = quiet
    clinic, practice = {"clinic_id": world.clinic.id}, {"practice_id": world.practice.id}
    ids: dict[str, dict[str, int | None]] = {"clinic": {**clinic}, "practice": {**practice}}
    made = ("1 nowhere", "1 clinic", "2 practice", "2 nowhere", "2 clinic", "3 nowhere", "4 clinic")
    for text in made:
        minutes, _space, where = text.partition(" ")
        note(world, text, int(minutes), **ids.get(where, {}))
    found: list[Seen] = []
    after = None
    while page := rows(whose(world.practice), Asked(since=NOW + MINUTE), after, size):
        found += page
        after = page[-1].at, page[-1].id
    assert [row.action for row in found] == [
        "4 clinic", "3 nowhere", "2 clinic", "2 nowhere", "2 practice", "1 clinic", "1 nowhere",
    ]  # fmt: skip


def test_who_signed_in_stays_with_the_practice_when_they_leave(app: Flask, quiet: World) -> None:
    world = quiet
    as_person(app, world.viewer)
    with transaction():
        db.session.execute(sa.delete(Membership).where(Membership.person_id == world.viewer.id))
    assert [(row.action, row.person) for row in seen(world)] == [("person.signed_in", "Viewer")]


def test_one_of_two_practices_is_seen_signing_in_by_both(app: Flask, quiet: World) -> None:
    world = quiet
    with transaction():
        both = db.session.merge(world.viewer)
        elsewhere = world.other_clinic.practice_id
        member = {"role": Role.VIEWER, "practice_id": elsewhere, "person_id": both.id}
        db.session.add(Membership(**member, created_at=NOW))
    as_person(app, world.viewer)
    assert [row.action for row in seen(world)] == ["person.signed_in"]


def test_every_action_has_words() -> None:
    """Those written out in the source, and those made from a word of a kind."""
    made = [f"ledger.{kind}" for kind in EntryKind]
    made += [f"order.{kind}" for kind in EventKind]
    made += [f"transfer.{kind}" for kind in TransferEventKind]
    made += [f"alert.{status}" for status in AlertStatus if status is not AlertStatus.RESOLVED]
    without = sorted(action for action in {*made, *_written_out()} if not is_worded(action))
    assert without == []
    assert title_of("policy.set") == "Reorder point or method set"
    assert "hold.placed" in actions_of(Group.STOCK)


def _written_out() -> set[str]:
    """Return the actions that services name, as the second thing they tell the audit."""
    found: set[str] = set()
    for path in Path(supply.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            if ast.unparse(node.func) in {"audit.record", "record", "_record", "_note", "_audit"}:
                texts = ast.walk(node.args[1])
                found |= {str(one.value) for one in texts if isinstance(one, ast.Constant)}
    return {text for text in found if re.fullmatch(r"[a-z_]+\.[a-z_]+", text)}


def test_what_was_written_down_is_told_as_what_changed() -> None:
    before = {"reorder_point": "4.000", "method": "fixed", "same": 1, "gone": True}
    after = {
        "reorder_point": "6.000",
        "method": "fixed",
        "same": 1,
        "price": {"amount": "2.50", "currency": "EUR"},
        "packs": {"A": 2, "B": None},
    }
    assert [(one.name, one.before, one.after) for one in changes(before, after)] == [
        ("reorder point", "4.000", "6.000"),
        ("gone", "yes", None),
        ("price", None, "2.50 EUR"),
        ("packs", None, "A: 2, B: –"),
    ]


def test_the_page_says_who_did_what_and_finds_it(app: Flask, quiet: World) -> None:
    world = quiet
    stock(world, BIOTIN, "40", lot="ŻŌ-7")
    browser = as_person(app, world.owner)
    page = browser.get("/p/derma/audit")
    assert page.status_code == 200
    assert "Stock received: Biotin 5 mg/ml, ampoule</summary>" in page.text
    assert "Signed in</summary>" in page.text
    assert "127.0.0.1" in page.text
    only = browser.get("/p/derma/audit?about=people&from=2026-06-15").text
    assert "Stock received" not in only.split("<table")[1]
    assert "Signed in</summary>" in only
    nothing = browser.get("/p/derma/audit?q=nobody+wrote+this").text
    assert "Nothing was found" in nothing
    with transaction():
        audit.record(SYSTEM, "location.changed", ("location", None), clock.now(),
                     clinic_id=world.clinic.id, after={"name": "Żółw"})  # fmt: skip
    assert "Location changed" in browser.get("/p/derma/audit?q=żółw").text.split("<table")[1]
    wrong = browser.get("/p/derma/audit?from=yesterday")
    assert wrong.status_code == 422
    assert "Choose a day, or write it as year-month-day" in wrong.text
    turned = browser.get("/p/derma/audit?from=2026-06-15&to=2026-06-14")
    assert turned.status_code == 422
    assert "The first day lies after the last." in turned.text
    # No day of any zone: the first page, as for every place that is none of ours.
    for after in ("0001-01-01T00:00:00%2B14:00~1", "9999-12-31T23:59:59-14:00~1", "soon"):
        assert browser.get(f"/p/derma/audit?after={after}").status_code == 200
    assert "Location changed" in browser.get("/p/derma/audit?q=żółw").text.split("<table")[1]
    assert "Nothing was found" in browser.get("/p/derma/audit?q=ß").text


def test_the_file_has_all_of_it_and_that_it_was_taken_is_noted(app: Flask, quiet: World) -> None:
    world = quiet
    note(world, "=cmd()", 1, clinic_id=world.clinic.id)
    browser = as_person(app, world.owner)
    answer = browser.get("/p/derma/audit.csv?from=2026-06-15")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.text.split("\r\n")
    assert lines[0] == "When,Who,E-mail,Address,What,Subject,Before,After"
    line = "2026-06-15T09:01:00+00:00,Manager,manager@example.org,192.0.2.7,'=cmd(),,,"
    assert line + '"{""note"": ""=cmd()""}"' in lines
    newest = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert newest is not None
    assert (newest.action, newest.practice_id) == ("audit.exported", world.practice.id)


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("owner", "/p/derma/audit", 200),
        ("manager", "/p/derma/audit", 403),
        ("practitioner", "/p/derma/audit.csv", 403),
        ("outsider", "/p/derma/audit", 404),
        ("supplier_admin", "/s/baltic/audit", 200),
        ("fulfiller", "/s/baltic/audit", 403),
        ("owner", "/s/baltic/audit", 404),
    ],
)
def test_who_may_read_it(app: Flask, quiet: World, who: str, path: str, status: int) -> None:
    assert as_person(app, getattr(quiet, who)).get(path).status_code == status


def test_programs_of_owners_read_it_page_by_page(quiet: World, app: Flask) -> None:
    cast = Cast(app, quiet)
    owner = cast.api("owner")
    for minutes in range(1, 104):
        note(quiet, "policy.set", minutes, clinic_id=quiet.clinic.id)
    first = owner.get("/audit?from=2026-06-15T09:00:30%2B00:00&person=manager@example.org")
    assert first.status_code == 200
    body = first.get_json()
    assert body["rows"][0] == {
        "at": "2026-06-15T10:43:00+00:00",
        "person": "manager@example.org",
        "address": "192.0.2.7",
        "action": "policy.set",
        "subject": {"type": "test", "id": None},
        "before": None,
        "after": {"note": "policy.set"},
    }
    rest = owner.get(
        f"/audit?from=2026-06-15T09:00:30%2B00:00&person=manager@example.org&cursor={body['next']}"
    ).get_json()
    assert (len(body["rows"]), len(rest["rows"]), rest["next"]) == (100, 3, None)
    day = owner.get("/audit?from=2026-06-16&to=2026-06-17").get_json()
    assert day["rows"] == []
    stranger = owner.get("/audit?person=outsider@example.com").get_json()
    assert stranger["rows"] == []
    assert cast.api("manager").get("/audit").status_code == 403
    assert cast.api("nobody").get("/audit").status_code == 401
    assert owner.get("/audit?from=june").status_code == 422


def test_a_page_asks_as_much_of_a_long_history(quiet: World, app: Flask) -> None:
    browser: FlaskClient = as_person(app, quiet.owner)
    note(quiet, "policy.set", 1, clinic_id=quiet.clinic.id)
    counts = []
    for _long in range(2):
        with recorded_statements(db.engine) as statements:
            assert browser.get("/p/derma/audit").status_code == 200
        counts.append(len(statements))
        for minutes in range(60):
            note(quiet, "hold.placed", 2 + minutes, clinic_id=quiet.clinic.id)
    assert counts[1] <= counts[0] <= 15


def test_an_owner_of_some_clinics_only_does_not_read_it(app: Flask, quiet: World) -> None:
    with transaction():
        person = make_person("part@example.org", Role.OWNER, quiet.practice)
        person.memberships[0].clinics = [quiet.clinic]
    assert as_person(app, person).get("/p/derma/audit").status_code == 403
    assert Cast(app, quiet).app is app
