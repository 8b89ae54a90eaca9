"""A practice with one owner and nothing else comes to its first session and order by clicks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from supply.accounts import services as accounts
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.db import transaction
from supply.jobs.scheduler import declared_jobs
from tests.browser.conftest import PageFactory
from tests.browser.contexts import PHONE
from tests.factories import NOW, PASSWORD
from tests.support.live_server import LiveServer
from tests.support.pages import assert_accessible, assert_no_sideways_scroll
from tests.support.time import Clock

OWNER: Final = "olga@nova.example"
STEPS: Final = (
    "Clinic",
    "People",
    "Supplier and catalogue",
    "Stock",
    "Reorder points",
    "Formulation",
)
PICTURES: Final = os.environ.get("PICTURES")
"""A folder to keep a picture of each page in, to look at; none in a test run."""


@pytest.fixture
def nova(live_server: LiveServer, now: Clock) -> LiveServer:
    """What `supply create practice` and `create person` make, and nothing else."""
    with live_server.app.app_context(), transaction():
        practice = accounts.create_practice(name="Nova Skin", code="nova", actor=SYSTEM, now=NOW)
        accounts.create_person(
            email=OWNER, name="Olga", role=Role.OWNER, practice=practice,
            password=PASSWORD, actor=SYSTEM, now=NOW,
        )  # fmt: skip
    return live_server


def looked_at(page: Page, name: str) -> None:
    """Hold what every page has to get right, where the walk passes it."""
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    if PICTURES:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(PICTURES) / f"{width}-{name}.png", full_page=True)


def save(page: Page) -> None:
    """Press the form's Save."""
    page.get_by_role("button", name="Save", exact=True).click()


def step(page: Page, name: str) -> None:
    """Go to the first steps and take one."""
    page.goto("/p/nova/start")
    page.locator("#first-steps").get_by_role("link", name=name, exact=True).click()


def done(page: Page) -> list[str]:
    """Return the steps that are done, by the page of first steps."""
    page.goto("/p/nova/start")
    rows = page.locator("#first-steps li").filter(has_text="Done")
    return [text.split("\n")[0].removesuffix("Done").strip() for text in rows.all_inner_texts()]


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_the_first_day(
    new_page: PageFactory, nova: LiveServer, now: Clock, screen: dict[str, object]
) -> None:
    page = new_page(**screen)
    page.goto("/")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="First steps").first).to_be_visible()
    looked_at(page, "01-start")
    assert done(page) == []

    a_clinic(page)
    a_colleague(page)
    a_supplier_and_a_product(page)
    stock_and_a_reorder_point(page, now)
    a_formulation_and_a_protocol(page)
    a_session(page, now)
    an_alert_and_an_order(page, nova, now)


def a_clinic(page: Page) -> None:
    step(page, "Clinic")
    page.get_by_label("Name").fill("Nova Centre")
    page.get_by_label("Code").fill("nova-1")
    page.get_by_label("Time zone").fill("Europe/Riga")
    looked_at(page, "02-clinic")
    save(page)
    expect(page.locator("[data-toast]")).to_contain_text("The clinic is open.")
    page.goto("/")
    expect(page.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    looked_at(page, "03-today")
    assert done(page) == ["Clinic"]


def a_colleague(page: Page) -> None:
    step(page, "People")
    page.get_by_label("Name").fill("Max")
    page.get_by_label("E-mail").fill("max@nova.example")
    page.get_by_label("Stock manager").check()
    looked_at(page, "04-people")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("[data-toast]")).to_contain_text("Max is invited.")


