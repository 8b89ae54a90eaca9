"""The small scripts of every page: scanner, steppers, double clicks, keys."""

from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route

from supply.config import ROOT
from tests.browser.scanner import ALT_029, F8, GERMAN_BRACKET, GS, Key, type_quickly

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
<form method="post" action="/counted"><input id="box" name="scan" hidden data-scan-submit>
<button name="do" value="read">Read</button><button name="do" value="take">Take</button></form>
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
    "code",
    [
        SCANNED,
        f"]d2{SCANNED}",
        "(01)04012345678901(10)L",
        "4006381333931",
        "https://id.gs1.org/01/04012345678901/10/L?17=270531",
    ],
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


def test_a_number_stays_where_no_field_takes_the_scan(page: Page) -> None:
    page.evaluate("document.querySelector('#search').removeAttribute('data-scan-target')")
    before = page.input_value("#count")
    page.focus("#count")
    assert type_quickly(page, SCANNED)[-1], "its Enter would send the form"
    assert page.input_value("#count") == before
    assert not type_quickly(page, "123456")[-1], "six digits may be filled in by a program"
    words = "document.querySelector('#form').insertAdjacentHTML('afterbegin', '<input id=words>')"
    page.evaluate(words)
    page.focus("#words")
    assert type_quickly(page, SCANNED)[-1], "half a form would be sent"
    assert page.input_value("#words") == SCANNED
    page.focus("#why")
    assert not type_quickly(page, SCANNED)[-1], "a line each"


def test_a_field_that_takes_codes_keeps_them_whole_while_it_is_empty(page: Page) -> None:
    page.focus("#lot")
    type_quickly(page, SCANNED)
    assert (page.input_value("#lot"), page.input_value("#search")) == ("old", SCANNED)
    page.fill("#search", "")
    page.fill("#lot", "")
    page.focus("#lot")
    with page.expect_request("**/read"):
        type_quickly(page, SCANNED, suffix="")
    assert page.input_value("#search") == ""


def test_a_scanner_that_falters_is_one_scan(page: Page) -> None:
    page.focus("#search")
    type_quickly(page, SCANNED, late=[1, 2, 20])
    assert page.input_value("#search") == SCANNED


def test_a_scan_outside_any_field_is_whole_though_its_first_keys_were_late(page: Page) -> None:
    type_quickly(page, SCANNED, late=[1, 2, 3])
    assert page.input_value("#search") == SCANNED


@pytest.mark.parametrize("separator", [F8, GERMAN_BRACKET, ALT_029], ids=["f8", "german", "alt"])
@pytest.mark.parametrize("field", ["#search", "#why", None])
def test_the_separator_is_kept_however_a_scanner_sends_it(
    page: Page, field: str | None, separator: Sequence[Key]
) -> None:
    if field:
        page.focus(field)
    type_quickly(page, SCANNED, separator=separator)
    assert page.input_value("#search") == SCANNED
    assert page.input_value("#why") == "my reason"


def test_keys_that_type_nothing_part_no_scan(page: Page) -> None:
    caps, alt_gr = {"key": "CapsLock"}, {"key": "AltGraph"}
    bracket: Key = {"key": "]", "ctrlKey": True, "altKey": True}
    type_quickly(page, f"{GS}d2{SCANNED[:21]}", separator=[caps, alt_gr, bracket, caps])
    assert page.input_value("#search") == f"]d2{SCANNED[:21]}"


@pytest.mark.parametrize("field", ["#search", "#why", "#count", "#choice", None])
def test_a_scanner_that_sends_no_enter_is_read_after_its_pause(
    page: Page, field: str | None
) -> None:
    if field:
        page.focus(field)
    before = page.input_value("#count")
    page.evaluate("document.querySelector('#search').addEventListener('scan', () => said = 1)")
    type_quickly(page, SCANNED, suffix="")
    page.wait_for_function("globalThis.said === 1")
    assert page.input_value("#search") == SCANNED
    assert page.input_value("#count") == before
    assert page.input_value("#why") == "my reason"


def test_an_enter_that_ends_a_scan_presses_no_button(page: Page) -> None:
    page.evaluate("document.querySelector('#search').remove()")
    page.focus("#send")
    taken = type_quickly(page, "PAT 20417")
    assert [key for key, was in zip("PAT 20417⏎", taken, strict=True) if was] == [" ", "⏎"]
    assert type_quickly(page, "1") == [False, False]


def test_a_scan_sends_its_form_without_pressing_a_button(page: Page) -> None:
    page.evaluate(
        """() => {
          document.querySelector("#search").remove();
          const box = document.querySelector("#box");
          box.hidden = false;
          box.setAttribute("data-scan-target", "");
        }"""
    )
    with page.expect_request("**/counted") as sent:
        type_quickly(page, SCANNED)
    assert sent.value.post_data == f"scan={quote(SCANNED)}"


def test_words_typed_by_hand_are_no_scan(page: Page) -> None:
    page.focus("#count")
    type_quickly(page, "123456", late=range(7))
    assert page.input_value("#search") == ""
    assert page.input_value("#count") == "1234562"


def test_a_key_held_down_is_no_scan(page: Page) -> None:
    page.focus("#count")
    held: Key = {"key": "1", "repeat": True}
    assert not any(type_quickly(page, f"1{GS * 9}", separator=[held]))
    assert page.input_value("#search") == ""
    assert page.input_value("#count") == f"{'1' * 10}2"


def test_enlarging_the_page_by_its_keys_is_no_separator(page: Page) -> None:
    page.focus("#why")
    assert type_quickly(page, GS, separator=GERMAN_BRACKET, suffix="") == [False]
    assert page.input_value("#why") == "my reason"


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
