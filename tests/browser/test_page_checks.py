"""The checks made on every page do find what they look for."""

import pytest
from playwright.sync_api import Page

from tests.support.pages import assert_accessible, assert_no_sideways_scroll

GOOD = """<!doctype html><html lang="en"><title>Good</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<main><h1>Good</h1><p>Nothing to see.</p></main></html>"""
UNNAMED_FIELD = GOOD.replace("<p>", "<input type='text'><p>")
TOO_WIDE = GOOD.replace("<p>", "<p style='width: 400px'>")


def test_a_good_page_passes(phone_page: Page) -> None:
    phone_page.set_content(GOOD)
    assert_accessible(phone_page)
    assert_no_sideways_scroll(phone_page)


def test_a_field_without_a_name_is_found(desktop_page: Page) -> None:
    desktop_page.set_content(UNNAMED_FIELD)
    with pytest.raises(AssertionError, match="label: "):
        assert_accessible(desktop_page)


def test_a_page_wider_than_a_phone_is_found(phone_page: Page) -> None:
    phone_page.set_content(TOO_WIDE)
    with pytest.raises(AssertionError, match="in a window of"):
        assert_no_sideways_scroll(phone_page)
