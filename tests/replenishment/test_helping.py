"""What helps a booked session that falls short: each way, and which comes first."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask

from supply import clock
from supply.baskets.drafts import BasketLine, create_draft
from supply.baskets.placing import place
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.diary.readiness import readiness
from supply.ordering.models import PurchaseOrder
from supply.replenishment.helping import HelpKind, day_with_help, help_for
from supply.replenishment.wording import helping
from tests.api.calls import Cast
from tests.factories import (
    BIOTIN,
    COLD,
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

DAY = TODAY + dt.timedelta(days=3)


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A session on Thursday that takes 3 ml of an item with no stock; another may stand in."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    item(world, COLD)
    make_formulation(world, [(VIAL, "3")], substitutes=[(VIAL, BIOTIN, "2")])
    with transaction():
        booking = Booking("D-1", "P-1", FORMULATION, DAY)
        take_in(world.clinic, [booking], actor=world.actor(), now=NOW)
    return world


def best(world: World) -> tuple[HelpKind, str]:
    db.session.rollback()
    sessions = readiness(world.clinic, DAY, DAY, now=NOW)
    [way] = help_for(world.clinic, sessions, now=NOW).values()
    return way.kind, helping(way)


def order(world: World, expected_on: dt.date) -> None:
    """Place an order of a pack, expected that day."""
    with transaction():
        [product] = item(world, VIAL).products
        drawn_up = create_draft(
            world.clinic,
            world.supplier,
            [BasketLine(product.id, 1)],
            actor=world.actor(),
            now=NOW,
        )
        place(drawn_up.id, actor=world.actor(), now=NOW)
        db.session.get_one(PurchaseOrder, drawn_up.id).expected_on = expected_on


def test_nothing_there_and_nothing_on_order(world: World) -> None:
    assert best(world) == (
        HelpKind.ORDER,
        "Order 3 ml now; if they come too late, move the session.",
    )


def test_ways_in_their_order(world: World) -> None:
    """Each that is added is better than those before it."""
    order(world, DAY + dt.timedelta(days=1))
    kind, sentence = best(world)
    assert kind is HelpKind.MOVE
    assert sentence.endswith(
        "expected on Friday 19 Jun: move the session to Friday 19 Jun or later."
    )
    stock(world, BIOTIN, "2")
    assert best(world) == (
        HelpKind.SUBSTITUTE,
        f"Use {item(world, BIOTIN).name} instead, as the formulation allows.",
    )
    order(world, DAY)
    kind, sentence = best(world)
    assert kind is HelpKind.ARRIVES
    assert sentence.endswith("on order are expected on Thursday 18 Jun, in time.")
    stock(world, VIAL, "20", lot="S-1", clinic=world.sister)
    assert best(world) == (
        HelpKind.TRANSFER,
        "Dublin Quay has 1 vial to spare (lot S-1): have 3 ml brought over.",
    )


def test_a_sister_keeps_what_it_needs_and_what_expires_too_soon(world: World) -> None:
    stock(world, VIAL, "20", lot="S-1", clinic=world.sister, expiry=DAY - dt.timedelta(days=1))
    assert best(world)[0] is HelpKind.ORDER
    stock(world, VIAL, "20", lot="S-2", clinic=world.sister)
    with transaction():
        booked = [
            Booking(f"S-{n}", "P-9", FORMULATION, TODAY + dt.timedelta(days=n), areas=1)
            for n in range(14)
        ]
        take_in(world.sister, booked, actor=world.actor(), now=NOW)
    assert best(world)[0] is HelpKind.ORDER


def test_nothing_is_asked_where_nothing_is_short(world: World) -> None:
    stock(world, VIAL, "20")
    db.session.rollback()
    sessions = readiness(world.clinic, DAY, DAY, now=NOW)
    assert [one.ready for one in sessions] == [True]
    assert help_for(world.clinic, sessions, now=NOW) == {}


def test_programs_are_told(app: Flask, world: World) -> None:
    answer = Cast(app, world).api("viewer").get(f"/clinics/riga/readiness?date={DAY}")
    said = answer.get_json()
    assert said["date"] == DAY.isoformat()
    [session] = said["sessions"]
    assert (session["patient_ref"], session["formulation"], session["ready"]) == (
        "P-1",
        FORMULATION,
        False,
    )
    assert session["lines"] == [
        {
            "sku": VIAL,
            "needed": "3.000",
            "lots": [],
            "short": "3.000",
            "optional": False,
            "advice": "Order 3 ml now; if they come too late, move the session.",
        }
    ]


def test_what_is_on_its_way_is_shared_among_sessions(world: World) -> None:
    """A pack of 500 ml is enough for two; the third has to be seen to, on a later day too.

    What is asked of that day alone knows who waits before it.
    """
    order(world, TODAY)
    make_formulation(world, [(VIAL, "240")], code="LARGE")
    days = [DAY, DAY, DAY + dt.timedelta(days=1)]
    with transaction():
        booked = [Booking(f"L-{n}", f"L-{n}", "LARGE", day) for n, day in enumerate(days)]
        take_in(world.clinic, booked, actor=world.actor(), now=NOW)
    first, ways = day_with_help(world.clinic, days[0], now=NOW)
    assert (len(first), [way.kind for way in ways.values()]) == (3, [HelpKind.ARRIVES] * 3)
    [third], ways = day_with_help(world.clinic, days[2], now=NOW)
    [line] = third.short
    assert ways[third.session.session_id, line.item.id].kind is HelpKind.ORDER
