"""A supplier begins to keep its stock, takes boxes in by scanner, and ships what is filled in."""

from __future__ import annotations

from typing import Final

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from supply.accounts.models import Clinic, Person
from supply.actor import Actor
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from tests.browser.people import MANAGER, sign_in, toast
from tests.browser.scanner import scan
from tests.factories import BIOTIN
from tests.support.live_server import LiveServer
from tests.support.time import Clock

ADMIN: Final = "admin@example.net"
GTIN: Final = "09500000000051"


@pytest.fixture
def order_id(live_server: LiveServer, now: Clock, small_world: None) -> int:
    """An order of two packs of biotin, whose packs have a bar code."""
    with live_server.app.app_context():
        with transaction():
            product = db.session.scalars(sa.select(Product).where(Product.sku == BIOTIN)).one()
            product.gtins.append(ProductGtin(gtin=GTIN, level=PackLevel.PACK, containers=10))
            clinic = db.session.scalars(sa.select(Clinic).where(Clinic.code == "riga")).one()
            buyer = db.session.scalars(sa.select(Person).where(Person.email == MANAGER)).one()
            actor = Actor(buyer.id, "127.0.0.1")
            lines = [BasketLine(product.id, 2)]
            [order] = drafts.add_to_basket(clinic, lines, actor=actor, now=now.now)
            placing.place(order.id, actor=actor, now=now.now)
        return order.id


def test_stock_is_begun_taken_in_and_shipped(phone_page: Page, order_id: int) -> None:
    page = sign_in(phone_page, ADMIN, "/s/baltic/stock")
    page.get_by_role("button", name="Keep our stock here").click()
    expect(page.get_by_role("heading", name="Nothing is there yet")).to_be_visible()

    page.get_by_role("link", name="Take in").first.click()
    for _box in range(3):
        scan(page, f"01{GTIN}17290131" + "10AB-7")
        page.wait_for_load_state()
    expect(page.get_by_label("SKU").first).to_have_value(BIOTIN)
    expect(page.get_by_label("Lot, or a scan").first).to_have_value("AB-7")
    expect(page.locator("[name=packs_1]")).to_have_value("3")
    page.get_by_role("button", name="Take in", exact=True).click()
    assert toast(page) == "3 packs are taken in."
    expect(page.locator("tbody tr")).to_contain_text("AB-7")

    page.goto(f"/s/baltic/orders/{order_id}")
    expect(page.get_by_label("Lot, or a scan").first).to_have_value("AB-7")
    page.get_by_role("button", name="Ship", exact=True).click()
    page.wait_for_url("**/shipments/*")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    assert there(page) == "1 pack"

    page.goto(f"/s/baltic/orders/{order_id}")
    expect(page.get_by_text("Pick and ship")).not_to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def there(page: Page) -> str:
    """Return how much of the only lot is there, as the list says."""
    page.goto("/s/baltic/stock")
    return page.locator("tbody td.key").inner_text()
