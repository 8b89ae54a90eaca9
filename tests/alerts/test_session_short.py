"""Booked sessions that lack supplies: raised, told at once, resolved; the same cost for many."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.accounts.models import Person
from supply.alerts import services, wording
from supply.alerts.digest import queue_digests
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.diary.steps import cancel_session, move_session
from supply.ordering.models import PurchaseOrder
from supply.outbox.models import Mail
from supply.outbox.terms import MailKind
from supply.replenishment.shortfall_rules import by_day
from supply.replenishment.shortfalls import DAYS_AHEAD
from supply.treatments.models import TreatmentSession
from tests.api.calls import Cast
from tests.factories import (
    BIOTIN,
    FORMULATION,
    NOW,
    TODAY,
    VIAL,
    World,
    item,
    make_formulation,
    make_world,
    stock,
)
from tests.replenishment.conftest import Order, swept
from tests.replenishment.test_pages import as_person
from tests.support.queries import recorded_statements

DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A formulation of 3 ml of an item that is nowhere."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    app.config["PUBLIC_URL"] = "https://supply.example"
    world = make_world()
    make_formulation(world, [(VIAL, "3"), (BIOTIN, "1")])
    stock(world, BIOTIN, "50")
    stock(world, BIOTIN, "50", clinic=world.sister)
    return world


def book(world: World, number: int, days: int, *, time: dt.time | None = None) -> None:
    """Book a session that many days from today."""
    with transaction():
        booking = Booking(f"D-{number}", f"P-{number}", FORMULATION, TODAY + DAY * days, time=time)
        take_in(world.clinic, [booking], actor=world.actor(), now=NOW)


def standing() -> list[tuple[str, str]]:
    """Return every alert as (kind, status)."""
    db.session.rollback()
    return [(a.kind.value, a.status.value) for a in db.session.scalars(sa.select(Alert))]


def mails() -> list[Mail]:
    db.session.rollback()
    short = sa.select(Mail).where(Mail.kind == MailKind.SESSION_SHORT)
    return list(db.session.scalars(short.order_by(Mail.id)))


def test_owners_and_stock_managers_are_told_at_once(app: Flask, world: World) -> None:
    book(world, 1, 3, time=dt.time(10))
    assert swept().opened == {AlertKind.SESSION_SHORT: 1}
    assert [mail.to_address for mail in mails()] == ["owner@example.org", "manager@example.org"]
    mail = mails()[0]
    assert mail.subject == (
        "Supplies missing for a session at Riga Centre:"
        f" {world_formulation()} on Thursday 18 Jun at 10:00"
    )
    assert mail.text == (
        "Riga Centre: 1 booked session lacks supplies.\n"
        "\n"
        "See the day:\n"
        "https://supply.example/c/riga/ready?day=2026-06-18\n"
        "\n"
        f"- {world_formulation()} on Thursday 18 Jun at 10:00\n"
        "  Missing: Lidocaine 1% (3 ml)."
        " Order 3 ml now; if they come too late, move the session.\n"
        "\n"
        "\n"
        "-- \n"
        "You get this because of your role. What reaches you, and when, is in your settings.\n"
        "\n"
        "Stop mails like this:\n"
        f"{mail.unsubscribe_url}\n"
    )
    assert "P-1" not in mail.text + mail.html + mail.subject
    assert mail.html.index("See the day") < mail.html.index("Missing:")
    # The next digest has nothing new to say.
    with transaction():
        assert queue_digests(NOW).queued == 0


def world_formulation() -> str:
    name: str = db.session.scalars(
        sa.text("SELECT name FROM formulation WHERE code = :code"), {"code": FORMULATION}
    ).one()
    return name


def test_the_page_and_programs_say_whose_and_what(app: Flask, world: World) -> None:
    book(world, 1, 0)
    swept()
    page = as_person(app, world.owner).get("/c/riga/alerts")
    assert "on Monday 15 Jun, P-1" in page.text
    [told] = Cast(app, world).api("viewer").get("/clinics/riga/alerts").get_json()["alerts"]
    assert (told["kind"], told["sku"], told["status"]) == ("session_short", VIAL, "open")
    assert told["message"].startswith("Missing: Lidocaine 1% (3 ml). Order")


def test_the_horizon_is_two_weeks_from_today(world: World) -> None:
    book(world, 1, DAYS_AHEAD)
    assert not swept().changed
    assert swept(NOW + DAY).opened == {AlertKind.SESSION_SHORT: 1}


def test_it_resolves_by_itself(world: World) -> None:
    for number in range(4):
        book(world, number, 5)
    first, second, *_rest = db.session.scalars(
        sa.select(TreatmentSession.id).order_by(TreatmentSession.id)
    )
    swept()
    assert len(mails()) == 2  # Four sessions, one mail to each reader.
    with transaction():
        cancel_session(world.clinic, first, "", actor=world.actor(), now=NOW)
    assert swept().resolved == {AlertKind.SESSION_SHORT: 1}
    with transaction():
        later = TODAY + DAY * 40
        move_session(
            world.clinic, second, later, with_later=False, though_closed=True,
            actor=world.actor(), now=NOW,
        )  # fmt: skip
    assert swept().resolved == {AlertKind.SESSION_SHORT: 1}
    stock(world, VIAL, "20")
    assert swept().resolved == {AlertKind.SESSION_SHORT: 2}


def test_a_session_short_every_other_hour_is_told_of_once(world: World) -> None:
    """Another item that is short is another matter; after two days it is as well."""
    book(world, 1, 9)
    for hour in range(12):
        _hold_all(world, VIAL, hour % 2 == 0)
        swept(NOW + HOUR * hour)
    assert standing() == [("session_short", "resolved")]
    assert len(mails()) == 2
    _hold_all(world, BIOTIN, True)
    swept(NOW + HOUR * 12)
    assert standing() == [("session_short", "resolved"), ("session_short", "open")]
    assert len(mails()) == 4
    _hold_all(world, BIOTIN, False)
    swept(NOW + HOUR * 13)
    _hold_all(world, BIOTIN, True)
    swept(NOW + HOUR * 13 + DAY * 2)
    assert len(mails()) == 6


def _hold_all(world: World, code: str, held: bool) -> None:
    """Empty or fill the clinic's shelf of an item, below the ledger's services."""
    if not db.session.scalar(sa.text("SELECT count(*) FROM lot WHERE number = 'VV'")):
        stock(world, VIAL, "20", lot="VV")
    with transaction():
        db.session.execute(
            sa.text(
                "UPDATE balance SET quantity = :left WHERE item_id = :item AND clinic_id = :clinic"
            ),
            {
                "left": 0 if held else 20_000,
                "item": item(world, code).id,
                "clinic": world.clinic.id,
            },
        )


def test_what_arrives_in_time_is_not_told_at_once_but_when_it_is_late(
    world: World, order: Order
) -> None:
    order_id = order(VIAL, 1, expected_on=TODAY + DAY * 2)
    book(world, 1, 3)
    assert swept().opened == {AlertKind.SESSION_SHORT: 1}
    assert mails() == []
    with transaction():
        db.session.get_one(PurchaseOrder, order_id).expected_on = TODAY + DAY * 4
    swept(NOW + HOUR)
    swept(NOW + HOUR * 2)
    assert [mail.to_address for mail in mails()] == ["owner@example.org", "manager@example.org"]
    assert "move the session to Friday 19 Jun or later" in mails()[0].text


def test_sessions_of_a_day_are_one_row(app: Flask, world: World) -> None:
    """One row in the mail and on the page, seen to together; a lone session says whose it is.

    The mail leads to the first of the days, whichever was found first.
    """
    book(world, 9, 4)
    for number in range(3):
        book(world, number, 3)
    swept()
    text = mails()[0].text
    assert "See the day:\nhttps://supply.example/c/riga/ready?day=2026-06-18\n" in text
    assert "3 sessions on Thursday 18 Jun\n  Missing: Lidocaine 1% (9 ml)" in text
    assert "Order 9 ml now" in text
    client = as_person(app, world.owner)
    page = client.get("/c/riga/alerts").text
    assert page.count("3 sessions on Thursday 18 Jun") >= 1
    assert "on Friday 19 Jun, P-9" in page
    assert "P-1" not in page
    first, *others = db.session.scalars(
        sa.select(Alert.id).where(Alert.facts["on"].as_string() == "2026-06-18").order_by(Alert.id)
    )
    also = f"{others[0]},{others[1]},999999,nonsense"
    client.post(f"/c/riga/alerts/{first}/acknowledge", data={"also": also})
    assert sorted(standing()) == [
        *[("session_short", "acknowledged")] * 3,
        ("session_short", "open"),
    ]


def test_what_helps_one_session_may_not_do_for_all_of_a_day() -> None:
    line = {"item": "Gloves", "help": "transfer", "short": "2", "spare": "5"}
    three = [{"on": "2026-06-18", "short": [line]}] * 3
    [both] = by_day(three[:2])
    assert both["short"] == [{**line, "short": "4.000"}]
    [all_] = by_day(three)
    assert all_["short"] == [{**line, "short": "6.000", "help": "order"}]


def test_who_refused_or_cannot_be_written_to_stops_nobody(world: World) -> None:
    with transaction():
        db.session.execute(
            sa.text("INSERT INTO mail_refusal (person_id, topic, at) VALUES (:id, :topic, :at)"),
            {"id": world.owner.id, "topic": "session_short", "at": NOW},
        )
        db.session.get_one(Person, world.manager.id).locale = "fr"
    book(world, 1, 3)
    swept()
    assert [mail.to_address for mail in mails()] == ["manager@example.org"]
    assert "jeudi 18 juin" in mails()[0].text


def test_who_has_seen_to_one_has_still_when_it_comes_back(world: World) -> None:
    book(world, 1, 9)
    swept()
    alert_id = db.session.scalars(sa.select(Alert.id)).one()
    with transaction():
        services.acknowledge(world.clinic.id, alert_id, actor=world.actor(), now=NOW)
    _hold_all(world, VIAL, False)
    swept(NOW + HOUR)
    _hold_all(world, VIAL, True)
    swept(NOW + HOUR * 2)
    assert standing() == [("session_short", "acknowledged")]


def test_many_cost_what_one_costs(world: World) -> None:
    def statements() -> int:
        with recorded_statements(db.engine) as seen:
            swept()
        return len(seen)

    book(world, 1, 3)
    swept()
    first = statements()
    for number in range(2, 9):
        book(world, number, number)
    with transaction():
        booking = Booking("S-1", "P-1", FORMULATION, TODAY + DAY)
        take_in(world.sister, [booking], actor=world.actor(), now=NOW)
    swept()
    assert statements() == first


def test_several_items_are_named(world: World) -> None:
    _hold_all(world, BIOTIN, True)
    _hold_all(world, VIAL, True)
    book(world, 1, 3)
    swept()
    alert = db.session.scalars(sa.select(Alert)).one()
    assert wording.message(alert.kind, alert.facts, TODAY) == (
        "Missing: Lidocaine 1% (3 ml); Biotin 5 mg/ml (1 ampoule)."
        " For Lidocaine 1%: Order 3 ml now; if they come too late,"
        " move the session."
    )
