"""What pages and programs send is kept as it is seen; a password as it was typed."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import PasswordField

import supply
from supply.accounts.models import Person
from supply.db import db
from supply.web.forms import PageForm
from supply.web.requests import PASSWORDS, SentValues
from tests.support.cast import Cast
from tests.support.people import sign_in


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Sofia\u200b\u00a0Lind", "Sofia Lind"),
        ("Sofi\u202ea", "Sofia"),
        ("Zo\u0065\u0308", "Zo\u00eb"),
        ("one\r\ntwo\u2028three\x0bfour", "one\ntwo\nthree\nfour"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("]d20104012345678901\x1d10AB", "]d20104012345678901\x1d10AB"),
        (" outer ", " outer "),
    ],
)
def test_a_value_is_read_as_it_is_seen(sent: str, kept: str) -> None:
    assert SentValues([("name", sent)]).getlist("name") == [kept]


def test_order_and_repeats_stay() -> None:
    sent = SentValues(MultiDict([("a", "1"), ("b", "2"), ("a", "3\u200b")]))
    assert list(sent.items(multi=True)) == [("a", "1"), ("a", "3"), ("b", "2")]


def test_a_file_keeps_what_is_in_it_and_is_named_as_seen() -> None:
    file = FileStorage(filename="stock\u202evsc.exe")
    assert SentValues([("file", file)])["file"] is file
    assert file.filename == "stockvsc.exe"


def test_every_password_stays_as_typed() -> None:
    for module in pkgutil.walk_packages(supply.__path__, "supply."):
        if module.name.endswith("forms"):
            importlib.import_module(module.name)
    names = {
        name
        for form in _kinds_of(PageForm)
        for name in dir(form)
        if getattr(getattr(form, name), "field_class", None) is PasswordField
    }
    assert names == PASSWORDS
    assert SentValues({"password": "a\u00a0b\u200b"})["password"] == "a\u00a0b\u200b"


def _kinds_of(form: type[FlaskForm]) -> set[type[FlaskForm]]:
    below = set(form.__subclasses__())
    return below.union(*map(_kinds_of, below))


def test_a_name_is_kept_without_marks_nobody_sees(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    sent = {"name": "\u200eAnna\u00a0Ber\u00adzina\u200b", "locale": "en"}
    assert client.post("/account", data=sent).status_code == 302
    assert _name_of(cast.owner) == "Anna Berzina"


@pytest.mark.parametrize("odd", ["\x1d", "\ufffd"])
def test_a_name_with_a_lost_character_is_refused(app: Flask, cast: Cast, odd: str) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    before = _name_of(cast.owner)
    answer = client.post("/account", data={"name": f"An{odd}na", "locale": "en"})
    assert answer.status_code == 400
    assert "Name: Retype this: a character in it cannot be kept." in answer.text
    assert _name_of(cast.owner) == before


def test_a_search_finds_what_is_seen(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    found = client.get("/c/a1/catalogue?q=no\u200bthing\u00a0here")
    assert 'value="nothing here"' in found.text


def _name_of(email: str) -> str:
    return db.session.scalars(sa.select(Person.name).where(Person.email == email)).one()
