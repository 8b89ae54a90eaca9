"""What every page has to get right, checked in a real browser."""

from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SCROLLED_WIDTH: Final = "[document.documentElement.scrollWidth, window.innerWidth]"


def assert_accessible(page: Page) -> None:
    """Check the page with axe; the failure names each rule and the elements that break it."""
    violations = Axe().run(page).response["violations"]
    found = [
        f"{violation['id']}: {node['target']} {node['html'][:160]}"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert found == [], f"{page.url} is hard to use for some people"


def assert_no_sideways_scroll(page: Page) -> None:
    """Check that the page is no wider than its window."""
    content, window = page.evaluate(SCROLLED_WIDTH)
    assert content <= window, f"{page.url} is {content} px wide in a window of {window} px"
