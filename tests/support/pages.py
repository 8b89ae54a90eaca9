"""What every page has to get right, checked in a real browser."""

from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

CONTENT_WIDTH: Final = "document.documentElement.scrollWidth"


def assert_accessible(page: Page) -> None:
    """Check the page with axe; the failure names each rule and the elements that break it."""
    violations = Axe().run(page).response["violations"]
    found = [
        f"{violation['id']}: {node['target']} {node['html'][:160]}"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert not found, "\n".join([f"{page.url} is hard to use for some people:", *found])


def assert_no_sideways_scroll(page: Page) -> None:
    """Check that the page is no wider than its window.

    A phone zooms out when a page is too wide, and then calls its window wider: so the width the
    page was opened with counts.
    """
    assert page.viewport_size is not None
    window = page.viewport_size["width"]
    content = page.evaluate(CONTENT_WIDTH)
    assert content <= window, f"{page.url} is {content} px wide in a window of {window} px"


_LABELS_ALONE = """() => [...document.querySelectorAll('td[data-label]')]
    .filter((cell) => cell.checkVisibility() && !cell.innerText.trim())
    .filter((cell) => !cell.querySelector('img, svg, input, select, textarea, button'))
    .map((cell) => cell.dataset.label)"""


def assert_labels_have_values(page: Page) -> None:
    """Hold that no cell of a table shows its label on a phone with nothing behind it.

    A cell with nothing in it vanishes there; one with a blank in it does not.
    """
    assert page.evaluate(_LABELS_ALONE) == []
