"""Where things are, since when, and what may not slip through by moving or by dating back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.db import db, transaction
from supply.handling import actions, holding, moving, spots
from supply.inventory.models import Balance, Container, Lot
from supply.inventory.refusals import CountedSinceError
from supply.inventory.reversal import reverse
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.items.models import Location
from supply.refusals import InvalidInput, Refusal
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.factories import (
    AMPOULE,
    FORMULATION,
    KINDS,
    NEEDLE,
    NOW,
    VIAL,
    World,
    item,
    make_formulation,
    make_product,
    stock,
)

Contents = dict[tuple[str, bool], Decimal]


def place(world: World, name: str) -> int:
    return db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == world.clinic.id, Location.name.startswith(name)
        )
    ).one()


def contents(world: World) -> Contents:
    """Return what is there by (place, open)."""
    rows = db.session.execute(
        sa.select(Location.name, Balance.container_id, Balance.quantity)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.clinic_id == world.clinic.id, Balance.quantity > 0)
    )
    return {(name.split()[0], container is not None): left for name, container, left in rows}


def opened(world: World) -> tuple[Lot, int]:
    """Return a lot of one vial, in the cupboard, and the container it was opened as."""
    lot = stock(world, VIAL, "20")
    with transaction():
        actions.open_container(
            world.clinic, place(world, "Cupboard"), lot.id, actor=world.actor(), now=NOW
        )
    return lot, db.session.scalars(sa.select(Container.id)).one()


def move(world: World, spot: spots.Spot, to: int, quantity: str) -> int:
    with transaction():
        return moving.move_lot(
            world.clinic, spot, to, Decimal(quantity), actor=world.actor(), now=NOW
        )


def record(world: World, at: dt.datetime = NOW) -> int:
    request = SessionRequest(FORMULATION, "P-1", occurred_at=at)
    with transaction():
        return record_session(world.clinic, request, actor=world.actor(), now=NOW).entry_id


def receive(
    world: World, code: str, quantity: str, expiry: dt.date | None, at: dt.datetime = NOW
) -> int:
    with transaction():
        line = Incoming(item(world, code), "A1", expiry, Decimal(quantity), field="lines.0")
        return take_in(
            world.clinic,
            [line],
            kind=EntryKind.RECEIPT,
            occurred_at=at,
            actor=world.actor(),
            now=NOW,
        ).entry_id


def test_an_open_container_is_not_split(world: World) -> None:
    lot, container = opened(world)
    here, there = place(world, "Cupboard"), place(world, "Fridge")

    with pytest.raises(InvalidInput, match="all that is in it"):
        move(world, (here, lot.id, container), there, "5")

    assert contents(world) == {("Cupboard", True): Decimal(20)}


def test_a_container_that_was_moved_is_discarded_where_it_is(world: World) -> None:
    lot, container = opened(world)
    move(world, (place(world, "Cupboard"), lot.id, container), place(world, "Fridge"), "20")

    with transaction():
        actions.discard(
            world.clinic, container, cause=WasteCause.OTHER, actor=world.actor(), now=NOW
        )

    assert contents(world) == {}
    assert verify() == []


def test_an_undo_finds_the_container_where_it_is_by_now(world: World) -> None:
    make_formulation(world, [(VIAL, "3")])
    lot, container = opened(world)
    entry = record(world)
    move(world, (place(world, "Cupboard"), lot.id, container), place(world, "Fridge"), "17")

    with transaction():
        reverse(entry, reason="", actor=world.actor(), now=NOW)

    assert contents(world) == {("Fridge", True): Decimal(20)}
    assert verify() == []


def test_what_is_held_in_a_place_does_not_get_free_by_moving(world: World) -> None:
    lot = stock(world, NEEDLE, "20")
    here, there = place(world, "Cupboard"), place(world, "Fridge")
    with transaction():
        holding.hold(
            world.clinic, lot.id, location_id=here, reason="wet", actor=world.actor(), now=NOW
        )

    with pytest.raises(Refusal, match="release the hold first"):
        move(world, (here, lot.id, None), there, "5")

    assert contents(world) == {("Cupboard", False): Decimal(20)}


def test_beside_held_packs_the_others_move(world: World) -> None:
    lot = stock(world, NEEDLE, "20", hold_reason="damaged")
    stock(world, NEEDLE, "10")
    here, there = place(world, "Cupboard"), place(world, "Fridge")

    move(world, (here, lot.id, None), there, "10")
    with pytest.raises(Refusal, match="release the hold first"):
        move(world, (here, lot.id, None), there, "1")

    assert contents(world) == {("Cupboard", False): Decimal(20), ("Fridge", False): Decimal(10)}


def test_nothing_moves_to_a_place_that_was_put_away(world: World) -> None:
    lot = stock(world, NEEDLE, "20")
    there = place(world, "Fridge")
    with transaction():
        db.session.get_one(Location, there).archived_at = NOW

    with pytest.raises(InvalidInput):
        move(world, (place(world, "Cupboard"), lot.id, None), there, "5")


def test_what_is_held_is_not_opened(world: World) -> None:
    lot = stock(world, VIAL, "20", hold_reason="damaged")

    with pytest.raises(Refusal, match="on hold"), transaction():
        actions.open_container(
            world.clinic, place(world, "Cupboard"), lot.id, actor=world.actor(), now=NOW
        )

    assert contents(world) == {("Cupboard", False): Decimal(20)}


def test_a_receipt_is_not_dated_before_a_count(world: World) -> None:
    lot = stock(world, NEEDLE, "20", expiry=None)
    with transaction():
        actions.correct(
            world.clinic,
            (place(world, "Cupboard"), lot.id, None),
            Decimal(15),
            reason="",
            actor=world.actor(),
            now=NOW,
        )

    with pytest.raises(CountedSinceError):
        receive(world, NEEDLE, "5", None, NOW - dt.timedelta(days=1))

    assert contents(world) == {("Cupboard", False): Decimal(15)}


def test_a_count_of_one_lot_does_not_stop_a_draw_from_another(world: World) -> None:
    make_formulation(world, [(NEEDLE, "2")])
    stock(world, NEEDLE, "20", lot="FIRST", expiry=dt.date(2026, 12, 31))
    other = stock(world, NEEDLE, "20", lot="OTHER", expiry=dt.date(2027, 12, 31))
    with transaction():
        actions.correct(
            world.clinic,
            (place(world, "Cupboard"), other.id, None),
            Decimal(15),
            reason="",
            actor=world.actor(),
            now=NOW,
        )

    record(world, NOW - dt.timedelta(days=1))

    assert verify() == []


def test_an_emptied_lot_that_comes_again_is_there_since_then(world: World) -> None:
    make_formulation(world, [(NEEDLE, "20")])
    stock(world, NEEDLE, "20", expiry=None)
    record(world, NOW - dt.timedelta(days=10))
    receive(world, NEEDLE, "20", None)

    with pytest.raises(Refusal):
        record(world, NOW - dt.timedelta(days=5))

    assert contents(world) == {("Cupboard", False): Decimal(20)}


def test_a_mistyped_expiry_is_put_right_by_undoing_the_receipt(world: World) -> None:
    slip, right = dt.date(2030, 1, 31), dt.date(2027, 1, 31)
    entry = receive(world, AMPOULE, "50", slip)
    with pytest.raises(InvalidInput, match="Check the label"):
        receive(world, AMPOULE, "50", right)

    with transaction():
        reverse(entry, reason="mistyped", actor=world.actor(), now=NOW)
    receive(world, AMPOULE, "50", right)

    assert db.session.scalars(sa.select(Lot.expiry)).one() == right
    assert verify() == []


def test_a_box_of_pieces_is_opened_for_some_of_them(world: World) -> None:
    needle = next(kind for kind in KINDS if kind.sku == NEEDLE)
    with transaction():
        make_product(world.supplier, replace(needle, sku="BOX-100", content="100", containers=5))
    make_formulation(world, [("BOX-100", "4")])
    stock(world, "BOX-100", "200", expiry=None)

    entries = [record(world), record(world)]

    assert contents(world) == {("Cupboard", False): Decimal(100), ("Cupboard", True): Decimal(92)}
    for entry in reversed(entries):
        with transaction():
            reverse(entry, reason="", actor=world.actor(), now=NOW)
    assert contents(world) == {("Cupboard", False): Decimal(200)}
    assert verify() == []
