"""Pages of a real Chromium, as wide as a desk's screen or as narrow as a phone's.

Screens do not depend on the database, so these tests run on SQLite unless they say otherwise.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from supply import clock
from tests.browser.contexts import PHONE, open_context
from tests.factories import BIOTIN, NEEDLE, NOW, VIAL, make_formulation, make_world
from tests.support.chromium import chromium_arguments, find_chromium
from tests.support.live_server import LiveServer
from tests.support.time import Clock

PageFactory = Callable[..., Page]


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

    def open_page(**options: object) -> Page:
        context = open_context(browser, live_server.url, faults, **options)
        contexts.append(context)
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
    return new_page(**PHONE)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock the served application reads; it stands still until moved."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


@pytest.fixture
def small_world(live_server: LiveServer, now: Clock) -> None:
    """The small world, served, with a formulation of biotin, lidocaine and a needle."""
    with live_server.app.app_context():
        world = make_world()
        make_formulation(world, [(BIOTIN, "3"), (VIAL, "2"), (NEEDLE, "1")])
