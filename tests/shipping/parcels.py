"""Shipments for these tests."""

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa

from supply.db import db, transaction
from supply.inventory.models import Lot, Move
from supply.shipping import shipping
from supply.shipping.models import Shipment
from supply.shipping.ship_lines import ShipLine
from tests.ordering.world import NOW, TODAY, World, placed

GOOD_DAY = TODAY + dt.timedelta(days=400)


def sent(world: World, order_id: int, *lines: ShipLine) -> int:
    """Return the id of a parcel that left, committed."""
    with transaction():
        shipment = shipping.ship(order_id, lines, actor=world.seller_acts, now=NOW)
    return shipment.id


def five_on_their_way(world: World) -> tuple[int, int]:
    """Return an order of five packs of biotin and its one shipment, of lots A (2) and B (3)."""
    order_id = placed(world, (world.biotin, 5))
    shipment_id = sent(
        world,
        order_id,
        ShipLine("a-1", GOOD_DAY, 2, sku="BIO-5"),
        ShipLine("B2", GOOD_DAY, 3, sku="BIO-5"),
    )
    return order_id, shipment_id


def parcel(shipment_id: int) -> Shipment:
    """Return a shipment as the database has it."""
    db.session.rollback()
    return db.session.get_one(Shipment, shipment_id)


def contents(shipment_id: int) -> list[tuple[str, int, int, int, int]]:
    """Return (lot, packs, good, damaged, missing) of a shipment's lines."""
    return [
        (line.lot_number, line.packs, line.good, line.damaged, line.missing)
        for line in parcel(shipment_id).lines
    ]


def count(model: type) -> int:
    """Return how many rows there are."""
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def costs_brought() -> list[tuple[str, Decimal, int]]:
    """Return what came in with a known cost: lot, for how much of it, and the cost."""
    rows = db.session.execute(
        sa.select(Lot.number, Move.costed, Move.cost_minor)
        .join(Lot, Lot.id == Move.lot_id)
        .where(Move.costed > 0)
        .order_by(Move.id)
    )
    return [(row.number, row.costed, row.cost_minor) for row in rows]
