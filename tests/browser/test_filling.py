"""From a list in a chat to an order that makes itself: on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import MANAGER, sign_in
from tests.factories import BIOTIN, NEEDLE
from tests.support.pages import assert_accessible, assert_no_sideways_scroll

LIST = f"[12:03, 26.11.2026] Mia: 5 x {BIOTIN}\n{NEEDLE}\t2\n3 unicorns\n"


def check(page: Page) -> None:
    """Hold a page against what every page has to get right."""
    assert_no_sideways_scroll(page)
    assert_accessible(page)


@pytest.mark.usefixtures("small_world")
def test_a_pasted_list_becomes_a_template_and_a_standing_order(phone_page: Page) -> None:
    page = phone_page
    sign_in(page, MANAGER, "/c/riga/basket/fill")
    check(page)
    page.get_by_label("List", exact=True).fill(LIST)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("Line 3: 3 unicorns")).to_be_visible()
    expect(page.get_by_label("Packs for line 1", exact=True)).to_have_value("5")
    check(page)

    page.get_by_role("button", name="Put into the basket").click()
    expect(page.locator("[data-toast] p")).to_contain_text("2 products are in the basket")
    check(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="The basket is empty")).to_be_visible()
    page.go_back()

    page.goto("/c/riga/basket/fill")
    page.get_by_label("List", exact=True).fill(LIST)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name="Put into the basket").click()
    page.goto("/c/riga/templates")
    page.get_by_label("Name", exact=True).fill("Mondays")
    page.get_by_role("button", name="Keep 2 products").click()
    expect(page.get_by_role("heading", name="Mondays")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Order it by itself").click()
    check(page)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Every week on Monday")).to_be_visible()
    check(page)
