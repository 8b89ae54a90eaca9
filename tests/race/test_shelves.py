"""Many hands on the same shelf: the same new lot at once, and one lot carried to and fro."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import db, transaction
from supply.handling import moving
from supply.idempotency import once
from supply.inventory.models import Balance, Lot
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind
from supply.inventory.verification import verify
from supply.items.models import Item, Location
from supply.items.services import item_for_code
from supply.items.terms import LocationKind
from tests.factories import NEEDLE, NOW, World, stock

pytestmark = pytest.mark.race

HANDS = 8
PATIENCE = 60
"""Seconds after which a thread that waits is stuck."""


def _at_once(app: Flask, world: World, work: Callable[[int, Clinic, Actor], int]) -> None:
    """Do ``work`` in as many threads as there are hands, each as a request would."""
    gate = threading.Barrier(HANDS)
    clinic_id, actor = world.clinic.id, world.actor()

    def answer(number: int) -> dict[str, Any]:
        return {"entry": work(number, db.session.get_one(Clinic, clinic_id), actor)}

    def run(number: int) -> dict[str, Any]:
        with app.app_context():
            gate.wait(PATIENCE)
            try:
                return once(actor, f"key-{number}", number, lambda: answer(number), NOW)
            finally:
                db.session.remove()

    db.session.remove()
    with ThreadPoolExecutor(HANDS) as pool:
        entries = [done["entry"] for done in pool.map(run, range(HANDS), timeout=PATIENCE)]
    assert len(set(entries)) == HANDS


def test_the_same_new_lot_comes_in_several_parcels(app: Flask, world: World) -> None:
    practice_id = world.practice.id

    def receive(_number: int, clinic: Clinic, actor: Actor) -> int:
        needle = item_for_code(practice_id, NEEDLE, now=NOW)
        line = Incoming(needle, "NEW-1", None, Decimal(10), field="lines.0")
        kind = EntryKind.RECEIPT
        return take_in(clinic, [line], kind=kind, occurred_at=NOW, actor=actor, now=NOW).entry_id

    _at_once(app, world, receive)

    assert db.session.scalars(sa.select(Item.code)).all() == [NEEDLE]
    assert db.session.scalars(sa.select(Lot.number)).all() == ["NEW-1"]
    assert db.session.scalars(sa.select(Balance.quantity)).all() == [Decimal(80)]
    assert verify() == []


def test_one_lot_is_carried_to_and_fro(app: Flask, world: World) -> None:
    lot_id = stock(world, NEEDLE, "100").id
    here, there = db.session.scalars(
        sa.select(Location.id)
        .where(Location.clinic_id == world.clinic.id, Location.kind == LocationKind.SHELF)
        .order_by(Location.id)
    ).all()
    with transaction():
        moving.move_lot(
            world.clinic, (here, lot_id, None), there, Decimal(50), actor=world.actor(), now=NOW
        )

    def carry(number: int, clinic: Clinic, actor: Actor) -> int:
        start, end = (here, there) if number % 2 else (there, here)
        spot = (start, lot_id, None)
        return moving.move_lot(clinic, spot, end, Decimal(1), actor=actor, now=NOW)

    _at_once(app, world, carry)

    left = db.session.execute(sa.select(Balance.location_id, Balance.quantity)).all()
    assert {row.location_id: row.quantity for row in left} == {
        here: Decimal(50),
        there: Decimal(50),
    }
    assert verify() == []
