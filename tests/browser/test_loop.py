"""The closed loop in browsers: stock in, used, low, mailed, ordered, shipped, received, undone.

A stock manager, a practitioner on a phone and a supplier's fulfiller each work in a browser of
their own. What happens between them is what the scheduler does, and mail goes through SMTP.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import FilePayload, Page, expect

from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.terms import PackLevel
from supply.db import db, transaction
from supply.jobs.scheduler import declared_jobs
from tests.browser.conftest import PageFactory
from tests.browser.people import FULFILLER, MANAGER, PRACTITIONER, go, sign_in, toast
from tests.browser.scanner import GS, scan
from tests.factories import BIOTIN, FORMULATION, NEEDLE, VIAL
from tests.support.commands import SupplyCommand
from tests.support.live_server import LiveServer
from tests.support.smtp import ReceivedMail, SmtpServer
from tests.support.time import Clock

OPENING: Final = f"""sku,lot,expiry,quantity,location
{BIOTIN},B-1,2027-01-31,12,Cupboard
{VIAL},L-1,2027-03-31,500,
{NEEDLE},N-1,,100,
"""
FILE: Final[FilePayload] = {
    "name": "shelves.csv",
    "mimeType": "text/csv",
    "buffer": OPENING.encode(),
}

BIOTIN_NAME: Final = "Biotin 5 mg/ml, ampoule"
GTIN: Final = "09500000000051"

Figures = dict[str, tuple[str, str, str]]


@dataclass(frozen=True)
class Between:
    """What happens between people's clicks: the scheduler's jobs, at the time it is."""

    app: Flask
    smtp: SmtpServer
    now: Clock

    def __post_init__(self) -> None:
        """Set mail up, as MAIL_URL does."""
        self.app.config["MAIL_URL"] = self.smtp.url

    def run(self) -> list[ReceivedMail]:
        """Let a minute pass, run the jobs, and return the mails that arrived meanwhile."""
        before = len(self.smtp.mails)
        self.now.forward(minutes=1)
        with self.app.app_context():
            jobs = {declared.name: declared.work for declared in declared_jobs(self.app)}
            for name in ("changes", "digests", "delivery"):
                jobs[name](self.now.now)
        return self.smtp.mails[before:]


@pytest.fixture
def between(
    live_server: LiveServer, smtp_server: SmtpServer, now: Clock, small_world: None
) -> Between:
    """The scheduler of the small world, whose packs of biotin have a bar code."""
    with live_server.app.app_context(), transaction():
        product = db.session.scalars(sa.select(Product).where(Product.sku == BIOTIN)).one()
        product.gtins.append(ProductGtin(gtin=GTIN, level=PackLevel.PACK, containers=10))
    return Between(live_server.app, smtp_server, now)


def test_the_whole_loop(
    new_page: PageFactory, phone_page: Page, between: Between, supply_command: SupplyCommand
) -> None:
    manager = sign_in(new_page(), MANAGER, "/c/riga/today", for_days=True)
    opening_stock_comes_from_a_file(manager)
    reorder_points_are_set(manager)
    between.now.forward(hours=1)
    practitioner = sign_in(phone_page, PRACTITIONER, "/c/riga/use", for_days=True)
    a_session_is_recorded_in_three_taps(practitioner)
    assert figures(manager) == {
        BIOTIN: ("9 ampoules", "9 ampoules", ""),
        VIAL: ("24 vials and 18 ml", "24 vials and 18 ml", ""),
        NEEDLE: ("99 needles", "99 needles", ""),
    }

    link = the_digest_says_what_to_order(manager, between)
    order = what_is_low_is_ordered(manager, link)
    fulfiller = sign_in(new_page(), FULFILLER, "/s/baltic/orders", for_days=True)
    the_order_is_acknowledged(fulfiller, order)
    two_parts_are_shipped_and_received(manager, fulfiller, between)

    the_alert_has_ended(manager, between)
    the_order_has_ended(manager, fulfiller, order)
    the_session_is_undone(practitioner)
    assert figures(manager) == {
        BIOTIN: ("42 ampoules", "42 ampoules", ""),
        VIAL: ("25 vials", "25 vials", ""),
        NEEDLE: ("100 needles", "100 needles", ""),
    }
    verified = supply_command.run("ledger", "verify", "--json")
    assert verified.returncode == 0
    assert json.loads(verified.stdout)["differences"] == []


def figures(page: Page) -> Figures:
    """Return what there is of each item, as one counts it: on hand, available, on order."""
    page.goto("/c/riga/policies")
    found = {}
    for row in page.locator("tbody tr").all():
        [code] = [sku for sku in (BIOTIN, VIAL, NEEDLE) if sku in (row.text_content() or "")]
        available, on_order = row.locator("td.num").all_inner_texts()
        usable, _of, there = available.partition(" of ")
        found[code] = (there or usable, usable, on_order)
    return found


def opening_stock_comes_from_a_file(manager: Page) -> None:
    go(manager, "Stock")
    manager.get_by_role("link", name="Add opening stock").first.click()
    manager.get_by_label("File").set_input_files(FILE)
    manager.get_by_role("button", name="Check the file").click()
    expect(manager.locator(".notice")).to_contain_text("3 rows, 3 items, 3 lots.")
    manager.get_by_role("button", name="Add 3 lots to stock").click()
    expect(manager.get_by_role("button", name="Undo")).to_be_visible()


def reorder_points_are_set(manager: Page) -> None:
    assert figures(manager)[BIOTIN] == ("12 ampoules", "12 ampoules", "")
    manager.get_by_label(f"Reorder point of {BIOTIN_NAME}").fill("10")
    manager.get_by_label(f"Par level of {BIOTIN_NAME}").fill("30")
    manager.get_by_role("button", name="Save changes").click()
    expect(manager.locator(".page-lede")).to_contain_text("1 item has a reorder point.")


def a_session_is_recorded_in_three_taps(practitioner: Page) -> None:
    practitioner.get_by_role("link", name=FORMULATION.title()).tap()
    practitioner.get_by_label("Patient reference").fill("P-7")
    practitioner.get_by_role("button", name="Record", exact=True).tap()
    expect(practitioner).to_have_url(re.compile("/c/riga/use$"))
    assert toast(practitioner) == "Recorded Hair-Test for P-7."
    expect(practitioner.locator("[data-toast]").get_by_role("button", name="Undo")).to_be_visible()


def the_digest_says_what_to_order(manager: Page, between: Between) -> str:
    """Sweep and send; return the link of the stock manager's mail."""
    mails = between.run()
    assert sorted(mail.recipients for mail in mails) == [(MANAGER,), ("owner@example.org",)]
    [mail] = [mail.message for mail in mails if mail.recipients == (MANAGER,)]
    assert mail["Subject"] == "Order 1 item at Riga Centre: Biotin 5 mg/ml"
    body = mail.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    lines = [line for line in text.splitlines() if line]
    assert lines[0] == "Riga Centre: 1 item to order."
    start = lines.index(f"- {BIOTIN_NAME}: 3 packs (30 ampoules)")
    assert lines[start : start + 2] == [
        f"- {BIOTIN_NAME}: 3 packs (30 ampoules)",
        "  9 ampoules available and none on order, at or below the reorder point of 10.",
    ]
    assert between.run() == []
    manager.goto("/c/riga/alerts")
    assert alerts(manager) == [BIOTIN_NAME]
    return lines[lines.index("Review what to order:") + 1]


