"""A supplier's own stock in the API: listed, and drawn from by a shipment."""

import datetime as dt

import sqlalchemy as sa

from supply.accounts.models import Supplier
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.depot.arriving import Arriving, take_in
from supply.depot.keeping import keep_stock
from tests.api.calls import Cast
from tests.factories import BIOTIN, NOW, TODAY

FAR = TODAY + dt.timedelta(days=600)


def test_stock_is_listed_and_drawn(cast: Cast) -> None:
    fulfiller = cast.api("fulfiller")
    assert cast.api("owner").get("/supplier/stock").status_code == 403
    assert fulfiller.get("/supplier/stock").get_json() == {"products": [], "next": None}
    with transaction():
        supplier = db.session.get_one(Supplier, cast.world.supplier.id)
        product = db.session.scalars(
            sa.select(Product).where(Product.sku == BIOTIN, Product.supplier_id == supplier.id)
        ).one()
        actor = Actor(cast.world.fulfiller.id, None)
        keep_stock(supplier, keeps=True, actor=actor, now=NOW)
        take_in(supplier, [Arriving(product, "A-1", FAR, 3, field="lines.0")], actor=actor, now=NOW)
    assert cast.api("other_fulfiller").get("/supplier/stock").get_json()["products"] == []

    manager = cast.api("manager")
    lines = [{"sku": BIOTIN, "packs": 2}]
    draft = manager.post("/clinics/riga/orders", {"supplier": "baltic", "lines": lines}).get_json()
    order = f"/orders/{draft['order']}"
    assert manager.post(f"{order}/place", {}).status_code == 200
    packed = {"sku": BIOTIN, "lot": "B-9", "expiry": FAR.isoformat(), "packs": 1}
    refused = fulfiller.post(f"{order}/shipments", {"lines": [packed]})
    assert refused.status_code == 422
    assert "lot B-9 is not in your stock." in refused.get_data(as_text=True)
    sent = [{**packed, "lot": "a-1", "expiry": None}, {**packed, "from_stock": False}]
    assert fulfiller.post(f"{order}/shipments", {"lines": sent}).status_code == 201

    [listed] = fulfiller.get("/supplier/stock").get_json()["products"]
    assert (listed["sku"], listed["on_hand"], listed["promised"], listed["free"]) == (
        BIOTIN,
        2,
        0,
        2,
    )
    assert listed["lots"] == [
        {
            "lot": "A-1",
            "expiry": FAR.isoformat(),
            "packs": 2,
            "singles": 0,
            "shelf_life": "fine",
            "on_hold": False,
            "locations": ["Store"],
        }
    ]
