"""A page says the language it is written in."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from supply import languages
from supply.accounts.models import Person
from supply.db import db, transaction
from supply.web.filters import relative_date, short_date
from tests.support.cast import Cast
from tests.support.people import sign_in

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        *(("en", "en"), ("en_GB", "en_GB"), ("en-US", "en_US"), ("fr", "fr"), ("fr_CH", "fr_CH")),
        *(("de", "en"), ("de_AT", "en"), ("zz", "en"), ("", "en"), ("../etc", "en")),
    ],
)
def test_a_locale_without_texts_is_shown_in_english(
    monkeypatch: pytest.MonkeyPatch, code: str, shown: str
) -> None:
    monkeypatch.setattr(languages, "available", lambda: {"en", "fr"})

    assert languages.shown_locale(code) == shown


def test_a_language_is_there_once_its_texts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "available", lambda: {"en"})

    assert languages.shown_locale("fr") == "en"


@on_sqlite
@pytest.mark.parametrize(("code", "lang"), [("de", "en"), ("en_GB", "en-GB")])
def test_a_page_says_what_is_shown(client: FlaskClient, cast: Cast, code: str, lang: str) -> None:
    with transaction():
        db.session.query(Person).filter_by(email=cast.owner).update({"locale": code})
    sign_in(client, cast.owner)

    assert f'<html lang="{lang}">' in client.get("/c/a1/today").get_data(as_text=True)


@on_sqlite
def test_a_stranger_gets_the_first_language_there_is(client: FlaskClient) -> None:
    answer = client.get("/sign-in", headers={"Accept-Language": "de-AT, de;q=0.9, en-GB;q=0.5"})

    assert '<html lang="en-GB">' in answer.get_data(as_text=True)


@on_sqlite
def test_a_date_brings_no_dot_of_its_own(app: Flask) -> None:
    today = dt.date(2026, 11, 22)
    with app.test_request_context(), force_locale("fr"):
        written = [short_date(dt.date(2026, month, 3)) for month in range(1, 13)]
        near = relative_date(dt.date(2026, 11, 29), today)

    assert [day for day in written if "." in day] == []
    assert near.endswith("29 novembre")