def alerts(page: Page) -> list[str]:
    """Return what the alerts of the page are about."""
    return page.locator(".work-title > a").all_inner_texts()


def what_is_low_is_ordered(manager: Page, link: str) -> str:
    """Follow the mail's link to the placed order in two clicks; return the order's number."""
    manager.goto(link)
    row = manager.get_by_role("row", name=BIOTIN_NAME)
    expect(row).to_contain_text("9 ampoules available and none on order")
    expect(row.locator("td.num")).to_have_text("3 packs (30 ampoules)")
    manager.get_by_role("button", name="Add all to basket").click()
    expect(manager.locator("tfoot")).to_contain_text("€72.00")
    manager.get_by_role("button", name="Place with Baltic Meso Supplies").click()
    expect(manager.locator("[data-toast]")).to_be_visible()
    assert figures(manager)[BIOTIN] == ("9 ampoules", "9 ampoules", "30 ampoules")
    manager.goto("/c/riga/orders")
    [number] = manager.locator("tbody td:nth-child(2)").all_inner_texts()
    return number


def the_order_is_acknowledged(fulfiller: Page, order: str) -> None:
    row = fulfiller.get_by_role("row", name=order)
    expect(row).to_contain_text("3 packs")
    row.get_by_role("link").click()
    fulfiller.get_by_role("button", name="Acknowledge all").click()
    expect(fulfiller.locator(".page-lede")).to_contain_text("Acknowledged")


