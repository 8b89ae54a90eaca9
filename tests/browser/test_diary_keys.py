"""A session is moved to another day of the week by keys and by dragging: one form, sent once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from supply.config import ROOT

DAYS: Final = ("2026-06-15", "2026-06-16", "2026-06-17")
PAGE: Final = """<!doctype html><html lang="en"><title>Diary</title>
<style>ol {{ display: flex }} ol > li {{ inline-size: 200px; block-size: 300px }}</style><main>
<ol class="diary-week" data-diary>{days}</ol>
<form method="post" data-move-form hidden><input name="planned_on"></form>
<p data-move-said data-begin="Moving {{name}}" data-ended="Not moved."></p></main>
<a href="/elsewhere" data-shortcut="m">Mailbox</a>
<script type="module" src="/static/app/app.js"></script>
<script type="module" src="/static/diary/diary.js"></script></html>"""
DAY: Final = '<li data-day="{day}" data-name="{day}"><ul>{visit}</ul></li>'
VISIT: Final = """<li data-visit="1" data-move="/move/1" data-name="P-1">
<a id="session-1" href="/1">P-1</a></li>"""


@pytest.fixture
def sent() -> list[tuple[str, str]]:
    """What was posted: (path, day)."""
    return []


@pytest.fixture
def page(browser: Browser, sent: list[tuple[str, str]]) -> Iterator[Page]:
    """A week whose session is on the second day, opened where that session is named."""
    shown = PAGE.format(
        days="".join(DAY.format(day=day, visit=VISIT if day == DAYS[1] else "") for day in DAYS)
    )

    def serve(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if route.request.method == "POST":
            sent.append((path, parse_qs(route.request.post_data or "")["planned_on"][0]))
        if path.startswith("/static/"):
            route.fulfill(path=ROOT / path.removeprefix("/"))
        else:
            route.fulfill(body=shown, content_type="text/html")

    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.route("**/*", serve)
    page = context.new_page()
    page.goto("http://page.test/diary#session-1", wait_until="networkidle")
    yield page
    context.close()


def press(page: Page, *keys: str) -> None:
    """Press keys as slowly as a quick hand: a scanner's move nothing."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(45)


def test_by_keys(page: Page, sent: list[tuple[str, str]]) -> None:
    assert page.evaluate("document.activeElement.id") == "session-1"
    press(page, "m", "ArrowLeft", "ArrowLeft", "Escape")
    assert page.text_content("[data-move-said]") == "Not moved."
    press(page, "m", "Enter", "m", "ArrowRight", "x", "ArrowRight")
    assert sent == []
    page.keyboard.type("m1234", delay=1)
    press(page, "Escape", "m")
    assert page.text_content("[data-move-said]") == "Moving P-1"
    press(page, "ArrowRight")
    assert page.text_content("[data-move-said]") == DAYS[2]
    with page.expect_navigation():
        press(page, "Enter")
    assert sent == [("/move/1", DAYS[2])]


def test_by_dragging(page: Page, sent: list[tuple[str, str]]) -> None:
    with page.expect_navigation():
        page.locator("[data-visit]").drag_to(page.locator(f'[data-day="{DAYS[0]}"]'))
    assert sent == [("/move/1", DAYS[0])]


def test_another_shortcut_that_ends_in_m_goes_where_it_goes(page: Page) -> None:
    with page.expect_navigation():
        press(page, "g", "m")
    assert page.url == "http://page.test/elsewhere"
