"""How much a page shows at once, and where one is after acting on it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from supply.accounts.models import Clinic, Person
from supply.actor import SYSTEM
from supply.baskets.drafts import BasketLine, add_to_basket
from supply.baskets.placing import place
from supply.catalogue.models import Product
from supply.catalogue.terms import Dose, Storage
from supply.db import db, transaction
from supply.quantity import Unit
from supply.replenishment.services import set_policy
from supply.replenishment.sweep import sweep
from supply.replenishment.terms import Method
from tests.browser.people import MANAGER, sign_in
from tests.factories import NOW, Kind, World, item, make_product, make_world, stock
from tests.support.live_server import LiveServer
from tests.support.pages import assert_accessible, assert_no_sideways_scroll
from tests.support.time import Clock

ITEMS = 29
LONG = "Peptide" * 43
"""A word of 301 letters."""
HEIGHTS = {
    ("desk", "stock"): 1_250,
    ("desk", "catalogue"): 1_450,
    ("desk", "policies"): 1_800,
    ("phone", "stock"): 3_500,
    ("phone", "catalogue"): 4_700,
    ("phone", "policies"): 5_300,
}
"""Most pixels of a page of 29 items (25 products), by screen."""


def code(number: int) -> str:
    """Return the code of one of the many items."""
    return f"MANY-{number:02}"


@pytest.fixture
def many(live_server: LiveServer, now: Clock) -> World:
    """A clinic with 29 items on its shelves, the first with a very long name, two of them low."""
    with live_server.app.app_context():
        world = make_world()
        with transaction():
            for number in range(ITEMS):
                make_product(world.supplier, _kind(number))
        for number in range(ITEMS):
            stock(world, code(number), "1", lot=f"L-{number}", expiry=dt.date(2027, 3, 1))
        with transaction():
            for number in (3, 4, 5):
                set_policy(
                    world.clinic.id,
                    item(world, code(number)).id,
                    method=Method.FIXED,
                    reorder_point=Decimal(10),
                    par_level=Decimal(40),
                    actor=world.actor(),
                    now=NOW,
                )
        with transaction():
            sweep(NOW)
    return world


def _kind(number: int) -> Kind:
    name = LONG if number == 0 else f"Solution {number} for the sterile dilution of powders, vial"
    unit, containers, content = Unit.EACH, 10, "1"
    return Kind(
        code(number), name, "diluent", "ingredient", unit, containers, content, Dose.NONE,
        Storage.COLD if number % 5 == 0 else Storage.AMBIENT, 1,
    )  # fmt: skip


def test_eighteen_items_are_seen_at_once(many: World, desktop_page: Page) -> None:
    sign_in(desktop_page, MANAGER, "/c/riga/stock")

    seen = desktop_page.evaluate(
        "() => [...document.querySelectorAll('tbody tr')]"
        ".filter(row => row.getBoundingClientRect().bottom <= innerHeight).length"
    )
    assert seen >= 18


@pytest.mark.parametrize("name", ["stock", "catalogue", "policies"])
@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_pages_are_not_longer_than_they_need(
    many: World, desktop_page: Page, phone_page: Page, screen: str, name: str
) -> None:
    page = desktop_page if screen == "desk" else phone_page
    sign_in(page, MANAGER, f"/c/riga/{name}")

    assert page.evaluate("document.documentElement.scrollHeight") <= HEIGHTS[screen, name]
    assert_no_sideways_scroll(page)
    assert_accessible(page)


@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_a_word_of_300_letters_widens_no_page(
    many: World, live_server: LiveServer, desktop_page: Page, phone_page: Page, screen: str
) -> None:
    with live_server.app.app_context(), transaction():
        clinic = db.session.scalars(sa.select(Clinic).filter_by(code="riga")).one()
        product = item_product(LONG)
        [basket] = add_to_basket(clinic, [BasketLine(product, 2)], actor=SYSTEM, now=NOW)
        order = place(basket.id, actor=SYSTEM, now=NOW).id
        add_to_basket(clinic, [BasketLine(product, 1)], actor=SYSTEM, now=NOW)
    page = desktop_page if screen == "desk" else phone_page
    sign_in(page, MANAGER, f"/c/riga/orders/{order}")
    for path in (f"orders/{order}", "orders", "basket", f"catalogue/{product}", "receive/goods"):
        page.goto(f"/c/riga/{path}")
        assert_no_sideways_scroll(page)


def item_product(name: str) -> int:
    """Return the product of this name."""
    return db.session.scalars(sa.select(Product.id).where(Product.name == name)).one()


def test_the_list_follows_what_is_typed(many: World, desktop_page: Page) -> None:
    sign_in(desktop_page, MANAGER, "/c/riga/stock")
    field = desktop_page.get_by_role("searchbox")

    field.press_sequentially("solution 17")
    expect(desktop_page.locator("tbody tr")).to_have_count(1)
    expect(desktop_page.locator("tbody tr")).to_contain_text("Solution 17")
    expect(desktop_page.locator("[data-live-said]")).to_have_text("1 item found")
    assert "q=solution+17" in desktop_page.url
    expect(field).to_be_focused()

    field.fill("nothing like it")
    expect(desktop_page.get_by_role("heading", name="Nothing fits")).to_be_visible()
    field.fill("")
    expect(desktop_page.locator("tbody tr")).to_have_count(ITEMS)


def test_after_an_action_on_today_the_next_row_has_the_focus(
    many: World, desktop_page: Page
) -> None:
    page = sign_in(desktop_page, MANAGER, "/c/riga/today")
    add = page.locator("#order").get_by_role("button", name="Add 4 packs")
    expect(add).to_have_count(3)

    add.nth(1).focus()
    page.keyboard.press("Enter")
    said = page.get_by_role("status").filter(has_text="in the basket")
    expect(said).to_have_text("Added: 1 line in the basket.", timeout=20_000)

    assert page.url.endswith("/c/riga/today")
    focused = page.evaluate("document.activeElement.closest('li')?.innerText || ''")
    assert "Solution 5" in focused


@pytest.mark.parametrize("language", ["en", "fr"])
def test_on_a_narrow_phone_tabs_keep_one_line_and_fields_stand_side_by_side(
    many: World, live_server: LiveServer, phone_page: Page, language: str
) -> None:
    with live_server.app.app_context(), transaction():
        db.session.execute(sa.update(Person).where(Person.email == MANAGER).values(locale=language))
    phone_page.set_viewport_size({"width": 360, "height": 780})
    sign_in(phone_page, MANAGER, "/c/riga/policies")

    lines = phone_page.evaluate(
        """() => [...document.querySelectorAll(".tab")].map(tab => {
            const text = [...tab.childNodes].find(n => n.nodeType === 3 && n.data.trim());
            const range = document.createRange();
            range.selectNodeContents(text);
            return range.getClientRects().length;
        })"""
    )
    assert lines == [1] * 5
    tops = phone_page.evaluate(
        """() => [...document.querySelectorAll("tbody tr")].map(row =>
            [...row.querySelectorAll("td.half")].map(cell => cell.getBoundingClientRect().top))"""
    )
    assert all(point == par for point, par in tops)
    assert_no_sideways_scroll(phone_page)
