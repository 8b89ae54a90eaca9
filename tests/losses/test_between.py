"""What became of each item between two days: every row adds up, however the ledger came to it."""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.db import db, transaction
from supply.handling import actions, spots
from supply.inventory.models import Balance, Lot
from supply.inventory.reversal import reverse
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind, WasteCause
from supply.losses.between import losses_between
from supply.losses.period import Period, period_of
from supply.losses.queries import month_at
from supply.losses.rows import Loss
from supply.need.models import UseMark
from supply.need.use import sum_up
from supply.transfers.lines import Line
from supply.transfers.sending import send
from tests.api.bodies import session
from tests.api.calls import Cast
from tests.factories import AMPOULE, BIOTIN, NOW, VIAL, World, item, make_formulation, stock
from tests.support.people import AsPerson
from tests.support.time import Clock

FIGURES = ("opening", "received", "transferred", "used", "wasted", "unexplained", "closing")
DAY = dt.timedelta(days=1)
LOSSES = "/clinics/riga/losses"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


@pytest.fixture
def cast(app: Flask, world: World, now: Clock) -> Cast:
    """The world's people, at a clinic with ampoules whose cost is known."""
    make_formulation(world, [(AMPOULE, "2")])
    stock(world, AMPOULE, "50", lot="T1", at=NOW - DAY * 40, cost_minor=450)
    stock(world, BIOTIN, "40", lot="B1", at=NOW - DAY * 40, cost_minor=250)
    return Cast(app, world)


def spot(number: str) -> spots.Spot:
    """Return where a lot lies sealed."""
    row = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Lot.number == number, Balance.container_id.is_(None))
    ).one()
    return row.location_id, row.lot_id, None


def wasted(world: World, number: str, quantity: str, at: dt.datetime) -> int:
    """Waste some of a lot; return the entry."""
    with transaction():
        return actions.waste(
            world.clinic,
            spot(number),
            Decimal(quantity),
            cause=WasteCause.DAMAGED,
            actor=world.actor(),
            now=at,
        )


def loss_of(world: World, sku: str, period: Period) -> Loss:
    """Return what became of an item."""
    [found] = [one.loss for one in losses_between(world.clinic, period) if one.item.code == sku]
    return found


def figures(rows: list[dict[str, Any]], sku: str) -> list[str]:
    """Return the figures of an item, having held that they add up."""
    [row] = [one for one in rows if one["sku"] == sku]
    signs = (1, 1, 1, -1, -1, -1, -1)
    assert sum(sign * Decimal(row[name]) for sign, name in zip(signs, FIGURES, strict=True)) == 0
    return [row[name].removesuffix(".000") for name in FIGURES]


def test_rows_add_up_from_count_to_count(cast: Cast, now: Clock) -> None:
    """Received, sent to a sister, used, wasted, undone, counted: what is left is unexplained."""
    manager, world = cast.api("manager"), cast.world
    receipt = {"sku": BIOTIN, "lot": "B1", "quantity": "10"}
    manager.post("/clinics/riga/receipts", {"lines": [receipt | {"expiry": "2027-01-31"}]})
    assert cast.api("owner").post("/clinics/riga/sessions", session()).status_code == 201
    wasted(world, "B1", "5", now.now)
    undone = wasted(world, "B1", "3", now.now)
    with transaction():
        reverse(undone, reason="", actor=world.actor(), now=now.now)
        lines = [Line(spot("B1")[1], Decimal(8))]
        send(world.clinic, world.sister, lines, actor=world.actor(), now=now.now)
    count = manager.post("/clinics/riga/counts", {"skus": [BIOTIN]}).get_json()["count"]
    now.forward(minutes=1)
    told = {"sku": BIOTIN, "lot": "B1", "location": "Cupboard", "quantity": "33"}
    manager.post(f"/counts/{count}/entries", {"lines": [told]})
    assert manager.post(f"/counts/{count}/post", {}).status_code == 201
    answer = manager.get(f"{LOSSES}?from=2026-06-01&to=2026-06-15").get_json()["losses"]
    assert [one["sku"] for one in answer] == sorted([AMPOULE, BIOTIN])
    assert figures(answer, BIOTIN) == ["40", "10", "-8", "0", "5", "4", "33"]
    assert figures(answer, AMPOULE) == ["50", "0", "0", "2", "3", "0", "45"]
    assert [one["value"] for one in answer] == [
        {"amount": "0.00", "currency": "EUR"},
        {"amount": "8.00", "currency": "EUR"},
    ]
    before = manager.get(f"{LOSSES}?from=2026-05-01&to=2026-05-31").get_json()["losses"]
    assert figures(before, BIOTIN) == ["0", "40", "0", "0", "0", "0", "40"]
    assert cast.api("outsider").get(LOSSES).status_code == 404
    for wrong in ("from=2026-06-02&to=2026-06-01", "from=june", "to=2026-06-31"):
        assert manager.get(f"{LOSSES}?{wrong}").status_code == 422


