"""The small scripts of every page: scanner, steppers, double clicks, keys."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from supply.config import ROOT
from tests.browser.scanner import GS, type_quickly

SCANNED: Final = f"010401234567890110LOT{GS}21X"

PAGE: Final = """<!doctype html><html lang="en"><title>Scripts</title><main>
<a href="/elsewhere" data-shortcut="s">Stock</a>
<input id="search" data-search data-scan-target><textarea id="why">my reason</textarea>
<input id="patient" value="P-1"><input id="count" inputmode="numeric" value="2">
<select id="choice"><option>0</option><option>P</option></select>
<form method="post" action="/read">
<input id="lot" data-scan-here value="old"><button>Read</button></form>
<div data-stepper data-step="0.1"><input id="step" value="0.2" data-minimum="0.1">
<button type="button" id="less" data-step-by="-1">Less</button>
<button type="button" id="more" data-step-by="1">More</button></div>
<form method="post" action="/sent" id="form"><button id="send">Send</button></form>
<table class="table"><tr><td><a class="row-link" id="row-1" href="/1">One</a></td></tr>
<tr><td><a class="row-link" id="row-2" href="/2">Two</a></td></tr></table>
<dialog data-help-dialog><p>Keys</p></dialog></main>
<script type="module" src="/static/app/app.js"></script></html>"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The page above with the scripts as they lie in the checkout; the app takes no part."""
    context = browser.new_context()
    context.route("**/*", _serve)
    page = context.new_page()
    page.goto("http://page.test/", wait_until="networkidle")
    yield page
    context.close()


def _serve(route: Route) -> None:
    path = urlsplit(route.request.url).path
    if path.startswith("/static/"):
        route.fulfill(path=ROOT / path.removeprefix("/"))
    else:
        route.fulfill(body=PAGE, content_type="text/html")


def test_a_scan_lands_in_its_field_and_leaves_what_was_typed(page: Page) -> None:
    page.focus("#why")
    type_quickly(page, SCANNED)
    assert page.input_value("#search") == SCANNED
    assert page.input_value("#why") == "my reason"


def test_a_scan_into_its_own_field_keeps_the_separator(page: Page) -> None:
    page.focus("#search")
    type_quickly(page, SCANNED)
    assert page.input_value("#search") == SCANNED


def test_what_is_no_products_code_stays_where_the_cursor_is(page: Page) -> None:
    page.fill("#patient", "")
    page.focus("#patient")
    type_quickly(page, "PAT-20417")
    assert page.input_value("#patient") == "PAT-20417"
    assert page.input_value("#search") == ""


@pytest.mark.parametrize(
    "code", [SCANNED, f"]d2{SCANNED}", "(01)04012345678901(10)L", "4006381333931"]
)
def test_a_products_code_is_taken_out_of_a_field_for_words(page: Page, code: str) -> None:
    page.focus("#patient")
    type_quickly(page, code)
    assert page.input_value("#patient") == "P-1"
    assert page.input_value("#search") == code


@pytest.mark.parametrize("field", ["#count", "#choice"])
def test_a_field_for_numbers_takes_no_scan(page: Page, field: str) -> None:
    before = page.input_value(field)
    page.focus(field)
    type_quickly(page, "PAT-20417")
    assert page.input_value(field) == before
    assert page.input_value("#search") == "PAT-20417"


def test_a_field_that_takes_codes_keeps_them_whole(page: Page) -> None:
    page.focus("#lot")
    type_quickly(page, SCANNED)
    assert page.input_value("#lot") == SCANNED
    assert page.input_value("#search") == ""


def test_a_scanner_that_falters_is_one_scan(page: Page) -> None:
    page.focus("#search")
    type_quickly(page, SCANNED, falter_at=20)
    assert page.input_value("#search") == SCANNED


def test_steps_are_exact_and_stop_at_the_least(page: Page) -> None:
    page.click("#more")
    assert page.input_value("#step") == "0.3"
    for _ in range(5):
        page.click("#less")
    assert page.input_value("#step") == "0.1"


def test_a_double_click_sends_once(page: Page) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.evaluate(
        "() => { const button = document.querySelector('#send'); button.click(); button.click(); }"
    )
    page.wait_for_url("**/sent")
    assert sent.count("POST") == 1


def test_keys_go_to_the_search_through_rows_and_to_the_help(page: Page) -> None:
    page.keyboard.press("/", delay=50)
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "row-2"
    page.wait_for_timeout(50)
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1


def test_g_and_a_letter_go(page: Page) -> None:
    page.keyboard.press("g")
    page.wait_for_timeout(50)
    page.keyboard.press("s")
    page.wait_for_url("**/elsewhere")
