"""Real pages by keys, by scanner, by a hasty hand, and without JavaScript."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Request, expect

from supply.accounts.models import Clinic
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.db import Base, db, transaction
from supply.inventory.queries import levels
from supply.items.models import Item
from supply.receiving.models import Receipt
from supply.shipping import shipping
from supply.shipping.ship_lines import ShipLine
from supply.treatments.models import TreatmentSession
from tests.browser.conftest import PageFactory
from tests.browser.people import MANAGER, PRACTITIONER, sign_in, toast
from tests.browser.scanner import scan
from tests.factories import (
    BIOTIN,
    FORMULATION,
    NEEDLE,
    NOW,
    TODAY,
    VIAL,
    make_formulation,
    make_world,
    stock,
)
from tests.support.live_server import LiveServer
from tests.support.time import Clock

DOUBLE_CLICK: Final = "button => { button.click(); button.click(); }"


@pytest.fixture
def code(live_server: LiveServer, now: Clock) -> str:
    """A clinic with biotin, lidocaine and needles, and a parcel under way: its code."""
    with live_server.app.app_context():
        world = make_world()
        make_formulation(world, [(BIOTIN, "3"), (VIAL, "2"), (NEEDLE, "1")])
        for sku, quantity in ((BIOTIN, "12"), (VIAL, "40"), (NEEDLE, "100")):
            stock(world, sku, quantity)
        product = db.session.scalars(sa.select(Product).where(Product.sku == BIOTIN)).one()
        with transaction():
            [order] = drafts.add_to_basket(
                world.clinic, [BasketLine(product.id, 2)], actor=world.actor(), now=NOW
            )
            placing.place(order.id, actor=world.actor(), now=NOW)
            shipment = shipping.ship(
                order.id,
                [ShipLine("BIO-2028", TODAY.replace(year=2028), 2, sku=BIOTIN)],
                actor=world.actor(world.fulfiller),
                now=NOW,
            )
        return shipment.code


def how_many(live_server: LiveServer, model: type[Base]) -> int:
    """Return how many rows there are."""
    with live_server.app.app_context():
        return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def on_hand(live_server: LiveServer, sku: str) -> Decimal:
    """Return what the clinic has of an item, in its base unit."""
    with live_server.app.app_context():
        clinic = db.session.scalars(sa.select(Clinic.id).where(Clinic.code == "riga")).one()
        item = db.session.scalars(sa.select(Item.id).where(Item.code == sku)).one()
        return levels([clinic], [item], now=NOW)[clinic, item].on_hand


def press(page: Page, *keys: str) -> None:
    """Press keys as slowly as a quick hand: a scanner's would be no shortcut."""
    for key in keys:
        page.wait_for_timeout(60)
        page.keyboard.press(key)


