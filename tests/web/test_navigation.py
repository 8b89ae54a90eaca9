"""The menu: what each role may use, where one is, and what waits."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.db import db
from tests.alerts.raised import raise_alert
from tests.factories import BIOTIN, NOW, World, item, make_world, stock
from tests.support.people import AsPerson
from tests.support.queries import recorded_statements

EVERYTHING = [
    *("Today", "Alerts", "Stock", "Counts", "Temperatures", "Use", "Diary", "Sessions"),
    *(
        "Formulations",
        "What to order",
        "Orders",
        "Receive",
        "Transfers",
        "Catalogue",
        "Accounts",
        "Trace",
        "Recalls",
        "Adverse events",
        "Settings",
        "Mailbox",
    ),
]
SEEN = {
    "owner": EVERYTHING,
    "manager": [label for label in EVERYTHING if label != "Use"],
    "practitioner": [
        *("Today", "Alerts", "Stock", "Counts", "Temperatures", "Use", "Diary", "Sessions"),
        *("Formulations", "Orders", "Catalogue", "Accounts", "Trace", "Recalls", "Adverse events"),
    ],
    "viewer": [
        *("Today", "Alerts", "Stock", "Counts", "Temperatures", "Diary", "Sessions"),
        *("Formulations", "Orders", "Catalogue", "Accounts", "Trace", "Recalls"),
    ],
}
"""The lines of each role: what only ends in a refusal is not there."""

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A practice and its cast, at :data:`tests.factories.NOW`."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


def menu(client: FlaskClient, path: str, label: str = "Main") -> str:
    """Return the HTML of the menu of a page."""
    page = client.get(path).get_data(as_text=True)
    found = re.search(rf'<nav[^>]*aria-label="{label}">(.*?)</nav>', page, re.DOTALL)
    assert found, path
    return found[1]


def words(html: str) -> str:
    """Return the words of some HTML, spaces as one."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def lines(html: str) -> list[str]:
    """Return the words of a menu's links."""
    return [words(line) for line in re.findall(r"<a [^>]*>(.*?)</a>", html, re.DOTALL)]


@on_sqlite
@pytest.mark.parametrize("role", SEEN)
def test_a_role_sees_what_it_may_use(world: World, as_person: AsPerson, role: str) -> None:
    client = as_person(getattr(world, role))
    html = menu(client, "/c/riga/today")

    assert lines(html) == SEEN[role]
    for address in re.findall(r'href="([^"]+)"', html):
        assert client.get(address).status_code == 200, address


@on_sqlite
def test_a_phone_has_five_tabs_and_their_pages_one_tap_further(
    world: World, as_person: AsPerson
) -> None:
    html = menu(as_person(world.owner), "/c/riga/today", "Main, at the bottom")
    summaries = re.findall(r"<summary[^>]*>(.*?)</summary>", html, re.DOTALL)
    tabs = re.findall(r'<(?:a|summary) class="tab"', html)

    assert len(tabs) == 5
    assert [words(summary) for summary in summaries] == ["Treatments", "Buying", "More"]
    assert [line for line in lines(html) if line in EVERYTHING] == [
        *("Today", "Stock", "Use", "Diary", "Sessions", "Formulations", "What to order"),
        *("Orders", "Receive", "Transfers", "Catalogue", "Accounts", "Alerts"),
        *("Counts", "Temperatures"),
        *("Trace", "Recalls", "Adverse events", "Settings", "Mailbox"),
    ]


@on_sqlite
@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/c/riga/today", "Today"),
        ("/c/riga/stock/opening", "Stock"),
        ("/c/riga/protocols", "Formulations"),
        ("/c/riga/courses/new", "Diary"),
        ("/c/riga/basket", "What to order"),
        ("/c/riga/receive/goods", "Receive"),
        ("/c/riga/policies", "Settings"),
        ("/c/riga/locations", "Settings"),
        ("/c/riga/items", "Settings"),
        ("/c/riga/items/1", "Stock"),
        ("/p/derma/settings/people", "Settings"),
    ],
)
def test_the_menu_says_where_one_is(
    world: World, as_person: AsPerson, path: str, line: str
) -> None:
    stock(world, BIOTIN, "1", lot="B-1")
    html = menu(as_person(world.owner), path)

    current = re.findall(r'<a [^>]*aria-current="page"[^>]*>(.*?)</a>', html, re.DOTALL)
    assert [words(one) for one in current] == [line]


@on_sqlite
def test_a_letter_leads_to_one_page(world: World, as_person: AsPerson) -> None:
    letters = re.findall(r'data-shortcut="(.)"', menu(as_person(world.owner), "/c/riga/today"))

    assert len(letters) == len(EVERYTHING)
    assert len(set(letters)) == len(letters)


def test_what_waits_is_counted_in_one_statement(world: World, as_person: AsPerson) -> None:
    client = as_person(world.owner)
    menu(client, "/c/riga/trace")
    with recorded_statements(db.engine) as before:
        assert "Alerts" in lines(menu(client, "/c/riga/trace"))
    stock(world, BIOTIN, "1", lot="B-1")
    for number in range(3):
        raise_alert(world.clinic, item(world, BIOTIN), f"item:{number}")
    raise_alert(world.sister, item(world, BIOTIN), "item:elsewhere")

    with recorded_statements(db.engine) as after:
        assert "Alerts , 3 waiting" in lines(menu(client, "/c/riga/trace"))
    assert len(after) == len(before)
    assert sum("FROM alert" in statement for statement in after) == 1