def test_days_summed_up_say_the_same_as_the_ledger(cast: Cast, now: Clock) -> None:
    """What was there long ago: with sums, without, and with some entries not summed up yet."""
    world = cast.world
    first = wasted(world, "B1", "3", NOW - DAY * 20)
    wasted(world, "B1", "2", NOW - DAY * 12)

    zone = world.clinic.timezone
    ends = [(NOW - DAY * back).date() for back in (25, 15, 10, 1, 0)]
    periods = [period_of(None, end, zone, NOW) for end in ends]
    periods.append(Period(NOW - DAY * 30, NOW - DAY * 12))

    def told() -> list[Decimal]:
        return [loss_of(world, BIOTIN, period).closing for period in periods]

    assert told() == [Decimal(one) for one in (40, 37, 35, 35, 35, 37)]
    with transaction():
        sum_up(NOW)
    assert db.session.scalar(sa.select(UseMark.entry_id))
    assert told() == [Decimal(one) for one in (40, 37, 35, 35, 35, 37)]
    wasted(world, "B1", "1", NOW - DAY * 6)
    with transaction():
        reverse(first, reason="", actor=world.actor(), now=NOW - DAY * 2)
    assert told() == [Decimal(one) for one in (40, 40, 38, 37, 37, 40)]
    with transaction():
        sum_up(NOW)
    assert told() == [Decimal(one) for one in (40, 40, 38, 37, 37, 40)]


def test_stock_that_a_clinic_begins_with_is_not_found(cast: Cast) -> None:
    world = cast.world
    with transaction():
        take_in(
            world.clinic,
            [Incoming(item(world, VIAL), "V1", dt.date(2027, 1, 31), Decimal(60))],
            kind=EntryKind.OPENING_BALANCE,
            occurred_at=NOW,
            actor=world.actor(),
            now=NOW,
        )
    vial = loss_of(world, VIAL, Period(NOW - DAY, NOW + DAY))
    assert (vial.received, vial.unexplained, vial.value) == (Decimal(60), Decimal(0), 0)
    assert month_at(world.clinic, dt.date(2026, 6, 1)).lost == []


def test_the_page_and_its_file(cast: Cast, as_person: AsPerson, now: Clock) -> None:
    """Who counted, which clinic, and the session that gave more than its formulation says."""
    world = cast.world
    more = session() | {"amounts": {AMPOULE: "3"}}
    assert cast.api("practitioner").post("/clinics/riga/sessions", more).status_code == 201
    with transaction():
        actions.correct(
            world.clinic,
            spot("B1"),
            Decimal(36),
            reason="Counted",
            actor=world.actor(world.manager),
            now=NOW,
        )
    viewer = as_person(world.viewer)
    page = viewer.get("/c/riga/losses/unexplained").text
    assert "€10.00 missing of 1 item. 17 Mar 2026 to 15 Jun 2026." in " ".join(page.split())
    assert (world.manager.name in page, world.practitioner.name in page) == (True, True)
    unlike = page.partition("unlike its formulation")[2]
    assert [word in unlike for word in ("Tranexamic", "2 ", "3 ")] == [True] * 3
    answer = viewer.get("/c/riga/losses/unexplained.csv?from=2026-06-01&to=2026-06-15")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert figures(rows, BIOTIN) == ["40", "0", "0", "0", "0", "4", "36"]
    assert [row["value"] for row in rows if row["sku"] == BIOTIN] == ["10.00"]
    wrong = viewer.get("/c/riga/losses/unexplained?from=2026-06-02&to=2026-06-01")
    assert (wrong.status_code, "not before the first" in wrong.text) == (422, True)
    assert as_person(world.outsider).get("/c/riga/losses/unexplained").status_code == 404