def test_keys_search_go_open_and_help(new_page: PageFactory, code: str) -> None:
    page = sign_in(new_page(), MANAGER, "/c/riga/stock")
    page.wait_for_load_state()
    press(page, "/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    press(page, "ArrowDown", "ArrowDown")
    name = page.evaluate("document.activeElement.textContent")
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/c/riga/items/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_have_text(name)

    page.wait_for_load_state()
    press(page, "?")
    help_on_keys = page.get_by_role("dialog", name="Keys")
    expect(help_on_keys).to_contain_text("Go to Alerts")
    press(page, "Escape")
    expect(help_on_keys).to_be_hidden()
    press(page, "g", "a")
    page.wait_for_url("**/c/riga/alerts")


def test_a_scanner_finds_the_field_wherever_the_cursor_is(
    new_page: PageFactory, live_server: LiveServer, code: str
) -> None:
    page = sign_in(new_page(), MANAGER, "/c/riga/receive")
    scan(page, code)
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Receive {code}")
    good = page.get_by_role("textbox", name="Good packs of Biotin")
    good.focus()
    scan(page, "BIO-2028")
    expect(page.locator(".notice")).to_contain_text("Scanned: Biotin 5 mg/ml, ampoule.")
    expect(good).to_have_value("1")
    assert how_many(live_server, Receipt) == 0


def test_a_double_click_on_record_records_once(
    phone_page: Page, live_server: LiveServer, code: str
) -> None:
    page = sign_in(phone_page, PRACTITIONER, "/c/riga/use")
    page.get_by_role("link", name=FORMULATION.title()).tap()
    page.get_by_label("Patient reference").fill("P-7")
    page.wait_for_load_state()
    sent: list[str] = []
    page.on("request", lambda request: sent.extend(_recording(request)))
    page.get_by_role("button", name="Record", exact=True).evaluate(DOUBLE_CLICK)
    page.wait_for_url("**/c/riga/use")
    assert len(sent) == 1
    assert how_many(live_server, TreatmentSession) == 1
    assert on_hand(live_server, BIOTIN) == 9


def _recording(request: Request) -> list[str]:
    """Return what the request records, and nothing for previews and files."""
    posted = request.method == "POST" and not request.url.endswith("/preview")
    return [request.url] if posted else []


def test_a_session_is_recorded_and_undone_without_scripts(
    new_page: PageFactory, live_server: LiveServer, code: str
) -> None:
    page = sign_in(new_page(java_script_enabled=False), PRACTITIONER, "/c/riga/use")
    page.get_by_role("link", name=FORMULATION.title()).click()
    page.get_by_label("Patient reference").fill("P-7")
    page.get_by_role("textbox", name="Amount of Biotin").fill("4")
    page.get_by_role("button", name="Recalculate").last.click()
    expect(page.get_by_label("Patient reference")).to_have_value("P-7")
    assert how_many(live_server, TreatmentSession) == 0
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_url("**/c/riga/use")
    assert toast(page) == "Recorded Hair-Test for P-7."
    assert [on_hand(live_server, sku) for sku in (BIOTIN, VIAL, NEEDLE)] == [8, 38, 99]

    page.get_by_role("button", name="Undo").click()
    assert toast(page) == "Session undone."
    assert [on_hand(live_server, sku) for sku in (BIOTIN, VIAL, NEEDLE)] == [12, 40, 100]


def test_a_shipment_is_received_without_scripts(
    new_page: PageFactory, live_server: LiveServer, code: str
) -> None:
    page = sign_in(new_page(java_script_enabled=False), MANAGER, "/c/riga/receive")
    search = page.get_by_label("Scan or type the code of a shipment or transfer")
    search.fill(code.removeprefix("SH-").lower())
    search.press("Enter")
    box = page.get_by_label("Scan a box, or type its lot number")
    box.fill("bio-2028")
    box.press("Enter")
    expect(page.get_by_role("textbox", name="Good packs of Biotin")).to_have_value("1")
    page.get_by_role("textbox", name="Good packs of Biotin").fill("2")
    page.get_by_role("button", name="Receive what is counted").click()
    assert toast(page) == f"Shipment {code} is received."
    assert on_hand(live_server, BIOTIN) == 32
    expect(page.get_by_role("heading", name="Nothing is on its way")).to_be_visible()


def test_a_session_is_recorded_by_keyboard(
    new_page: PageFactory, live_server: LiveServer, code: str
) -> None:
    page = sign_in(new_page(), PRACTITIONER, "/c/riga/use")
    page.get_by_role("link", name=FORMULATION.title()).click()
    expect(page.get_by_label("Patient reference")).to_be_focused()
    page.keyboard.type("P-8")
    tabs = 0
    while page.evaluate("document.activeElement.id") != "record":
        page.keyboard.press("Tab")
        tabs += 1
        assert tabs <= 15
    page.keyboard.press("Enter")
    assert toast(page) == "Recorded Hair-Test for P-8."

    page.get_by_role("link", name=FORMULATION.title()).click()
    expect(page.get_by_label("Patient reference")).to_be_focused()
    page.keyboard.type("P-9")
    page.keyboard.press("Control+Enter")
    assert toast(page) == "Recorded Hair-Test for P-9."
    assert how_many(live_server, TreatmentSession) == 2
