"""Where a recall reaches: the road, suppliers' own stock, sister clinics, and twins at one time."""

from __future__ import annotations

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Clinic, Supplier
from supply.actor import SYSTEM
from supply.catalogue.models import Product, ProductGtin
from supply.db import db, transaction
from supply.depot.arriving import Arriving
from supply.depot.arriving import take_in as take_into_depot
from supply.depot.keeping import keep_stock
from supply.idempotency import once
from supply.inventory.models import Hold, Lot
from supply.inventory.verification import verify
from supply.items.models import ItemProduct
from supply.outbox.models import Mail
from supply.recalls import queries
from supply.recalls.accounting import Accounted, account
from supply.recalls.answering import acknowledge
from supply.recalls.closing import settle
from supply.recalls.declaring import declare
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.spreading import spread
from supply.recalls.terms import Outcome
from supply.transfers import receiving, sending
from supply.transfers.lines import Line
from tests.factories import AMPOULE, KINDS, NOW, World, item, make_product, stock
from tests.support.racing import PEOPLE, all_at_once
from tests.support.recalling import NOTICE, declared

D = Decimal


def figures(recall_id: int) -> list[tuple[str, D, D, D, D]]:
    """Return by clinic what was received, is on hand, in transit, and unaccounted for."""
    db.session.rollback()
    rows = queries.stock_of(db.session.get_one(Recall, recall_id))
    codes = queries.clinics_named({row.clinic_id for row in rows})
    return [
        (codes[row.clinic_id].code, row.received, row.on_hand, row.in_transit, row.unaccounted)
        for row in rows
    ]


def test_what_is_between_clinics_is_the_senders_until_it_arrives(world: World) -> None:
    lot = stock(world, AMPOULE, "20", lot="TX-1")
    line = Line(lot.id, D(10))
    with transaction():
        sent = sending.send(world.clinic, world.sister, [line], actor=world.actor(), now=NOW).id
    recall_id = declared(world)
    assert figures(recall_id) == [("riga", D(20), D(10), D(10), D(20))]
    with transaction():
        receiving.receive(sent, actor=world.actor(), now=NOW)
    assert figures(recall_id) == [
        ("riga", D(10), D(10), D(0), D(10)), ("dublin", D(10), D(10), D(0), D(10)),
    ]  # fmt: skip
    with transaction():
        acknowledge(recall_id, world.practice.id, actor=world.actor(), now=NOW)
    for clinic in (world.clinic, world.sister):
        said = Accounted(lot.id, D(10), Outcome.RETURNED)
        with transaction():
            account(clinic, recall_id, said, actor=world.actor(), now=NOW)
    assert not db.session.get_one(Recall, recall_id).is_open
    assert verify() == []


def test_own_stock_of_every_supplier_is_held(world: World) -> None:
    ampoule = db.session.scalars(sa.select(Product).where(Product.sku == AMPOULE)).one()
    with transaction():
        supplier = db.session.get_one(Supplier, world.supplier.id)
        keep_stock(supplier, keeps=True, actor=world.actor(), now=NOW)
        arriving = Arriving(ampoule, "tx-1", dt.date(2027, 1, 31), 2)
        take_into_depot(supplier, [arriving], actor=world.actor(), now=NOW)
    recall_id = declared(world)
    held = db.session.scalars(sa.select(Lot.number).join(Hold, Hold.lot_id == Lot.id)).all()
    assert held == ["tx-1"]
    recall = db.session.get_one(Recall, recall_id)
    assert not recall.is_open, "no customer has any"
    (row,) = queries.practices_of(recall_id)
    assert (row.depot_of_id, row.told_at) == (world.supplier.id, None)


def test_the_code_that_a_lot_came_under_means_it_by_itself(world: World) -> None:
    """Under an item of the practice's own, of whose products nothing is known any more."""
    lot_id, item_id = (lot := stock(world, AMPOULE, "20", lot="TX-1")).id, lot.item_id
    gtin = db.session.scalars(
        sa.select(ProductGtin.gtin).join(Product).where(Product.sku == AMPOULE)
    ).first()
    with transaction():
        db.session.execute(sa.delete(ItemProduct).where(ItemProduct.item_id == item_id))
        lone = sa.update(Lot).where(Lot.id == lot_id)
        db.session.execute(lone.values(product_id=None, gtin=gtin))
    assert figures(declared(world)) == [("riga", D(20), D(20), D(0), D(20))]


def test_every_lot_means_those_of_its_products_and_of_no_other(world: World) -> None:
    """An item may be bought as the products of two makers: only what came as the one is held."""
    with transaction():
        other = make_product(world.other_supplier, replace(KINDS[0], sku="TXA-2", name="Another"))
        bought = item(world, AMPOULE)
        db.session.add(ItemProduct(item_id=bought.id, product_id=other.id))
        other_id = other.id
    ampoule = db.session.scalars(sa.select(Product.id).where(Product.sku == AMPOULE)).one()
    for number, product_id in (("A-1", ampoule), ("B-1", other_id), ("C-1", None)):
        lot_id = stock(world, AMPOULE, "5", lot=number).id
        with transaction():
            db.session.get_one(Lot, lot_id).product_id = product_id
    declared(world, replace(NOTICE, lots=(), all_lots=True))
    held = db.session.scalars(sa.select(Lot.number).join(Hold, Hold.lot_id == Lot.id))
    assert sorted(held) == ["A-1", "C-1"]


@pytest.mark.race
def test_twins_that_declare_at_once_make_one_recall(app: Flask, world: World) -> None:
    stock(world, AMPOULE, "20", lot="TX-1")
    actor, supplier_id = world.actor(world.supplier_admin), world.supplier.id
    gate = threading.Barrier(PEOPLE)

    def work() -> dict[str, Any]:
        supplier = db.session.get_one(Supplier, supplier_id)
        return {"recall": declare(supplier, NOTICE, actor=actor, now=NOW)[0].id}

    def one(_number: int) -> int:
        with app.app_context():
            gate.wait()
            recall_id: int = once(actor, None, {}, work, NOW)["recall"]
            spread(recall_id, NOW)
            db.session.remove()
            return recall_id

    with ThreadPoolExecutor(PEOPLE) as threads:
        found = set(threads.map(one, range(PEOPLE)))
    db.session.rollback()
    assert found == set(db.session.scalars(sa.select(Recall.id)))
    assert db.session.scalar(sa.select(sa.func.count(Hold.id))) == 1
    assert db.session.scalar(sa.select(sa.func.count(Mail.id))) == 2, "each is told once"


@pytest.mark.race
def test_one_lot_accounted_for_by_many_at_once_leaves_once(app: Flask, world: World) -> None:
    lot = stock(world, AMPOULE, "20", lot="TX-1")
    recall_id, actor = declared(world), world.actor()
    clinic_id, practice_id = world.clinic.id, world.practice.id
    said = Accounted(lot.id, D(20), Outcome.DESTROYED)

    def destroy() -> int:
        clinic = db.session.get_one(Clinic, clinic_id)
        return account(clinic, recall_id, said, actor=actor, now=NOW)

    found = all_at_once(
        app,
        [
            *[destroy] * 3,
            lambda: acknowledge(recall_id, practice_id, actor=actor, now=NOW).id,
        ],
    )
    assert sum(isinstance(one, int) for one in found) == 2
    with transaction():
        settle(recall_id, actor=SYSTEM, now=NOW)
    assert not db.session.get_one(Recall, recall_id).is_open
    row = db.session.scalars(sa.select(RecallPractice)).one()
    assert row.answer is not None
    assert verify() == []
