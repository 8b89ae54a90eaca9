"""The people of the small world at their browsers."""

from __future__ import annotations

import re
from typing import Final

from playwright.sync_api import Page

from tests.factories import PASSWORD

MANAGER: Final = "manager@example.org"
PRACTITIONER: Final = "practitioner@example.org"
FULFILLER: Final = "fulfiller@example.net"


def sign_in(
    page: Page, email: str, place: str, password: str = PASSWORD, *, for_days: bool = False
) -> Page:
    """Ask for the address ``place``, sign in where that leads, and return the page, now there.

    ``for_days`` keeps the person signed in while the clock is moved on by days.
    """
    page.goto(place)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Keep me signed in on this device").set_checked(for_days)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"**{place}")
    return page


def go(page: Page, name: str) -> None:
    """Follow a line of the menu, whatever waits behind it, and wait for its page."""
    line = re.compile(rf"^{re.escape(name)}(\W+\d+.*)?$")
    menu = page.get_by_role("navigation", name="Main", exact=True)
    menu.get_by_role("link", name=line).click()


def toast(page: Page) -> str:
    """Return what the page says was done."""
    return page.locator("[data-toast] p").inner_text()
