"""Every word that people read is marked for translation: on each page and in each mail."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from babel import Locale
from flask import Flask
from flask.testing import FlaskClient

from supply import countries, iban
from supply.accounts.models import Supplier
from supply.catalogue.wording import source
from supply.config import ROOT
from supply.db import Base, db
from supply.demo.profiles import PASSWORD
from supply.outbox.models import Mail
from supply.refusals import Refusal
from supply.text import short_name
from tests.support.databases import SqliteDatabases
from tests.support.demonstration import LISTED, MAILS, demonstrated, places
from tests.support.marking import speak_in_brackets, texts_of, unmarked

OWN_WORDS: Final = {
    "adverse_event": ("kind", "note"),
    "adverse_event_note": ("note",),
    "claim": ("note",),
    "clinic": ("address", "code", "currency", "name", "timezone"),
    "cold_excursion": ("answer", "answered_by"),
    "entry": ("reason",),
    "formulation": ("code", "name"),
    "goods_return": ("number",),
    "hold": ("reason",),
    "invitation": ("email", "name"),
    "invoice": ("number",),
    "item": ("code", "name"),
    "location": ("name",),
    "logger": ("name", "serial"),
    "lot": ("number",),
    "order_line": ("declined_why", "name", "sku", "why"),
    "person": ("email", "name"),
    "practice": ("code", "name", "vat_number"),
    "product": ("name", "regulatory_class", "sku", "source", "stated_in"),
    "product_attachment": ("name",),
    "product_ingredient": ("name", "strength"),
    "protocol": ("code", "evidence", "name", "source"),
    "purchase_order": ("number",),
    "reading_import": ("filename",),
    "recall": ("action", "device", "reason", "reference"),
    "shipment": ("code",),
    "transfer": ("code",),
    "shipment_tracking": ("carrier", "number"),
    "substitute_offer": ("name", "sku"),
    "supplier": ("address", "code", "email", "iban", "legal_name", "name", "vat_number"),
}
"""Columns with words of the people who use the product: shown as they wrote them."""

SAME_EVERYWHERE: Final = (
    "Supply", "ml", "mg", "mm", "IU", "GBP", "sku,lot,expiry,quantity,location",
    *(Locale.parse(code).get_display_name() or code for code in ("en", "en_GB", "en_US")),
    *(Locale.parse(code).get_display_name() or code for code in ("de", "es", "fr", "it")),
)  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A demonstration in brackets: where to look, what people wrote themselves, what was mailed."""

    app: Flask
    places: dict[str, object]
    own_words: re.Pattern[str]
    mails: list[str]


@pytest.fixture(scope="module")
def written(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Written]:
    """A short demonstration in which every text of the product comes in brackets."""
    with pytest.MonkeyPatch.context() as patch:
        speak_in_brackets(patch)
        with demonstrated(sqlite_databases, tmp_path_factory.mktemp("marked")) as app:
            with app.app_context():
                made = Written(app, places(), _own_words(), _mails())
            yield made


def _own_words() -> re.Pattern[str]:
    """Match what stands in :data:`OWN_WORDS`, dates, and what no language says otherwise."""
    known = {*SAME_EVERYWHERE, *_dates(), *countries.names("en").values()}
    for table, columns in OWN_WORDS.items():
        for column in columns:
            kept = Base.metadata.tables[table].c[column]
            values = db.session.scalars(sa.select(kept).distinct())
            known |= {part for value in values if value for part in _parts(value)}
    known |= {iban.spaced(one) for one in db.session.scalars(sa.select(Supplier.iban)) if one}
    longest_first = sorted(known, key=len, reverse=True)
    return re.compile("|".join(rf"(?<!\w){re.escape(words)}(?!\w)" for words in longest_first))


def _parts(value: str) -> set[str]:
    """Return ``value`` whole, by lines, as sentences name it (mails), and told as a source."""
    parts = (value, *value.splitlines(), short_name(value), source(value))
    return {" ".join(part.split()) for part in parts}


def _dates() -> set[str]:
    read = (Locale("en", "GB"), Locale("fr"))
    kinds = (kind for locale in read for kind in (locale.months, locale.days))
    widths = (width for kind in kinds for width in kind.values())
    return {name for names in widths for by_number in names.values() for name in by_number.values()}


def _mails() -> list[str]:
    mails = db.session.scalars(sa.select(Mail)).all()
    return [line for mail in mails for line in (mail.subject, *mail.text.splitlines())]


@pytest.fixture(scope="module")
def clients(written: Written) -> dict[str, FlaskClient]:
    """Everybody who looks at pages, signed in."""
    people = {person for person, _ in (*LISTED, *MAILS)}
    found = {person: written.app.test_client() for person in people}
    for person, client in found.items():
        if person:
            client.post("/sign-in", data={"email": person, "password": PASSWORD})
    return found


@pytest.mark.parametrize(("person", "path"), [*LISTED, *MAILS])
def test_words_on_pages_are_marked(
    written: Written, clients: dict[str, FlaskClient], person: str, path: str
) -> None:
    answer = clients[person].get(path.format_map(written.places))
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert list(unmarked(texts_of(page), written.own_words)) == []


def test_words_of_mails_are_marked(written: Written) -> None:
    assert len(written.mails) > 100
    assert list(unmarked(written.mails, written.own_words)) == []


SPOKEN: Final = {"flash", "InvalidInput", "ValidationError", "StopValidation"}
"""What is called with words for people, beside refusals."""


def _literal_refusals(path: Path) -> Iterator[str]:
    """Yield the calls in a module that say words to people without marking them."""
    refusals = {kind.__name__ for kind in _kinds_of(Refusal)} | SPOKEN
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).split(".")[-1] not in refusals:
            continue
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if any(_is_sentence(argument) for argument in given):
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def _is_sentence(node: ast.expr) -> bool:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return any(
        isinstance(part, ast.Constant) and isinstance(part.value, str) and " " in part.value
        for part in parts
    )


def _kinds_of(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for more in kind.__subclasses__():
        yield from _kinds_of(more)


def test_words_of_refusals_are_marked() -> None:
    commands = {"commands.py", "cli.py", "cli_support.py"}
    modules = [
        path
        for path in (ROOT / "supply").rglob("*.py")
        if path.name not in commands and not {"demo", "api"} & set(path.parts)
    ]
    assert len(modules) > 200
    found = {line for path in modules for line in _literal_refusals(path)}
    # Only programs send keys.
    assert {line for line in found if "IdempotencyConflictError" not in line} == set()
