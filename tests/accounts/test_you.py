"""One's own page: details, password, tokens."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.queries import person_with_email
from supply.accounts.services import person_for_token, verify_password
from supply.clock import now
from tests.support.cast import Cast
from tests.support.people import PASSWORD, sign_in


@pytest.fixture
def owner(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The owner, signed in."""
    sign_in(client, cast.owner)
    return client


def test_name_and_language(owner: FlaskClient, cast: Cast) -> None:
    assert owner.post("/you", data={"name": "Olga B", "locale": "fr"}).status_code == 302
    person = person_with_email(cast.owner)
    assert person is not None
    assert (person.name, person.locale) == ("Olga B", "fr")
    answer = owner.get("/you")
    assert '<html lang="fr">' in answer.text


def test_an_unknown_language_is_refused(owner: FlaskClient, cast: Cast) -> None:
    answer = owner.post("/you", data={"name": "Kept as typed", "locale": "tlh"})
    assert answer.status_code == 400
    assert "Kept as typed" in answer.text


def test_a_new_password_keeps_this_session_only(app: Flask, owner: FlaskClient, cast: Cast) -> None:
    there = app.test_client()
    sign_in(there, cast.owner)
    new = {"old": PASSWORD, "password": "another horse"}
    assert owner.post("/you/password", data=new).status_code == 302
    assert owner.get("/you").status_code == 200
    assert there.get("/you").status_code == 302


def test_a_wrong_present_password_changes_nothing(owner: FlaskClient, cast: Cast) -> None:
    answer = owner.post("/you/password", data={"old": "wrong", "password": "another horse"})
    assert answer.status_code == 400
    assert "This is not your present password." in answer.text
    person = person_with_email(cast.owner)
    assert person is not None
    assert verify_password(person, PASSWORD)


def test_a_token_is_shown_once_and_revoked(owner: FlaskClient, cast: Cast) -> None:
    page = owner.post("/you/tokens", data={"expires_days": "30"}).text
    found = re.search(r"<code[^>]*>([^<]+)</code>", page)
    assert found is not None
    person = person_for_token(found[1], now=now())
    assert person is not None
    assert person.email == cast.owner
    assert found[1] not in owner.get("/you").text
    assert owner.post("/you/tokens/1/revoke").status_code == 302
    assert person_for_token(found[1], now=now()) is None
    assert owner.post("/you/tokens/2/revoke").status_code == 404


def test_too_long_a_token_is_refused(owner: FlaskClient) -> None:
    assert owner.post("/you/tokens", data={"expires_days": "99999"}).status_code == 400
