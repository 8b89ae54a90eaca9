"""One's own second step under Account: adding, removing, recovery codes."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.credentials import WebSession
from supply.accounts.factors.models import AuthenticatorApp, RecoveryCode
from supply.db import db
from tests.accounts.factors.conftest import (
    CODES,
    KEY,
    Phone,
    SetUp,
    actions,
    give_code,
    give_password,
    is_in,
    mails,
)
from tests.support.cast import Cast
from tests.support.people import PASSWORD, sign_in
from tests.support.time import Clock


def test_a_wrong_code_adds_nothing_and_keeps_the_key(
    client: FlaskClient, cast: Cast, told: Clock
) -> None:
    give_password(client, cast.owner)
    page = client.get("/account/second-step/app").text
    assert 'class="qr"' in page
    assert "style=" not in page
    key = KEY.findall(page)
    wrong = client.post("/account/second-step/app", data={"code": "000000", "name": "Kept"})
    assert wrong.status_code == 400
    assert "The app shows another code." in wrong.text
    assert 'value="Kept"' in wrong.text
    assert KEY.findall(wrong.text) == key
    phone = Phone(key[0].replace(" ", ""), Clock(told.forward(minutes=5)), [])
    told.forward(minutes=-5)
    slow = client.post("/account/second-step/app", data={"code": phone.code})
    assert "This code is of another time: let the phone set its clock by itself" in slow.text
    assert db.session.scalar(sa.select(sa.func.count(AuthenticatorApp.id))) == 0


def test_a_session_that_was_left_open_needs_the_password(
    client: FlaskClient, cast: Cast, told: Clock
) -> None:
    give_password(client, cast.owner)
    told.forward(minutes=11)
    [key] = KEY.findall(client.get("/account/second-step/app").text)
    phone = Phone(key.replace(" ", ""), told, [])
    form = {"code": phone.code}
    assert client.post("/account/second-step/app", data=form).status_code == 400
    wrong = client.post("/account/second-step/app", data={**form, "own_password": "wrong horse"})
    assert "This is not your current password." in wrong.text
    assert db.session.scalar(sa.select(sa.func.count(AuthenticatorApp.id))) == 0
    right = client.post("/account/second-step/app", data={**form, "own_password": PASSWORD})
    assert right.status_code == 200


def test_a_second_app_keeps_the_codes_and_the_sessions(
    app: Flask, client: FlaskClient, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    first = set_up(client, cast.owner)
    [key] = KEY.findall(client.get("/account/second-step/app").text)
    tablet = Phone(key.replace(" ", ""), told, [])
    assert tablet.secret != first.secret
    added = client.post("/account/second-step/app", data={"code": tablet.code, "name": "Tablet"})
    assert added.status_code == 302
    page = client.get("/account/second-step").text
    assert "Work phone" in page
    assert "Tablet" in page
    told.forward(seconds=30)
    for phone in (tablet, first):
        other = app.test_client()
        give_password(other, cast.owner)
        assert give_code(other, phone.code).status_code == 302
    assert is_in(client)


def test_removing_the_last_one_turns_it_off(
    app: Flask, client: FlaskClient, cast: Cast, set_up: SetUp
) -> None:
    set_up(client, cast.owner)
    row = db.session.scalars(sa.select(AuthenticatorApp)).one()
    path = f"/account/second-step/apps/{row.id}/remove"
    stranger = app.test_client()
    sign_in(stranger, cast.outsider)
    assert stranger.get(path).status_code == 404
    assert stranger.post(path).status_code == 404
    assert client.get(path).status_code == 200
    assert client.post(path).headers["Location"] == "/account/second-step"
    assert db.session.scalar(sa.select(sa.func.count(RecoveryCode.id))) == 0
    assert not any(db.session.scalars(sa.select(WebSession.second_step)))
    assert mails(cast.owner)[-1] == "A second step of your account was removed: Work phone."
    assert actions()[-1] == "factor.removed"
    other = app.test_client()
    assert give_password(other, cast.owner).headers["Location"] == "/"


def test_new_codes_end_the_old_ones_and_come_as_a_file(
    app: Flask, client: FlaskClient, cast: Cast, set_up: SetUp
) -> None:
    phone = set_up(client, cast.owner)
    answer = client.post("/account/second-step/codes")
    codes = CODES.findall(answer.text)
    assert len(set(codes)) == 10
    assert not set(codes) & set(phone.codes)
    sent = {"codes": " ".join([*codes, phone.codes[0], "<script>"])}
    file = client.post("/account/second-step/codes/file", data=sent)
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.text.split("\n\n")[1].split() == codes
    other = app.test_client()
    give_password(other, cast.owner)
    assert give_code(other, phone.codes[0]).status_code == 400
    assert give_code(other, codes[0]).status_code == 302
    assert mails(cast.owner)[-2] == "New recovery codes for your account were made."


def test_codes_are_for_those_who_have_a_second_step(client: FlaskClient, cast: Cast) -> None:
    give_password(client, cast.owner)
    assert client.post("/account/second-step/codes").status_code == 400
    assert db.session.scalar(sa.select(sa.func.count(RecoveryCode.id))) == 0
