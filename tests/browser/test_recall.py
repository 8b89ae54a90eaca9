"""A recall in two browsers: from the supplier to the last patient reference and the last vial."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from supply.db import transaction
from supply.treatments.recording import record_session
from supply.treatments.session_lines import SessionRequest
from tests.browser.conftest import PageFactory
from tests.browser.people import MANAGER, go, sign_in, toast
from tests.factories import (
    BIOTIN,
    FORMULATION,
    NEEDLE,
    NOW,
    VIAL,
    make_formulation,
    make_world,
    stock,
)
from tests.support.live_server import LiveServer
from tests.support.time import Clock

ADMIN = "admin@example.net"


@pytest.fixture
def treated(live_server: LiveServer, now: Clock) -> None:
    """A patient who got some of a lot of biotin, of which more is in the cupboard."""
    with live_server.app.app_context():
        world = make_world()
        make_formulation(world, [(BIOTIN, "3"), (VIAL, "2"), (NEEDLE, "1")])
        for sku, quantity, lot in ((BIOTIN, "20", "BX-1"), (VIAL, "40", "V1"), (NEEDLE, "9", "N1")):
            stock(world, sku, quantity, lot=lot)
        with transaction():
            record_session(
                world.clinic,
                SessionRequest(FORMULATION, "P-77", occurred_at=NOW - dt.timedelta(hours=1)),
                actor=world.actor(world.practitioner),
                now=NOW,
            )


def test_a_recall_from_the_supplier_to_the_last_patient_reference(
    treated: None, new_page: PageFactory, phone_page: Page
) -> None:
    supplier = sign_in(new_page(), ADMIN, "/s/baltic/orders")
    the_supplier_looks_and_declares(supplier)
    clinic = sign_in(phone_page, MANAGER, "/c/riga/today")
    the_clinic_answers(clinic)
    expect(clinic.get_by_role("link", name="P-77")).to_be_visible()
    supplier.reload()
    expect(supplier.get_by_text("Found and set apart")).to_be_visible()
    assert "P-77" not in supplier.content()
    all_of_it_is_returned(clinic)
    supplier.reload()
    expect(supplier.get_by_text("All accounted for")).to_be_visible()
    expect(supplier.get_by_role("button", name="Remind")).to_have_count(0)


def the_supplier_looks_and_declares(page: Page) -> None:
    """Name the lot in small letters, look, and declare what was looked at."""
    go(page, "Recalls")
    page.get_by_role("link", name="Declare a recall").click()
    page.get_by_label("Products", exact=True).fill(BIOTIN)
    page.get_by_label("Lots").fill("bx-1")
    page.get_by_label("Class I:").check()
    page.get_by_label("Reason").fill("Not sterile")
    page.get_by_label("What to do").fill("Set it apart and return it")
    page.get_by_role("button", name="Look what it reaches").click()
    expect(page.get_by_text("1 practice is reached.")).to_be_visible()
    page.get_by_role("button", name="Declare the recall").click()
    expect(page.get_by_text("0 of 1 practices answered")).to_be_visible()


def the_clinic_answers(page: Page) -> None:
    """See it first on Today, in words, and answer it."""
    first = page.locator("#recalls")
    expect(first).to_contain_text("Class I, lot BX-1. It is on hold: do not use it, and answer.")
    first.get_by_role("link", name="Answer").click()
    page.get_by_label("Found and set apart").check()
    page.get_by_role("button", name="Answer", exact=True).click()
    assert toast(page) == "Answered. The supplier sees it."


def all_of_it_is_returned(page: Page) -> None:
    """Return what lies in the cupboard, all of it as the page offers."""
    page.get_by_role("radio", name="Returned").check()
    page.get_by_role("button", name="Account for it").click()
    assert toast(page) == "Accounted for."
    expect(
        page.get_by_text("Everybody has answered, and all of it is accounted for.")
    ).to_be_visible()
