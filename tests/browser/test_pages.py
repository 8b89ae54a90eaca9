"""Every page in a browser: usable by everybody, on a phone and on a desk, in light and dark.

The pages are those of a short demonstration, so that each has something to show.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from supply.demo.profiles import PASSWORD
from tests.browser.contexts import DESK, PHONE, open_context
from tests.browser.people import sign_in
from tests.support.databases import SqliteDatabases
from tests.support.demonstration import (
    ADMIN,
    LISTED,
    MAILS,
    NOBODY,
    OWNER,
    demonstrated,
    places,
)
from tests.support.live_server import serving
from tests.support.pages import (
    assert_accessible,
    assert_labels_have_values,
    assert_no_sideways_scroll,
)
from tests.support.ports import LOOPBACK, free_port

IN_THE_DARK: Final = [
    (NOBODY, "/sign-in"),
    (OWNER, "/c/riga/today"),
    (OWNER, "/c/riga/stock"),
    (OWNER, "/c/riga/items/{item}"),
    (OWNER, "/c/riga/use/{formulation}"),
    (OWNER, "/c/riga/orders/{to_receive}"),
    (OWNER, "/c/vilnius/alerts"),
    (ADMIN, "/s/amber-coast/orders"),
]

NOT_PAGES: Final = {
    "accounts.remove_app": "of a person with a second step, whom a password alone lets in nowhere",
    "accounts.remove_passkey": "of a person with a second step",
    "accounts.second_code": "between the two steps of a sign-in",
    "accounts.you": "leads on to another page",
    "api-docs.openapi_json": "a document for programs",
    "catalogue.attachment": "a file",
    "catalogue.own_price_file_now": "a file",
    "catalogue.own_supplier_attachment": "a file",
    "catalogue.price_file_now": "a file",
    "catalogue.supplier_attachment": "a file",
    "coldchain.document": "a file",
    "desk.box_labels": "a file",
    "counting.count_sheet": "a file",
    "counting.find_line": "leads on to a line",
    "diary.download": "a file",
    "desk.pick_paper_pdf": "a file",
    "fulfilment.document": "a file",
    "losses.unexplained_file": "a file",
    "recalls.clinic_file": "a file",
    "adverse.paper": "a file",
    "reports.trace_file": "a file",
    "trail.practice_file": "a file",
    "transfers.slip": "a file",
    "trail.supplier_file": "a file",
    "labels.pdf": "a file",
    "health.healthz": "for machines",
    "health.readyz": "for machines",
    "opening_stock.export_stock": "a file",
    "ordering.document": "a file",
    "invoicing.clinic_document": "a file",
    "invoicing.supplier_document": "a file",
    "mailbox.practice_mail_file": "a file",
    "payments.paid": "leads on to another page",
    "mailbox.supplier_mail_file": "a file",
    "replenishment.export_policies": "a file",
    "returning.slip": "a file",
    "returning.note_answer": "of a supplier by mail: the page of the supplier's own answer",
    "returning.note_receiving": "of a supplier by mail: the page of what it accepts itself",
    "settling.practice_statement_file": "a file",
    "settling.supplier_statement_file": "a file",
    "static": "files",
    "statics.other": "leads on to a file",
    "web.home": "leads on to another page",
}


@dataclass
class Demonstration:
    """The served demonstration, and one browser for each person and kind of screen."""

    app: Flask
    url: str
    browser: Browser
    places: dict[str, object]
    faults: list[str] = field(default_factory=list)
    pages: dict[tuple[str, str], Page] = field(default_factory=dict)

    def page(self, person: str, screen: str, **options: Any) -> Page:
        """Return ``person``'s page on ``screen``, signed in the first time it is asked for."""
        self.faults.clear()
        if (person, screen) not in self.pages:
            context = open_context(self.browser, self.url, self.faults, **options)
            page = self.pages[person, screen] = context.new_page()
            if person:
                sign_in(page, person, "/account", PASSWORD)
        return self.pages[person, screen]


@pytest.fixture(scope="module")
def demonstration(
    browser: Browser, sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demonstration]:
    """A short demonstration, served at :data:`MOMENT`."""
    folder = tmp_path_factory.mktemp("demonstration")
    port = free_port()
    public = f"http://{LOOPBACK}:{port}"
    with demonstrated(sqlite_databases, folder, PUBLIC_URL=public) as app:
        with app.app_context():
            found = places()
        with serving(app, port) as live:
            made = Demonstration(app, live.url, browser, found)
            yield made
            for page in made.pages.values():
                page.context.close()


def _look(
    demonstration: Demonstration, person: str, path: str, screen: str, **options: Any
) -> Page:
    """Open a page and hold what every page has to get right."""
    page = demonstration.page(person, screen, **options)
    answer = page.goto(path.format_map(demonstration.places))
    assert answer is not None
    assert answer.status == 200
    assert_no_sideways_scroll(page)
    assert_accessible(page)
    assert demonstration.faults == []
    return page


@pytest.mark.parametrize(("person", "path"), LISTED)
def test_page_on_a_desk(demonstration: Demonstration, person: str, path: str) -> None:
    page = _look(demonstration, person, path, "desk", **DESK)
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize(("person", "path"), LISTED)
def test_page_on_a_phone(demonstration: Demonstration, person: str, path: str) -> None:
    page = _look(demonstration, person, path, "phone", **PHONE)
    assert page.locator("h1").count() == 1
    assert_labels_have_values(page)


@pytest.mark.parametrize(("person", "path"), IN_THE_DARK)
def test_page_in_the_dark(demonstration: Demonstration, person: str, path: str) -> None:
    _look(demonstration, person, path, "dark", **DESK, color_scheme="dark")


@pytest.mark.parametrize(("person", "path"), MAILS)
def test_mail_on_a_phone(demonstration: Demonstration, person: str, path: str) -> None:
    """A mail's own page runs no scripts at all, ours included: so it is shown on an empty one."""
    page = demonstration.page(person, "phone", **PHONE)
    answer = page.request.get(path.format_map(demonstration.places))
    assert answer.status == 200
    page.goto("about:blank")
    page.set_content(answer.text())
    assert_no_sideways_scroll(page)


def test_every_page_is_looked_at(demonstration: Demonstration) -> None:
    adapter = demonstration.app.url_map.bind("localhost")
    looked_at = {
        adapter.match(path.format_map(demonstration.places).partition("?")[0])[0]
        for _, path in (*LISTED, *MAILS)
    }
    answering = {
        rule.endpoint
        for rule in demonstration.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }
    assert sorted(answering - set(NOT_PAGES) - looked_at) == []
    assert sorted(looked_at - answering) == []
