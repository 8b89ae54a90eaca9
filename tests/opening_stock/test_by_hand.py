"""Opening stock of one lot, typed on its page."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from supply import clock
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.inventory.terms import EntryKind
from tests.factories import BIOTIN, NOW, VIAL, World
from tests.handling.test_pages import entries, last
from tests.support.people import sign_in


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_opening_stock_by_hand(world: World, client: FlaskClient) -> None:
    sign_in(client, "manager@example.org")
    form = {"sku": VIAL, "lot": "H-1", "expiry": "2027-01-31", "containers": "2", "location": "0"}
    assert client.post("/c/riga/stock/opening", data=form).status_code == 302
    assert last() == (EntryKind.OPENING_BALANCE, None, "", Decimal(40))
    refused = client.post("/c/riga/stock/opening", data={**form, "sku": "NOPE"})
    assert refused.status_code == 400
    assert "No item or product has the code NOPE." in refused.get_data(as_text=True)
    assert entries() == 1


GTIN = "09506000134352"


def test_a_box_scanned_fills_in_item_lot_and_expiry(world: World, client: FlaskClient) -> None:
    sign_in(client, "manager@example.org")
    with transaction():
        biotin = sa.select(Product.id).where(Product.sku == BIOTIN).scalar_subquery()
        row = {"product_id": biotin, "gtin": GTIN, "level": PackLevel.PACK, "containers": 5}
        db.session.execute(sa.insert(ProductGtin).values(row))
    code = f"01{GTIN}1728053110H-2"

    def shown(**typed: str) -> tuple[int, tuple[str, ...]]:
        answer = client.post("/c/riga/stock/opening", data={"location": "0", **typed})
        names = ("scan", "sku", "lot", "expiry", "containers")
        found = (re.search(rf'name="{name}"[^>]* value="([^"]*)"', answer.text) for name in names)
        return answer.status_code, tuple(match[1] if match else "" for match in found)

    read = (200, ("", BIOTIN, "H-2", "2028-05-31", ""))
    assert [shown(scan=code), shown(lot=code), shown(sku=code, do="read")] == [read] * 3
    typed = {"sku": BIOTIN, "lot": "H-2", "expiry": "2028-05-31", "containers": "1"}
    assert shown(scan=f"01{GTIN}10H-2", **typed)[1][3:] == ("2028-05-31", "6")
    foreign = (400, ("", VIAL, "", "", ""))
    assert shown(scan=code, sku=VIAL) == foreign
    assert shown(scan=f"01{GTIN}")[0] == 400
    assert entries() == 0
