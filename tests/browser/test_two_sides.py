"""One order in four browsers: who asks, the owner who approves, the supplier, and an outsider.

It goes wrong as orders do: it is over a limit, a part of it follows later, a pack comes damaged
and one goes back. In the end each tries the addresses of the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, expect

from supply.accounts.models import Membership, Person
from supply.db import db, transaction
from supply.jobs.scheduler import declared_jobs
from tests.browser.conftest import PageFactory
from tests.browser.people import FULFILLER, MANAGER, sign_in, toast
from tests.support.live_server import LiveServer
from tests.support.smtp import ReceivedMail, SmtpServer
from tests.support.time import Clock

OWNER: Final = "owner@example.org"
OUTSIDER: Final = "outsider@example.com"
BIOTIN_NAME: Final = "Biotin 5 mg/ml, ampoule"
LIMIT_MINOR: Final = 50_00
"""What the manager may spend on one order: less than three packs of biotin, at 24 euros."""


class Between:
    """What happens between people's clicks: minutes pass, and mail is delivered."""

    def __init__(self, app: Flask, smtp: SmtpServer, now: Clock) -> None:
        """Set mail up, as MAIL_URL does."""
        self.app, self.smtp, self.now = app, smtp, now
        app.config["MAIL_URL"] = smtp.url

    def mails_to(self, person: str) -> list[ReceivedMail]:
        """Let a minute pass, deliver, and return what came for ``person``."""
        before = len(self.smtp.mails)
        self.now.forward(minutes=1)
        with self.app.app_context():
            jobs = {declared.name: declared.work for declared in declared_jobs(self.app)}
            jobs["delivery"](self.now.now)
        return [mail for mail in self.smtp.mails[before:] if person in mail.recipients]


@pytest.fixture
def between(
    live_server: LiveServer, smtp_server: SmtpServer, now: Clock, small_world: None
) -> Between:
    """The small world, whose manager has a limit."""
    with live_server.app.app_context(), transaction():
        membership = db.session.scalars(
            sa.select(Membership).join(Person).where(Person.email == MANAGER)
        ).one()
        membership.order_limit_minor = LIMIT_MINOR
    return Between(live_server.app, smtp_server, now)


def test_one_order_on_two_sides(new_page: PageFactory, phone_page: Page, between: Between) -> None:
    manager = sign_in(new_page(), MANAGER, "/c/riga/catalogue", for_days=True)
    order = an_order_over_the_limit_is_asked_for(manager)
    the_owner_approves_from_the_mail(phone_page, between)
    seller = sign_in(new_page(), FULFILLER, "/s/baltic/orders", for_days=True)
    a_part_is_confirmed_and_the_rest_follows(seller, order)
    code = two_packs_are_shipped(seller)
    one_of_them_is_received_damaged(manager, code)
    the_claim_is_settled_by_credit(seller, order)
    the_other_pack_goes_back(manager, seller, between)
    only_restocking_is_owed(manager)
    outsider = sign_in(new_page(), OUTSIDER, "/c/elsewhere-1/today", for_days=True)
    each_side_and_an_outsider_find_only_their_own(outsider, manager, seller)


def an_order_over_the_limit_is_asked_for(manager: Page) -> str:
    """Put three packs into the basket and place them; return the order's number."""
    manager.get_by_role("row", name=BIOTIN_NAME).get_by_role("button", name="Add").click()
    manager.goto("/c/riga/basket")
    packs = manager.get_by_label(f"Packs of {BIOTIN_NAME}", exact=True)
    packs.fill("3")
    packs.press("Enter")
    expect(manager.locator("tfoot")).to_contain_text("€72.00")
    manager.get_by_role("button", name="Ask for approval").click()
    expect(manager.locator(".page-lede")).to_contain_text("Awaiting approval")
    return manager.get_by_role("heading", level=1).inner_text().removeprefix("Order ")


def the_owner_approves_from_the_mail(phone: Page, between: Between) -> None:
    """Approve by the link, without signing in; it decides once."""
    [mail] = between.mails_to(OWNER)
    plain = mail.message.get_body(("plain",))
    assert plain is not None
    found = re.search(r"https?://\S+(/decide/\S+)", plain.get_content())
    assert found is not None, plain.get_content()
    phone.goto(found[1])
    expect(phone.locator(".page-lede")).to_contain_text("asks you to approve an order of €72.00")
    phone.get_by_role("button", name="Approve the order").tap()
    expect(phone.locator("#decided")).to_contain_text("Approved")


def a_part_is_confirmed_and_the_rest_follows(seller: Page, order: str) -> None:
    seller.goto("/s/baltic/orders")
    seller.get_by_role("row", name=order).get_by_role("link").first.click()
    seller.get_by_text("Answer line by line").click()
    answer = seller.get_by_role("group", name=BIOTIN_NAME)
    answer.get_by_label("Packs you send", exact=True).fill("2")
    answer.get_by_label("Follows on", exact=True).fill("2026-12-15")
    seller.get_by_role("button", name="Send this answer").click()
    expect(seller.locator(".page-lede")).to_contain_text("Acknowledged")


def two_packs_are_shipped(seller: Page) -> str:
    """Ship what is confirmed; return the shipment's code."""
    box = seller.locator("#ship")
    for label, value in (("Lot, or a scan", "B-2"), ("Expiry", "2027-06-30"), ("Packs", "2")):
        box.get_by_label(label, exact=True).first.fill(value)
    seller.get_by_role("button", name="Ship", exact=True).click()
    expect(seller.locator("[data-toast]")).to_contain_text("is on its way.")
    return toast(seller).split()[1]