def a_supplier_and_a_product(page: Page) -> None:
    step(page, "Supplier and catalogue")
    looked_at(page, "05-suppliers")
    page.get_by_role("link", name="Add a supplier").first.click()
    page.get_by_label("Name").fill("Rīgas Farma")
    page.get_by_label("E-mail for orders").fill("orders@farma.example")
    looked_at(page, "06-supplier")
    save(page)
    looked_at(page, "07-products")
    page.get_by_role("link", name="Add a product").first.click()
    page.get_by_label("Name").fill("Saline 0.9%, ampoule")
    page.get_by_label("SKU").fill("NACL-10")
    page.get_by_label("Category").select_option(label="Diluents")
    page.get_by_label("Comes in").select_option(label="Ampoules")
    page.get_by_label("Measured in").select_option(label="Millilitres (ml)")
    page.get_by_label("Containers in a pack").fill("10")
    page.get_by_label("Content of a container").fill("5,0")
    page.get_by_label("Kept at").select_option(label="15 to 25 °C")
    save(page)
    expect(page.locator("[data-toast]")).to_contain_text(
        "Saline 0.9%, ampoule is in the catalogue."
    )
    page.get_by_role("link", name="Change what it is").click()
    looked_at(page, "08-product")
    page.go_back()
    expect(page.get_by_role("main")).to_contain_text("There is no price: clinics cannot order it.")
    page.get_by_role("main").get_by_role("link", name="Prices").click()
    page.get_by_label("Pack price").fill("12,50")
    page.get_by_role("button", name="Add the price").click()
    expect(page.locator("[data-toast]")).to_contain_text("The price is on file.")
    looked_at(page, "09-price")
    assert done(page) == ["Clinic", "People", "Supplier and catalogue"]


def stock_and_a_reorder_point(page: Page, now: Clock) -> None:
    step(page, "Stock")
    looked_at(page, "10-stock")
    page.get_by_role("link", name="One lot by hand").click()
    page.get_by_label("Item").fill("NACL-10")
    page.get_by_label("Lot number").fill("L-1")
    page.get_by_label("Expiry date").fill("2027-05-31")
    page.get_by_label("Sealed containers", exact=True).fill("12")
    looked_at(page, "11-lot")
    page.get_by_role("button", name="Add to stock").click()
    expect(page.locator("[data-toast]")).to_contain_text("Lot L-1 is taken in.")
    looked_at(page, "12-item")
    now.forward(minutes=5)
    step(page, "Reorder points")
    page.get_by_label("Reorder point of Saline").fill("55")
    page.get_by_label("Par level of Saline").fill("100")
    looked_at(page, "13-reorder")
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("[data-toast]")).to_be_visible()


def a_formulation_and_a_protocol(page: Page) -> None:
    step(page, "Formulation")
    page.get_by_label("Name").fill("Hydration, face")
    page.get_by_label("Add by ingredient, concern or product").fill("saline")
    page.get_by_label("Add by ingredient, concern or product").press("Enter")
    page.get_by_role("button", name="Saline").click()
    page.get_by_role("textbox", name="Quantity of Saline").fill("5")
    looked_at(page, "14-formulation")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.locator("[data-toast]")).to_contain_text("The formulation is saved.")
    page.get_by_role("link", name="New protocol").click()
    page.get_by_label("Name").fill("Hydration course")
    page.get_by_label("Code").fill("HYDRA-3")
    page.get_by_label("Session days").fill("0 14 28")
    looked_at(page, "15-protocol")
    save(page)
    expect(page.locator("[data-toast]")).to_contain_text("The protocol is saved.")
    looked_at(page, "16-protocol-saved")
    assert done(page) == list(STEPS)
    page.goto("/c/nova-1/today")
    expect(page.locator("#first-steps")).to_have_count(0)


def a_session(page: Page, now: Clock) -> None:
    now.forward(minutes=5)
    page.goto("/c/nova-1/use")
    page.get_by_role("link", name="Hydration, face").first.click()
    page.get_by_label("Patient reference").fill("P-1")
    looked_at(page, "17-record")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("[data-toast]").first).to_contain_text("Recorded")


def an_alert_and_an_order(page: Page, nova: LiveServer, now: Clock) -> None:
    now.forward(minutes=1)
    with nova.app.app_context():
        jobs = {declared.name: declared.work for declared in declared_jobs(nova.app)}
        jobs["changes"](now.now)
    page.goto("/c/nova-1/today")
    looked_at(page, "18-today")
    page.get_by_role("button", name="Add 5 packs, Saline").or_(
        page.get_by_role("button", name="Add")
    ).first.click()
    page.goto("/c/nova-1/basket")
    looked_at(page, "19-basket")
    page.get_by_role("button", name="Place").first.click()
    expect(page.locator("[data-toast]").first).to_be_visible()
    looked_at(page, "20-order")
    page.goto("/c/nova-1/alerts")
    expect(page.get_by_role("listitem").filter(has_text="Saline")).to_have_count(1)
    looked_at(page, "21-alerts")
