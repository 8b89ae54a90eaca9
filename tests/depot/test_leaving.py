"""What is shipped leaves the depot, and comes back with a shipment taken back."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.db import db, transaction
from supply.handling.holding import hold
from supply.inventory.models import Entry, Lot
from supply.inventory.verification import verify
from supply.ordering.models import OrderLine
from supply.refusals import InvalidInput
from supply.shipping import shipping
from supply.shipping.models import Shipment, ShipmentLine
from supply.shipping.ship_lines import ShipLine
from tests.depot.stock import FAR, FURTHER, came, keeps, moved, there
from tests.ordering.world import LATER, NOW, TODAY, World, counters, make_world, placed
from tests.shipping.parcels import contents, count, sent
from tests.support.racing import all_at_once


def refused(world: World, order_id: int, *lines: ShipLine) -> list[tuple[str, str]]:
    """Return the faults that shipping is refused with; nothing may have changed."""
    before = (counters(order_id), count(Shipment), count(Entry), there(world))
    with pytest.raises(InvalidInput) as caught, transaction():
        shipping.ship(order_id, lines, actor=world.seller_acts, now=LATER)
    assert (counters(order_id), count(Shipment), count(Entry), there(world)) == before
    return caught.value.errors


def test_what_is_shipped_leaves_the_depot_and_comes_back(world: World) -> None:
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3), (world.biotin, "B-2", FURTHER, 4))
    order_id = placed(world, (world.biotin, 5))
    shipment_id = sent(
        world,
        order_id,
        ShipLine("a-1", None, 3, sku="BIO-5"),
        ShipLine("B-2", FURTHER, 2, sku="BIO-5"),
    )

    assert there(world) == {"B-2": Decimal(2)}
    assert moved("shipment") == [
        ("A-1", "shelf", "customer", Decimal(150)),
        ("B-2", "shelf", "customer", Decimal(100)),
    ]
    assert contents(shipment_id) == [("A-1", 3, 0, 0, 0), ("B-2", 2, 0, 0, 0)]
    shipment = db.session.get_one(Shipment, shipment_id)
    assert [line.expiry for line in shipment.lines] == [FAR, FURTHER]
    drew = db.session.scalars(sa.select(Entry).where(Entry.kind == "shipment")).one()
    assert (drew.source_type, drew.source_id, drew.reason, drew.person_id) == (
        "shipment",
        shipment_id,
        shipment.code,
        world.seller.id,
    )

    with transaction():
        shipping.take_back(shipment_id, actor=world.seller_acts, now=LATER)
    assert there(world) == {"A-1": Decimal(3), "B-2": Decimal(4)}
    assert counters(order_id) == {"BIO-5": (5, 0, 0, 0)}
    sent(world, order_id, ShipLine("A-1", None, 1, sku="BIO-5"))
    assert there(world) == {"A-1": Decimal(2), "B-2": Decimal(4)}


def test_what_is_not_there_is_refused_by_its_row(world: World) -> None:
    depot = keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3), (world.biotin, "HELD", FAR, 2))
    with transaction():
        lot_id = db.session.scalars(sa.select(Lot.id).where(Lot.number == "HELD")).one()
        hold(
            depot,
            lot_id,
            location_id=None,
            reason="Asked the maker",
            actor=world.seller_acts,
            now=NOW,
        )
    order_id = placed(world, (world.biotin, 9), (world.gloves, 2))

    assert refused(
        world,
        order_id,
        ShipLine("A-1", TODAY + dt.timedelta(days=401), 1, sku="BIO-5"),
        ShipLine("A1", FAR, 1, sku="BIO-5"),
        ShipLine("A-1", FAR, 4, sku="BIO-5"),
        ShipLine("HELD", None, 1, sku="BIO-5"),
        ShipLine("G-1", None, 2, sku="GLO-M"),
    ) == [
        (
            "lines.0.expiry",
            "Biotin 5 ml: lot A-1 is in your stock with the expiry 2027-12-27. Check the label.",
        ),
        ("lines.1.lot", "Biotin 5 ml: lot A1 is not in your stock. Is A-1 meant?"),
        ("lines.2.packs", "Biotin 5 ml: only 3 packs of lot A-1 can leave your stock."),
        (
            "lines.3.packs",
            "Biotin 5 ml: nothing of lot HELD can leave your stock: all of it is sent, on hold or"
            " expired.",
        ),
        (
            "lines.4.lot",
            "Gloves M: lot G-1 is not in your stock. Take it in first, or say that it is not from"
            " your stock.",
        ),
    ]


def test_one_lot_twice_is_not_more_than_there_is(world: World) -> None:
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3))
    order_id = placed(world, (world.biotin, 5))

    assert refused(
        world,
        order_id,
        ShipLine("A-1", FAR, 2, sku="BIO-5"),
        ShipLine("A-1", FAR, 2, sku="BIO-5"),
    ) == [("lines.1.packs", "Biotin 5 ml: only 1 pack of lot A-1 can leave your stock.")]


def test_what_is_not_from_stock_draws_nothing(world: World) -> None:
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3))
    order_id = placed(world, (world.biotin, 5))
    sent(
        world,
        order_id,
        ShipLine("A-1", FAR, 1, sku="BIO-5"),
        ShipLine("Z-9", FAR, 2, sku="BIO-5", from_stock=False),
    )
    assert there(world) == {"A-1": Decimal(2)}

    keeps(world, keeps=False)
    shipment_id = sent(world, order_id, ShipLine("A-1", FAR, 1, sku="BIO-5"))
    assert there(world) == {"A-1": Decimal(2)}
    with transaction():
        shipping.take_back(shipment_id, actor=world.seller_acts, now=LATER)
    assert there(world) == {"A-1": Decimal(2)}


def test_what_was_not_put_back_is_said(app: Flask) -> None:
    world = make_world()
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3))
    order_id = placed(world, (world.biotin, 2))
    shipment_id = sent(world, order_id, ShipLine("A-1", FAR, 2, sku="BIO-5"))
    with transaction():
        entry = db.session.scalars(sa.select(Entry.id).where(Entry.kind == "shipment")).one()
        db.session.execute(sa.delete(ShipmentLine))
        db.session.execute(sa.delete(Shipment))
        db.session.execute(sa.update(OrderLine).values(shipped=0))
    assert verify() == [
        f"shipment {shipment_id}: it is not there, and what entry {entry} drew for it"
        " was not put back"
    ]


@pytest.mark.race
def test_two_who_ship_the_last_lot_at_once(app: Flask, world: World) -> None:
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3))
    orders = [placed(world, (world.biotin, 2)) for _number in range(2)]
    actor = world.seller_acts

    def ship(order_id: int) -> int:
        lines = [ShipLine("A-1", None, 2, sku="BIO-5")]
        return shipping.ship(order_id, lines, actor=actor, now=LATER).id

    answers = all_at_once(app, [lambda one=one: ship(one) for one in orders])  # type: ignore[misc]

    refusals = [one.errors for one in answers if isinstance(one, InvalidInput)]
    assert refusals == [
        [("lines.0.packs", "Biotin 5 ml: only 1 pack of lot A-1 can leave your stock.")]
    ]
    assert there(world) == {"A-1": Decimal(1)}
    assert count(Shipment) == 1
