"""A change is swept for what it touched: other items of the clinic are left as they were judged."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock
from supply.alerts import services
from supply.alerts.models import Alert
from supply.alerts.terms import AlertStatus
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.handling.actions import waste
from supply.handling.holding import hold
from supply.inventory.terms import WasteCause
from supply.items.models import Item
from supply.jobs.touched import Change, touched
from supply.jobs.work import ChangeSweep
from supply.replenishment.models import Proposal
from supply.replenishment.services import set_policy
from supply.replenishment.terms import Method
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import (
    AMPOULE,
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

SECOND = dt.timedelta(seconds=1)
CODES = (AMPOULE, BIOTIN, VIAL)


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """Three items with plenty, and a session booked that lacks a fourth."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    world = make_world()
    item(world, COLD)
    make_formulation(world, [(COLD, "5"), (BIOTIN, "1")])
    for code in CODES:
        stock(world, code, "400", lot=f"L-{code}")
        _set_point(world, code, "100")
    with transaction():
        booking = Booking("D-1", "P-1", FORMULATION, TODAY + dt.timedelta(days=2))
        take_in(world.clinic, [booking], actor=world.actor(), now=NOW)
    return world


@pytest.fixture
def sweep(world: World) -> ChangeSweep:
    """One that has seen all there is; then every item but biotin was emptied behind its back."""
    made = ChangeSweep()
    made(NOW + SECOND)
    assert standing() == ["session_short"]
    with transaction():
        db.session.execute(
            sa.text("UPDATE balance SET quantity = 0 WHERE item_id <> :biotin"),
            {"biotin": item(world, BIOTIN).id},
        )
    return made


def _set_point(world: World, code: str, point: str) -> None:
    with transaction():
        set_policy(
            world.clinic.id,
            item(world, code).id,
            method=Method.FIXED,
            reorder_point=Decimal(point),
            par_level=Decimal(1000),
            actor=world.actor(),
            now=NOW + SECOND * 2,
        )


def standing() -> list[str]:
    """Return what stands, by kind and item."""
    db.session.rollback()
    rows = db.session.execute(
        sa.select(Alert.kind, Item.code)
        .join(Item, Item.id == Alert.item_id)
        .where(Alert.status != AlertStatus.RESOLVED)
        .order_by(Alert.id)
    )
    return [k.value if k.value == "session_short" else f"{k.value} {code}" for k, code in rows]


def _lot(world: World) -> tuple[int, int, None]:
    row = db.session.execute(
        sa.text("SELECT location_id, lot_id FROM balance WHERE item_id = :item"),
        {"item": item(world, BIOTIN).id},
    ).one()
    return row.location_id, row.lot_id, None


def test_an_entry_touches_its_items(world: World, sweep: ChangeSweep) -> None:
    with transaction():
        waste(
            world.clinic, _lot(world), Decimal(350), cause=WasteCause.SPILLED,
            actor=world.actor(), now=NOW + SECOND * 2,
        )  # fmt: skip
    sweep(NOW + SECOND * 5)
    assert standing() == ["session_short", f"order_now {BIOTIN}"]
    [proposal] = db.session.scalars(sa.select(Proposal))
    assert proposal.item.code == BIOTIN
    # The next full look finds what nobody said, and takes nothing of this away.
    ChangeSweep()(NOW + SECOND * 6)
    assert len(standing()) == 6
    _set_point(world, BIOTIN, "10")
    sweep(NOW + SECOND * 10)
    assert len(standing()) == 5
    assert f"order_now {BIOTIN}" not in standing()


def test_a_policy_and_a_hold_touch_theirs(world: World, sweep: ChangeSweep) -> None:
    _set_point(world, BIOTIN, "900")
    sweep(NOW + SECOND * 5)
    assert standing() == ["session_short", f"order_now {BIOTIN}"]
    with transaction():
        hold(
            world.clinic,
            _lot(world)[1],
            location_id=None,
            reason="warm",
            actor=world.actor(),
            now=NOW + SECOND * 6,
        )
    sweep(NOW + SECOND * 10)
    assert standing()[2:] == [f"out_of_stock {BIOTIN}"]


def test_a_session_touches_what_it_did_not_take(world: World, sweep: ChangeSweep) -> None:
    """Recorded without the item that is short: that one was needed for it, and no longer is."""
    with transaction():
        request = SessionRequest(FORMULATION, "P-9", key="one", amounts={COLD: None})
        record_session(world.clinic, request, actor=world.actor(), now=NOW + SECOND * 2)
    changes = touched([Change(world.clinic.id, "entry", _newest_entry())])
    items = frozenset({item(world, COLD).id, item(world, BIOTIN).id})
    assert changes == {world.clinic.id: items}


def _newest_entry() -> int:
    newest: int = db.session.scalars(sa.text("SELECT max(id) FROM entry")).one()
    return newest


def test_anything_else_touches_the_whole_clinic_and_an_alert_nothing(
    world: World, sweep: ChangeSweep
) -> None:
    short = db.session.scalars(sa.select(Alert.id)).one()
    with transaction():
        services.acknowledge(world.clinic.id, short, actor=world.actor(), now=NOW + SECOND * 2)
    sweep(NOW + SECOND * 5)
    assert standing() == ["session_short"]
    with transaction():
        booking = Booking("D-2", "P-2", FORMULATION, TODAY + dt.timedelta(days=3))
        take_in(world.clinic, [booking], actor=world.actor(), now=NOW + SECOND * 6)
    sweep(NOW + SECOND * 10)
    assert len(standing()) == 6
