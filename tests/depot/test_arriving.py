"""Goods come into a depot, by hand and by file; what is there, promised and free."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from supply.accounts.models import Supplier
from supply.answering import answering
from supply.answering.answers import LineAnswer
from supply.catalogue.models import ProductGtin
from supply.db import db, transaction
from supply.depot import queries
from supply.depot.importing import import_stock, read_stock
from supply.depot.rules import Show
from supply.handling.holding import hold
from supply.inventory.models import Entry, Lot
from supply.items.models import Item
from supply.refusals import InvalidInput
from supply.shipping.ship_lines import ShipLine
from supply.tables import FaultyTable
from tests.depot.stock import FAR, FURTHER, NEAR, came, keeps, moved, there
from tests.ordering.world import LATER, NOW, TODAY, World, order_of, placed
from tests.shipping.parcels import count, sent

GONE = TODAY - dt.timedelta(days=1)


def test_packs_come_in_as_sealed_containers_of_one_entry(world: World) -> None:
    keeps(world)
    came(world, (world.biotin, " a-1 ", FAR, 3), (world.biotin, "A-1", None, 1))
    assert there(world) == {"a-1": Decimal(4)}
    assert moved("receipt") == [
        ("a-1", "supplier", "shelf", Decimal(150)),
        ("a-1", "supplier", "shelf", Decimal(50)),
    ]
    item = db.session.scalars(sa.select(Item)).one()
    assert (item.code, item.name) == ("BIO-5", "Biotin 5 ml")


def test_what_cannot_come_in_is_named_by_its_line(world: World) -> None:
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3))
    with pytest.raises(InvalidInput) as caught:
        came(
            world,
            (world.biotin, "A-1", FURTHER, 1),
            (world.biotin, "", FAR, 1),
            (world.biotin, "B", FAR, 0),
        )
    assert caught.value.errors == [
        ("lines.2.packs", "Enter whole packs from 1 to 10000."),
        ("lines.0.expiry", "Lot A-1 is known with the expiry 2027-12-27. Check the label."),
        ("lines.1.lot", "Give the lot number."),
    ]
    assert there(world) == {"A-1": Decimal(3)}


def test_what_is_there_promised_and_free(world: World) -> None:
    depot = keeps(world)
    came(
        world,
        (world.biotin, "GOOD", FAR, 6),
        (world.biotin, "NEAR", NEAR, 2),
        (world.biotin, "GONE", GONE, 1),
        (world.biotin, "HELD", FURTHER, 3),
        (world.gloves, "G", None, 2),
    )
    held = db.session.scalars(sa.select(Lot.id).where(Lot.number == "HELD")).one()
    with transaction():
        hold(depot, held, location_id=None, reason="Asked", actor=world.seller_acts, now=NOW)
    order_id = placed(world, (world.biotin, 5), (world.gloves, 4))
    biotin, gloves = (line.id for line in order_of(order_id).lines)
    sent_before = sent(world, placed(world, (world.gloves, 2)), ShipLine("G", None, 1, sku="GLO-M"))
    assert sent_before
    with transaction():
        later = LineAnswer(confirm=2, until=TODAY + dt.timedelta(days=30))
        answering.acknowledge(order_id, {gloves: later}, actor=world.seller_acts, now=LATER)

    supplier = db.session.get_one(Supplier, world.supplier.id)
    found = {
        row.product.sku: row
        for row in queries.overview(supplier, depot, LATER, show=Show.ALL, q="", start=0).products
    }
    row = found["BIO-5"]
    assert (row.on_hand.packs, row.sendable, row.promised, row.free, row.missing) == (
        12,
        6,
        5,
        1,
        0,
    )
    assert [(lot.number, str(lot.life), lot.is_held) for lot in row.lots] == [
        ("GONE", "expired", False),
        ("NEAR", "short", False),
        ("GOOD", "fine", False),
        ("HELD", "fine", True),
    ]
    row = found["GLO-M"]
    assert (row.on_hand.packs, row.promised, row.free, row.missing) == (1, 3, 0, 2)

    def shown(show: Show, q: str = "") -> list[str]:
        page = queries.overview(supplier, depot, LATER, show=show, q=q, start=0)
        return [lot.number for one in page.products for lot in one.lots]

    assert shown(Show.SHORT) == ["NEAR"]
    assert shown(Show.EXPIRED) == ["GONE"]
    assert shown(Show.HELD) == ["HELD"]
    assert shown(Show.ALL, "glo") == ["G"]
    assert len(shown(Show.ALL, "near")) == 4
    assert shown(Show.ALL, "nothing") == []
    assert biotin
    row_of_code = {"product_id": world.biotin.id, "gtin": "04006381333931", "level": "pack"}
    with transaction():
        db.session.execute(sa.insert(ProductGtin).values(**row_of_code, containers=10))
    assert len(shown(Show.ALL, "010400638133393110NEAR")) == 4, "its product, by scan"
    assert shown(Show.ALL, "010400638133393110G") == [], "of another product"
    assert shown(Show.ALL, "04012345678901") == []


def test_a_file_is_taken_whole_or_not_at_all(world: World) -> None:
    keeps(world)
    came(world, (world.biotin, "A-1", FAR, 3))
    supplier, actor = world.supplier, world.seller_acts
    bad = (
        "sku;lot;expiry;packs;location\n"
        "bio-5;B-1;2027-13-01;2;Store\n"
        "NONE;B-1;2027-12-01;2;\n"
        "BIO-5;;2027-12-01;1.5;\n"
        "BIO-5;C-1;2027-12-01;1;Attic\n"
        "BIO-5;A-1;2027-11-01;1;\n"
    )
    table = read_stock(bad.encode(), "lots.csv")
    with pytest.raises(FaultyTable) as caught, transaction():
        import_stock(supplier, table, actor=actor, now=LATER)
    assert [(fault.row, fault.column) for fault in caught.value.errors] == [
        (2, "expiry"),
        (3, "sku"),
        (4, "packs"),
        (5, "location"),
        (6, "expiry"),
    ]

    good = "sku,lot,expiry,packs\nBIO-5,A-1,2027-12-27,2\nGLO-M,G-1,,4\nBIO-5,OLD,2026-01-31,1\n"
    table = read_stock(good.encode(), "lots.csv")
    entries, items = count(Entry), count(Item)
    with transaction():
        read = import_stock(supplier, table, dry_run=True, actor=actor, now=LATER)
    assert (read.packs, read.entry, count(Entry), count(Item)) == (7, None, entries, items)
    assert list(read.warnings) == [
        "Row 2: 3 packs of lot A-1 are there already; these come on top.",
        "Row 4: lot OLD has expired. It is taken in, but not sent.",
    ]
    with transaction():
        import_stock(supplier, table, actor=actor, now=LATER)
    assert there(world) == {"A-1": Decimal(5), "G-1": Decimal(40), "OLD": Decimal(1)}
