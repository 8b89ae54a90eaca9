"""Signing in and out: who gets in, and what it leaves behind."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts import passwords, services
from supply.accounts.queries import person_with_email
from supply.accounts.sessions import Origin
from supply.accounts.sign_in import Attempt, WrongSignIn
from supply.accounts.sign_in import sign_in as try_sign_in
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
from tests.support.cast import Cast
from tests.support.people import NOW, PASSWORD, sign_in


def _post(client: FlaskClient, email: str, password: str, **more: str) -> tuple[int, str]:
    answer = client.post("/sign-in", data={"email": email, "password": password, **more})
    return answer.status_code, answer.headers.get("Location", "")


def test_right_password_signs_in(client: FlaskClient, cast: Cast) -> None:
    assert _post(client, cast.owner.upper(), PASSWORD) == (302, "/")
    assert client.get("/account").status_code == 200
    actions = db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id.desc()))
    assert actions.first() == "person.signed_in"


@pytest.mark.parametrize(
    ("email", "password"),
    [("olga@clinic.example", "wrong horse"), ("nobody@clinic.example", PASSWORD)],
)
def test_wrong_sign_in_does_not_say_which(
    client: FlaskClient, cast: Cast, email: str, password: str
) -> None:
    answer = client.post("/sign-in", data={"email": email, "password": password})
    assert answer.status_code == 400
    assert "The e-mail or the password is wrong." in answer.text
    assert client.get("/account").status_code == 302


def test_unknown_person_costs_a_hash_too(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str | None] = []

    def note(_password: str, kept: str | None) -> bool:
        checked.append(kept)
        return False

    monkeypatch.setattr(passwords, "matches", note)
    with pytest.raises(WrongSignIn):
        try_sign_in(Attempt("nobody@clinic.example", PASSWORD, Origin("192.0.2.1")), NOW)
    assert checked == [None]


def test_a_disabled_person_stays_out(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        person.disabled_at = NOW
    assert _post(client, cast.owner, PASSWORD)[0] == 400


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/account?tab=1", "/account?tab=1"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("/\t/elsewhere.example/", "/"),
        ("", "/"),
    ],
)
def test_goes_on_within_supply_only(
    client: FlaskClient, cast: Cast, wanted: str, reached: str
) -> None:
    assert _post(client, cast.owner, PASSWORD, next=wanted) == (302, reached)


def test_sign_out_is_a_post(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.owner)
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/account").status_code == 302


def test_signing_out_everywhere_ends_other_sessions(app: Flask, cast: Cast) -> None:
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        sign_in(client, cast.owner)
    assert here.post("/account/sign-out-everywhere").status_code == 302
    assert there.get("/account").headers["Location"] == "/sign-in?next=/account"


def test_demo_sign_in_is_closed_without_a_demo(client: FlaskClient, cast: Cast) -> None:
    assert "Look around" not in client.get("/sign-in").text
    assert client.post("/sign-in/demo", data={"email": cast.owner}).status_code == 404
    assert client.get("/account").status_code == 302


def test_demo_offers_its_people_only(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        owner = person_with_email(cast.owner)
        assert owner is not None
        services.mark_as_demo([owner])
    page = client.get("/sign-in").text
    assert "Look around as" in page
    assert cast.owner in page
    assert cast.outsider not in page
    assert client.post("/sign-in/demo", data={"email": cast.outsider}).status_code == 404
    assert client.post("/sign-in/demo", data={"email": cast.owner}).status_code == 302
    assert client.get("/account").status_code == 200


def test_a_new_password_ends_sessions(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.owner)
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        services.set_password(person, "another horse", actor=SYSTEM, now=NOW)
    assert client.get("/account").status_code == 302
    assert _post(client, cast.owner, PASSWORD)[0] == 400
    assert _post(client, cast.owner, "another horse")[0] == 302