def one_of_them_is_received_damaged(manager: Page, code: str) -> None:
    manager.goto("/c/riga/receive")
    manager.get_by_role("row", name=code).get_by_role("link", name="Receive").click()
    for counted in ("Good", "Damaged"):
        field = manager.get_by_label(f"{counted} packs of {BIOTIN_NAME}, lot B-2", exact=True)
        field.fill("1")
    manager.get_by_role("button", name="Receive", exact=True).click()
    expect(manager.locator("[data-toast] p")).to_have_text(f"Shipment {code} is received.")
    to_come = manager.get_by_role("row", name="Baltic Meso Supplies")
    expect(to_come).to_contain_text("1 pack")
    expect(to_come).to_contain_text("15 Dec")


def the_claim_is_settled_by_credit(seller: Page, order: str) -> None:
    seller.goto("/s/baltic/claims")
    claim = seller.get_by_role("row", name=order)
    expect(claim).to_contain_text("On hold at the clinic")
    claim.get_by_role("link", name=BIOTIN_NAME).click()
    seller.get_by_label(f"Answer to the claim on {BIOTIN_NAME}").select_option("Credit")
    seller.locator("#claims").get_by_role("button", name="Answer", exact=True).click()
    assert toast(seller) == "The claim is answered, and the clinic is told."


def the_other_pack_goes_back(manager: Page, seller: Page, between: Between) -> None:
    manager.goto("/c/riga/orders/1")
    manager.get_by_role("link", name="Return packs").click()
    manager.get_by_label(f"{BIOTIN_NAME}, lot B-2", exact=True).fill("1")
    manager.get_by_label("Why").select_option("Not needed")
    manager.get_by_role("button", name="Ask the supplier").click()
    assert toast(manager) == "Asked for, and the supplier is told."
    seller.goto("/s/baltic/orders")
    seller.locator("#returns").get_by_role("link", name="Answer").click()
    seller.get_by_label("Credit for a pack, net").fill("20")
    seller.get_by_role("button", name="Authorise").click()
    assert toast(seller) == "The return is authorised."
    told = (str(mail.message["Subject"]) for mail in between.mails_to(MANAGER))
    assert [re.sub(r"-[0-9A-Z-]+", "", subject) for subject in told] == [
        "Baltic Meso Supplies answered order PO: 1 product differs",
        "Shipment SH is on its way",
        f"Baltic Meso Supplies settles a claim on order PO: {BIOTIN_NAME}",
        "Return RMA authorised: send it by 29 Jun 2026",
    ]
    manager.goto("/c/riga/orders/1")
    manager.locator("#returns").get_by_role("link", name="Send").click()
    expect(manager.locator("main")).to_contain_text("€4.00 kept for restocking")
    manager.get_by_role("button", name="Send", exact=True).click()
    assert re.fullmatch(r"Return \S+ is sent: the packs have left your stock\.", toast(manager))
    seller.goto("/s/baltic/orders")
    seller.locator("#returns").get_by_role("link", name="Receive").click()
    seller.get_by_role("button", name="Settle").click()
    assert toast(seller) == "The return is settled."


def only_restocking_is_owed(manager: Page) -> None:
    """Of two packs sent one is credited whole, one without what is kept; the third is to come."""
    manager.goto("/c/riga/orders/1")
    foot = manager.locator("tfoot tr").all_inner_texts()
    assert [" ".join(row.split()) for row in foot] == [
        "Ordered €72.00",
        "Credited after claims and returns −€44.00",
        "Owed €28.00",
    ]
    documents = manager.get_by_role("row").filter(has_text="BALTIC-2026-")
    sums = [row.locator("td.num").last.inner_text() for row in documents.all()]
    assert sums == ["€48.00", "−€24.00", "−€20.00"]
    expect(manager.locator("main")).to_contain_text("€4.00 is open, due on 15 Jul 2026.")
    manager.goto("/p/derma/accounts")
    row = manager.get_by_role("row", name="Baltic Meso Supplies")
    expect(row.locator("td.num").last).to_have_text("€4.00")


def each_side_and_an_outsider_find_only_their_own(
    outsider: Page, manager: Page, seller: Page
) -> None:
    """Ask for every address of the way as somebody whom it does not concern."""
    clinic_side = [
        *(f"/c/riga/{page}" for page in ("orders/1", "orders/1/order.pdf", "stock", "receive")),
        *(
            f"/c/riga/{page}"
            for page in ("orders/1/return", "returns/1/send", "returns/1/slip.pdf")
        ),
        "/p/derma/accounts",
        "/p/derma/accounts/baltic/EUR",
    ]
    supplier_side = [
        *(f"/s/baltic/{page}" for page in ("orders", "orders/1", "claims", "invoices")),
        *(f"/s/baltic/{page}" for page in ("returns/1/answer", "returns/1/receive", "accounts")),
    ]
    assert _statuses(manager, clinic_side) == [200] * len(clinic_side)
    assert _statuses(seller, supplier_side) == [200] * len(supplier_side)
    assert _statuses(outsider, clinic_side + supplier_side) == [404] * 16
    assert _statuses(manager, supplier_side) == [404] * len(supplier_side)
    assert _statuses(seller, clinic_side) == [404] * len(clinic_side)


def _statuses(page: Page, places: Sequence[str]) -> list[int]:
    return [page.request.get(place).status for place in places]
