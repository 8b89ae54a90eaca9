"""What the migrations fill in, on both engines, from databases as they were before."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from supply.db import db, transaction
from supply.db import table as table_of
from supply.handling import actions
from supply.inventory.models import Balance, Entry, Lot, Move
from supply.inventory.reversal import reverse
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.verification import verify
from supply.inventory.verification_costs import verify_costs
from supply.items.services import item_for_code
from supply.receiving import receiving
from tests.ordering.world import NOW, World, make_world
from tests.shipping.parcels import five_on_their_way


@pytest.fixture
def world(app: Flask) -> World:
    """A practice with a clinic, its suppliers and products, committed."""
    return make_world()


def costs() -> list[tuple[str, Decimal, Decimal, int]]:
    db.session.rollback()
    rows = db.session.execute(
        sa.select(Lot.number, Move.quantity, Move.costed, Move.cost_minor)
        .join(Lot, Lot.id == Move.lot_id)
        .order_by(Move.id)
    )
    return [(row.number, row.quantity, row.costed, row.cost_minor) for row in rows]


def before(migration: str) -> str:
    """Return the revision that comes before the migration of this name."""
    [file] = Path("migrations/versions").glob(f"*_{migration}.py")
    return f"{int(file.name[:4]) - 1:04}"


def run(statement: str) -> None:
    with db.engine.connect().execution_options(supply_write=True) as connection, connection.begin():
        connection.execute(sa.text(statement))


def test_costs_are_filled_in_from_what_was_frozen(world: World) -> None:
    _receive_waste_and_undo(world)
    expected = [
        ("a-1", Decimal(100), Decimal(100), 5010),
        ("B2", Decimal(150), Decimal(150), 7515),
        ("a-1", Decimal(35), Decimal(35), 1754),
        ("a-1", Decimal(35), Decimal(35), 1754),
        ("OLD", Decimal(20), Decimal(20), 1200),
        ("UNTOLD", Decimal(20), Decimal(0), 0),
    ]
    assert costs() == expected
    db.session.remove()

    flask_migrate.downgrade(revision="0003")
    run("UPDATE lot SET cost_minor = 300, cost_currency = 'EUR' WHERE number = 'OLD'")
    run("UPDATE lot SET cost_minor = 300, cost_currency = 'GBP' WHERE number = 'UNTOLD'")
    flask_migrate.upgrade()

    assert costs() == expected
    assert (verify(), verify_costs()) == ([], [])


def test_a_migrated_ledger_still_takes_no_change(world: World) -> None:
    _receive_waste_and_undo(world)
    db.session.remove()
    flask_migrate.downgrade(revision="0003")
    flask_migrate.upgrade()
    for statement in ("UPDATE move SET cost_minor = 0", "DELETE FROM move"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            run(statement)
    with pytest.raises(sa.exc.IntegrityError):
        run("UPDATE lot SET content_per_container = 0")
    with pytest.raises(sa.exc.IntegrityError):
        run("UPDATE balance SET costed = quantity + 1")


def causes() -> list[tuple[str, str | None, str | None, str]]:
    """Return (kind, cause, note, reason) of what went to waste, or came back from there."""
    db.session.rollback()
    rows = db.session.execute(
        sa.text(
            "SELECT entry.kind, move.cause, move.note, entry.reason FROM move "
            "JOIN entry ON entry.id = move.entry_id "
            "JOIN location ON location.id IN (move.from_location_id, move.to_location_id) "
            "WHERE location.kind = 'waste' ORDER BY move.id"
        )
    )
    return [tuple(row) for row in rows]


def test_causes_of_waste_are_read_from_what_was_written(world: World) -> None:
    _receive_waste_and_undo(world)
    with transaction():
        _waste_one(world, WasteCause.EXPIRED, "")
        _waste_one(world, WasteCause.OTHER, "Fell: twice")
        _waste_one(world, WasteCause.OTHER, "")
        _waste_one(world, WasteCause.SINGLE_DOSE_REMAINDER, "")
    expected = [
        ("waste", "damaged", None, "Dropped"),
        ("reversal", "damaged", None, "Slip"),
        ("waste", "expired", None, ""),
        ("waste", "other", None, "Fell: twice"),
        ("waste", "other", None, ""),
        ("waste", "single_dose_remainder", None, ""),
    ]
    assert causes() == expected
    db.session.remove()

    flask_migrate.downgrade(revision="0012")
    written = sa.text(
        "SELECT DISTINCT entry.id, entry.reason, move.note FROM entry "
        "JOIN move ON move.entry_id = entry.id JOIN location "
        "ON location.id = move.to_location_id WHERE location.kind = 'waste' ORDER BY entry.id"
    )
    with db.engine.connect() as connection:
        assert [tuple(row)[1:] for row in connection.execute(written)] == [
            ("broken: Dropped", None),
            ("expired", None),
            ("Fell: twice", None),
            ("other", None),
            ("", "single-dose remainder"),
        ]
    flask_migrate.upgrade()

    assert causes() == expected
    for name in ("entry", "move"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            run(f"UPDATE {name} SET id = id")  # noqa: S608 - our names
    with pytest.raises(sa.exc.IntegrityError):
        db.session.execute(sa.insert(table_of(Move)).from_select(*_without_a_known_cause()))


def _without_a_known_cause() -> tuple[list[str], sa.Select[tuple[object, ...]]]:
    """Return the columns and rows of moves like those there are, wasted for no cause we know."""
    columns = [column for column in sa.inspect(Move).columns if column.name not in ("id", "cause")]
    names = [column.name for column in columns]
    return [*names, "cause"], sa.select(*columns, sa.literal("dropped"))


def _waste_one(world: World, cause: WasteCause, note: str) -> None:
    place, lot = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id).join(Lot).where(Lot.number == "OLD")
    ).one()
    actions.waste(
        world.clinic,
        (place, lot, None),
        Decimal(5),
        cause=cause,
        note=note,
        actor=world.manager_acts,
        now=NOW,
    )


def _receive_waste_and_undo(world: World) -> None:
    """Take in two lots of an order, waste some and undo that; then two opening balances."""
    _order_id, shipment_id = five_on_their_way(world)
    with transaction():
        receiving.receive_shipment(shipment_id, None, reason="", actor=world.manager_acts, now=NOW)
    place, lot = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id).join(Lot).where(Lot.number == "a-1")
    ).one()
    with transaction():
        wasted = actions.waste(
            world.clinic,
            (place, lot, None),
            Decimal(35),
            cause=WasteCause.DAMAGED,
            note="Dropped",
            actor=world.manager_acts,
            now=NOW,
        )
    with transaction():
        reverse(wasted, reason="Slip", actor=world.manager_acts, now=NOW)
    with transaction():
        _open(world, "OLD", 1200)
        _open(world, "UNTOLD", None)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Entry)) == 5


def _open(world: World, lot: str, cost: int | None) -> None:
    item = item_for_code(world.practice.id, "BIO-5", now=NOW)
    line = Incoming(item=item, lot_number=lot, expiry=None, quantity=Decimal(20), cost_minor=cost)
    take_in(
        world.clinic,
        [line],
        kind=EntryKind.OPENING_BALANCE,
        occurred_at=NOW,
        actor=world.manager_acts,
        now=NOW,
    )


def test_kept_lots_and_sums_are_written_as_they_are_compared_and_counted_now(world: World) -> None:
    _receive_waste_and_undo(world)
    spellings = {"a-1": "A-1", "B2": "B2", "OLD": "OLD", "UNTOLD": "UNTOLD"}
    assert _lots() == {
        number: (kept, kept.replace("-", "").replace("O", "0"))
        for number, kept in spellings.items()
    }
    sums = _sums()
    db.session.remove()

    flask_migrate.downgrade(revision=before("lots_as_printed_money_as_counted"))
    run("UPDATE lot SET normalised = 'A1' WHERE number = 'a-1'")
    run("UPDATE lot SET number = 'É-1', normalised = 'E1' WHERE number = 'B2'")
    run("UPDATE lot SET number = '0-LD', normalised = '0LD' WHERE number = 'OLD'")
    for table in ("practice", "clinic", "purchase_order", "receipt", "price"):
        run(f"UPDATE {table} SET currency = 'RSD'")  # noqa: S608 - our names
    flask_migrate.upgrade()

    assert _lots() == {
        "a-1": ("A-1", "A1"),
        "É-1": ("É-1", "É1"),
        "0-LD": ("0-LD", "0LD"),
        "UNTOLD": ("UNTOLD", "UNT0LD"),
    }
    assert _sums() == {name: [row * 100 for row in rows] for name, rows in sums.items()}
    assert (verify(), verify_costs()) == ([], [])
    for statement in ("UPDATE move SET cost_minor = 0", "DELETE FROM move"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            run(statement)
    db.session.remove()

    flask_migrate.downgrade(revision=before("lots_as_printed_money_as_counted"))
    flask_migrate.upgrade()
    assert _sums() == {name: [row * 100 for row in rows] for name, rows in sums.items()}


def _lots() -> dict[str, tuple[str, str]]:
    db.session.rollback()
    rows = db.session.execute(sa.select(Lot.number, Lot.normalised, Lot.likeness))
    return {row.number: (row.normalised, row.likeness) for row in rows}


def _sums() -> dict[str, list[int]]:
    db.session.rollback()
    return {
        table: list(db.session.scalars(sa.text(f"SELECT {column} FROM {table} ORDER BY id")))  # noqa: S608
        for table, column in (
            ("price", "pack_minor"),
            ("order_line", "pack_minor"),
            ("receipt_line", "cost_minor"),
            ("move", "cost_minor"),
            ("balance", "cost_minor"),
        )
    }


def test_kept_codes_and_names_are_folded_and_twins_of_before_stay(world: World) -> None:
    db.session.remove()
    flask_migrate.downgrade(revision=before("what_reads_the_same_is_the_same"))
    run("UPDATE product SET name = 'Hyaluronsäure Weiß' WHERE sku = 'BIO-5'")
    run("UPDATE product SET sku = 'bio-5' WHERE sku = 'GLO-M'")
    flask_migrate.upgrade()

    rows = db.session.execute(sa.text("SELECT sku, sku_key, searched FROM product ORDER BY id"))
    [first, second, *_others] = [tuple(row) for row in rows]
    assert first == ("BIO-5", "bio-5", "hyaluronsaure weiss bio-5")
    assert second[0] == "bio-5"
    assert second[1].startswith("bio-5 #")
    keys = db.session.scalars(sa.text("SELECT code_key FROM clinic")).all()
    assert keys == ["mitte"]
    db.session.rollback()
    with pytest.raises(sa.exc.IntegrityError):
        run("UPDATE location SET name_key = 'cupboard'")
