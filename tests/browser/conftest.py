"""Pages of a real Chromium, as wide as a desk's screen or as narrow as a phone's.

Screens do not depend on the database, so these tests run on SQLite unless they say otherwise.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.support.chromium import chromium_arguments, find_chromium
from tests.support.live_server import LiveServer

PageFactory = Callable[..., Page]

TIMEOUT_MILLISECONDS: Final = 10_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the worker."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=chromium_arguments()
        )
        yield chromium
        chromium.close()


@pytest.fixture
def new_page(browser: Browser, live_server: LiveServer) -> Iterator[PageFactory]:
    """Open a page for another person: ``new_page(color_scheme="dark")``, with own cookies.

    Paths are relative to the live server. A script that fails or anything the content security
    policy refuses fails the test at its end.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def note_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    def open_page(width: int = 1280, height: int = 900, **options: Any) -> Page:
        settings: dict[str, Any] = {
            "base_url": live_server.url,
            "viewport": {"width": width, "height": height},
            "locale": "en-GB",
            **options,
        }
        context = browser.new_context(**settings)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MILLISECONDS)
        context.on("console", note_console)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def desktop_page(new_page: PageFactory) -> Page:
    """A page on a desk's screen."""
    return new_page()


@pytest.fixture
def phone_page(new_page: PageFactory) -> Page:
    """A page on a phone, touched with a finger."""
    return new_page(360, 740, has_touch=True, is_mobile=True, device_scale_factor=2)
