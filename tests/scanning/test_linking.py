"""A code that no catalogue has: offered where it was scanned, linked once, known from then on."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.catalogue.barcodes import scan
from supply.catalogue.models import Product, ProductGtin
from supply.db import db, transaction
from supply.inventory.boxes import containers_of
from supply.items.models import ItemGtin
from supply.refusals import InvalidInput
from supply.scanning.linking import link_gtin
from tests.factories import BIOTIN, NOW, TODAY, VIAL, World, make_world, stock
from tests.support.people import sign_in

GTIN = "09506000134352"
BOX = f"01{GTIN}1727053110B-7"
LINK = "/c/riga/scan/link"
GOODS = "/c/riga/receive/goods"


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def manager(world: World, client: FlaskClient) -> FlaskClient:
    sign_in(client, "manager@example.org")
    return client


def links() -> list[tuple[str, int]]:
    db.session.rollback()
    rows = db.session.scalars(sa.select(ItemGtin).order_by(ItemGtin.id))
    return [(row.gtin, row.containers) for row in rows]


def test_a_new_code_is_linked_where_it_was_scanned_and_known_from_then_on(
    world: World, manager: FlaskClient
) -> None:
    lot = stock(world, VIAL, "60", lot="B-7", expiry=dt.date(2027, 5, 31))
    page = manager.post(GOODS, data={"scan": BOX, "lot_1": "", "do": "read"}).text
    offered = re.search(rf'href="({LINK}\?[^"]*)"', page)
    assert offered is not None
    form: dict[str, Any] = {"gtin": GTIN, "item": VIAL, "containers": "5", "form_key": "k" * 32}
    form["next"] = GOODS
    assert GTIN in manager.get(offered[1].replace("&amp;", "&")).text
    for _click in range(2):
        assert manager.post(LINK, data=form).location == GOODS
    assert links() == [(GTIN, 5)]
    assert containers_of(lot.item_id, scan(BOX, today=TODAY)) == 5

    page = manager.post(GOODS, data={"scan": BOX, "lot_1": "", "do": "read"}).text
    assert re.search(rf'name="sku_1" value="{VIAL}"', page)
    assert f"{LINK}?" not in page
    doubted = manager.post(GOODS, data={"scan": f"01{GTIN}", "lot_1": "", "do": "read"}).text
    assert "This code names no lot." in doubted
    assert f"{LINK}?" not in doubted, "known, though not all of it was read"
    found = manager.get("/c/riga/stock", query_string={"q": BOX})
    assert found.location == f"/c/riga/items/{lot.item_id}"
    sold = "09500000000051"
    biotin = sa.select(Product.id).where(Product.sku == BIOTIN).scalar_subquery()
    with transaction():
        row = {"product_id": biotin, "gtin": sold, "level": "pack", "containers": 10}
        db.session.execute(sa.insert(ProductGtin).values(row))
    stock(world, BIOTIN, "20")
    taken = manager.post(LINK, data={**form, "gtin": sold, "form_key": "m" * 32})
    assert (taken.status_code, "This code is of" in taken.text) == (400, True), "the catalogue's"
    again = manager.post(LINK, data={**form, "item": BIOTIN, "form_key": "l" * 32})
    assert (again.status_code, "This code is of" in again.text) == (400, True)
    no_gtin = {**form, "gtin": "4711", "form_key": "m" * 32}
    assert manager.post(LINK, data=no_gtin).status_code == 400
    assert links() == [(GTIN, 5)]


def test_a_link_is_taken_back_and_others_have_none_of_it(
    world: World, app: Flask, manager: FlaskClient
) -> None:
    form = {"gtin": GTIN, "item": VIAL, "containers": "1"}
    for email, status in (("viewer@example.org", 403), ("outsider@example.com", 404)):
        other = app.test_client()
        sign_in(other, email)
        assert other.post(LINK, data=form).status_code == status
    assert links() == []
    manager.post(LINK, data=form)
    link_id, item_id = db.session.execute(sa.select(ItemGtin.id, ItemGtin.item_id)).one()
    settings = manager.get(f"/c/riga/items/{item_id}/edit").text
    assert f"/c/riga/scan/links/{link_id}/remove" in settings
    outsider = app.test_client()
    sign_in(outsider, "outsider@example.com")
    assert outsider.post(f"/c/riga/scan/links/{link_id}/remove").status_code == 404
    assert links() == [(GTIN, 1)]
    undo = f"/c/riga/scan/links/{link_id}/remove"
    assert [manager.post(undo, data={"form_key": "n" * 32}).status_code for _ in "12"] == [302] * 2
    assert links() == []
    kinds = sa.select(AuditRow.action).where(AuditRow.action.startswith("item.gtin"))
    assert list(db.session.scalars(kinds)) == ["item.gtin_linked", "item.gtin_unlinked"]


def test_of_two_who_link_at_once_the_second_is_told(world: World) -> None:
    lots = [stock(world, sku, "60", lot="X") for sku in (VIAL, BIOTIN)]
    with transaction():
        db.session.add(
            ItemGtin(
                practice_id=world.practice.id,
                item_id=lots[0].item_id,
                gtin=GTIN,
                containers=1,
                linked_at=NOW,
            )
        )
    with pytest.raises(InvalidInput, match="This code is of"), transaction():
        link_gtin(world.clinic, lots[1].item, GTIN, 1, actor=SYSTEM, now=NOW)
    assert links() == [(GTIN, 1)]
