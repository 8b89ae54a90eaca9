"""A supplier's stock for these tests."""

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic, Supplier
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.depot.arriving import Arriving, take_in
from supply.depot.keeping import keep_stock
from supply.inventory.models import Balance, Entry, Lot, Move
from supply.items.models import Location
from tests.ordering.world import NOW, TODAY, World

FAR = TODAY + dt.timedelta(days=400)
FURTHER = TODAY + dt.timedelta(days=500)
NEAR = TODAY + dt.timedelta(days=100)
"""Below the 180 days that the biotin of these tests is promised to last."""


def keeps(world: World, *, keeps: bool = True) -> Clinic:
    """Have the supplier keep its stock here, committed; return its depot."""
    with transaction():
        keep_stock(world.supplier, keeps=keeps, actor=world.seller_acts, now=NOW)
    depot = depot_row(world)
    assert depot is not None
    return depot


def depot_row(world: World) -> Clinic | None:
    """Return the supplier's depot as the database has it."""
    db.session.rollback()
    return db.session.get_one(Supplier, world.supplier.id).depot


def came(world: World, *lots: tuple[Product, str, dt.date | None, int]) -> int:
    """Take packs of lots into the depot, committed; return the entry."""
    with transaction():
        lines = [
            Arriving(product, lot, expiry, packs, expired_reason="back", field=f"lines.{number}")
            for number, (product, lot, expiry, packs) in enumerate(lots)
        ]
        return take_in(world.supplier, lines, actor=world.seller_acts, now=NOW).entry_id


def there(world: World) -> dict[str, Decimal]:
    """Return what is in the depot by lot number, in packs of ten."""
    db.session.rollback()
    supplier = db.session.get_one(Supplier, world.supplier.id)
    rows = db.session.execute(
        sa.select(Lot.number, sa.func.sum(Balance.quantity), Lot.content_per_container)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.clinic_id == supplier.depot_id, Balance.quantity > 0)
        .group_by(Lot.id)
        .order_by(Lot.number)
    )
    return {number: quantity / content / 10 for number, quantity, content in rows}


def moved(kind: str) -> list[tuple[str, str, str, Decimal]]:
    """Return (lot, from, to, quantity) of the moves of entries of a kind, in order."""
    db.session.rollback()
    origin, target = sa.orm.aliased(Location), sa.orm.aliased(Location)
    rows = db.session.execute(
        sa.select(Lot.number, origin.kind, target.kind, Move.quantity)
        .join(Entry, Entry.id == Move.entry_id)
        .join(Lot, Lot.id == Move.lot_id)
        .join(origin, origin.id == Move.from_location_id)
        .join(target, target.id == Move.to_location_id)
        .where(Entry.kind == kind)
        .order_by(Move.id)
    )
    return [(number, str(a), str(b), quantity) for number, a, b, quantity in rows]
