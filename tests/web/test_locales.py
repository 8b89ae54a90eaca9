"""A page says the language it is written in."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from supply import languages
from supply.accounts.models import Clinic, Person, Practice
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


def _works_in(cast: Cast, *, person: str | None, clinic: str, practice: str) -> None:
    with transaction():
        db.session.query(Person).filter_by(email=cast.owner).update({"locale": person})
        db.session.query(Clinic).filter_by(code="a1").update({"locale": clinic})
        db.session.query(Practice).update({"locale": practice})


@on_sqlite
@pytest.mark.parametrize(
    ("person", "clinic", "lang"), [(None, "fr", "fr"), ("en_GB", "fr", "en-GB"), ("fr", "en", "fr")]
)
def test_the_person_chooses_else_the_clinic(
    client: FlaskClient, cast: Cast, person: str | None, clinic: str, lang: str
) -> None:
    _works_in(cast, person=person, clinic=clinic, practice="en")
    sign_in(client, cast.owner)

    page = client.get("/c/a1/stock").get_data(as_text=True)
    assert f'<html lang="{lang}">' in page
    assert ("Fermer" in page) == (lang == "fr")


@on_sqlite
def test_pages_of_no_place_are_in_the_language_of_the_last_one(
    client: FlaskClient, cast: Cast
) -> None:
    _works_in(cast, person=None, clinic="fr", practice="en_GB")
    sign_in(client, cast.owner)

    assert '<html lang="en-GB">' in client.get("/account").get_data(as_text=True)
    client.get("/c/a1/stock")
    assert '<html lang="fr">' in client.get("/account").get_data(as_text=True)


@on_sqlite
def test_a_refusal_on_a_clinics_page_is_in_its_language(client: FlaskClient, cast: Cast) -> None:
    _works_in(cast, person=None, clinic="fr", practice="en")
    sign_in(client, cast.owner)

    answer = client.post("/c/a1/locations", data={"name": "", "storage": "ambient"})
    assert '<html lang="fr">' in answer.get_data(as_text=True)


@on_sqlite
def test_a_language_is_chosen_and_given_back(client: FlaskClient, cast: Cast) -> None:
    _works_in(cast, person=None, clinic="fr", practice="fr")
    sign_in(client, cast.owner)

    client.post("/account", data={"name": "Olga", "locale": "en_GB"})
    assert '<html lang="en-GB">' in client.get("/c/a1/stock").get_data(as_text=True)
    client.post("/account", data={"name": "Olga", "locale": ""})
    assert '<html lang="fr">' in client.get("/c/a1/stock").get_data(as_text=True)
    assert db.session.scalar(sa.select(Person.locale).filter_by(email=cast.owner)) is None