def two_parts_are_shipped_and_received(manager: Page, fulfiller: Page, between: Between) -> None:
    """Ship and receive two packs, typed, then one pack, scanned; nothing counts twice."""
    between.now.forward(days=1)
    ship(fulfiller, "B-2", "2027-06-30", packs=2)
    first = shipment_code(fulfiller)
    between.now.forward(days=1)
    receive_by_code(manager, first)
    assert figures(manager)[BIOTIN] == ("29 ampoules", "29 ampoules", "10 ampoules")

    fulfiller.get_by_role("link", name="Order PO-").click()
    scan_label(fulfiller, f"01{GTIN}10B-3{GS}17270731")
    expect(fulfiller.get_by_label("Expiry").first).to_have_value("2027-07-31")
    ship(fulfiller, "B-3", "2027-07-31", packs=1)
    between.now.forward(days=1)
    receive_by_box(manager, shipment_code(fulfiller), f"01{GTIN}10B-3{GS}17270731")
    assert figures(manager)[BIOTIN] == ("39 ampoules", "39 ampoules", "")


def ship(fulfiller: Page, lot: str, expiry: str, *, packs: int) -> None:
    for label, value in (("Lot, or a scan", lot), ("Expiry", expiry), ("Packs", str(packs))):
        fulfiller.locator("#ship").get_by_label(label, exact=True).first.fill(value)
    fulfiller.get_by_role("button", name="Ship", exact=True).click()
    expect(fulfiller.locator("[data-toast]")).to_contain_text("is on its way.")


def shipment_code(fulfiller: Page) -> str:
    """Return the code of the shipment just sent."""
    return toast(fulfiller).split()[1]


def scan_label(page: Page, text: str) -> None:
    """Scan into the lot field: this page has no field of its own for scans."""
    field = page.locator("#ship").get_by_label("Lot, or a scan").first
    field.fill(text)
    field.press("Enter")


def receive_by_code(manager: Page, code: str) -> None:
    """Receive a shipment as it was sent, then once more from a page that was still open."""
    go(manager, "Receive")
    expect(manager.get_by_role("heading", name="On its way")).to_be_visible()
    scan(manager, code)
    late = manager.context.new_page()
    late.goto(manager.url)
    for page in (manager, late):
        page.get_by_role("button", name="Receive", exact=True).click()
        expect(page.locator("[data-toast] p")).to_have_text(f"Shipment {code} is received.")
    late.close()


def receive_by_box(manager: Page, code: str, box: str) -> None:
    """Receive a shipment by scanning its boxes."""
    go(manager, "Receive")
    arriving = manager.get_by_role("row").filter(has_text=code)
    arriving.get_by_role("link", name="Receive", exact=True).click()
    expect(manager.get_by_label("Scan a box, or type its lot number")).to_be_focused()
    scan(manager, box)
    expect(manager.locator(".page-lede")).to_contain_text("Every pack is there.")
    manager.get_by_role("button", name="Receive", exact=True).click()
    expect(manager.locator("[data-toast] p")).to_have_text(f"Shipment {code} is received.")


def the_alert_has_ended(manager: Page, between: Between) -> None:
    """Sweep: nothing is open any more, and no mail says anything is to be done."""
    told = [mail.message["Subject"] for mail in between.run() if MANAGER in mail.recipients]
    assert not [subject for subject in told if subject.startswith("Order 1 item")]
    manager.goto("/c/riga/alerts")
    assert alerts(manager) == []
    expect(manager.locator(".page-lede")).to_contain_text("Nothing needs you now.")
    manager.goto("/c/riga/alerts?status=resolved")
    assert alerts(manager) == [BIOTIN_NAME]


def the_order_has_ended(manager: Page, fulfiller: Page, order: str) -> None:
    manager.goto("/c/riga/orders")
    manager.get_by_role("link", name="Ended").click()
    row = manager.get_by_role("row", name=order)
    row.get_by_role("link").click()
    fulfiller.goto("/s/baltic/orders?show=ended")
    fulfiller.get_by_role("link", name="Riga Centre").click()
    for page in (manager, fulfiller):
        expect(page.locator(".page-lede .pill")).to_have_text("Closed")
        cells = page.locator("tbody tr").first.locator("td.num").all_inner_texts()
        assert cells == ["3", "3", "3", "3", "0", "€72.00"]


def the_session_is_undone(practitioner: Page) -> None:
    practitioner.goto("/c/riga/sessions")
    practitioner.get_by_role("link", name="P-7").first.tap()
    practitioner.get_by_role("button", name="Undo").first.tap()
    expect(practitioner.locator(".page-lede .pill")).to_have_text("Undone")
