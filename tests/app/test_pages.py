"""Whole-app: each page has one title, one h1, no id twice, and says where its forms go."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.support.cast import Cast
from tests.support.people import sign_in

PLACES = {"clinic_code": "a1", "practice_code": "alba", "supplier_code": "acme"}


class Page(HTMLParser):
    """Counts what a page has."""

    def __init__(self, text: str) -> None:
        """Read ``text``."""
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count one tag, its id, and what the content security policy would refuse."""
        self.tags[tag] += 1
        given = dict(attrs)
        if given.get("id"):
            self.ids[str(given["id"])] += 1
        refused = [name for name in given if name.startswith("on") or name == "style"]
        if refused or tag == "style" or (tag == "script" and not given.get("src")):
            self.inline.append(self.get_starttag_text() or tag)


def _pages(app: Flask, wanted: str) -> list[Rule]:
    """Return the pages of a kind of place that need to know nothing else."""
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.arguments - set(rule.defaults or {}) == {wanted}
        and "GET" in (rule.methods or set())
        and not rule.rule.startswith("/api/")
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("side", ["clinic_code", "practice_code", "supplier_code"])
def test_every_page_is_well_made(app: Flask, cast: Cast, side: str) -> None:
    client = app.test_client()
    sign_in(client, cast.admin if side == "supplier_code" else cast.owner)
    faults: dict[str, object] = {}
    for rule in _pages(app, side):
        address = app.url_map.bind("localhost").build(rule.endpoint, {side: PLACES[side]})
        answer = client.get(address)
        if answer.status_code != 200:
            faults[rule.rule] = answer.status_code
        elif answer.mimetype == "text/html" and (fault := _fault(answer.text)):
            faults[rule.rule] = fault
    assert faults == {}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("path", ["/sign-in", "/forgot", "/account", "/nowhere", "/invitations/x"])
def test_pages_of_no_place_are_well_made(app: Flask, cast: Cast, path: str) -> None:
    client = app.test_client()
    assert _fault(client.get(path, follow_redirects=True).text) is None
    assert client.head(path).status_code == client.get(path).status_code
    sign_in(client, cast.owner)
    assert _fault(client.get(path, follow_redirects=True).text) is None


def _fault(text: str) -> object | None:
    page = Page(text)
    twice = [name for name, count in page.ids.items() if count > 1]
    counts = (page.tags["title"], page.tags["h1"], page.tags["main"])
    if counts != (1, 1, 1) or twice or page.inline:
        return {"title, h1, main": counts, "ids": twice, "inline": page.inline}
    return None
