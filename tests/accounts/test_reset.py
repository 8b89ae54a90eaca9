"""A forgotten password: a link by mail, for a while, once."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts import resets
from supply.accounts.queries import person_with_email
from supply.accounts.services import verify_password
from supply.db import db, transaction
from supply.outbox.models import Mail
from supply.refusals import InvalidInput
from tests.support.cast import Cast
from tests.support.people import NOW, PASSWORD, sign_in


def _mails() -> list[Mail]:
    return list(db.session.scalars(sa.select(Mail).order_by(Mail.id)))


def _ask(client: FlaskClient, email: str) -> str:
    answer = client.post("/forgot", data={"email": email})
    assert answer.status_code == 200
    return re.sub(r"""(nonce|value)="[^"]*"|hx-headers='[^']*'""", "", answer.text)


def _path(mail: Mail) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/reset/\S+)", mail.text)
    assert found is not None
    return found[1]


def test_a_known_and_an_unknown_address_get_the_same_answer(
    client: FlaskClient, cast: Cast
) -> None:
    assert _ask(client, cast.owner) == _ask(client, "nobody@clinic.example")
    [mail] = _mails()
    assert (mail.to_address, mail.subject) == (cast.owner, "Choose a new password for Supply")
    assert mail.practice_id is None


def test_the_link_changes_the_password_once(app: Flask, cast: Cast) -> None:
    client, there = app.test_client(), app.test_client()
    sign_in(there, cast.owner)
    _ask(client, cast.owner)
    path = _path(_mails()[0])
    assert client.get(path).status_code == 200
    assert client.post(path, data={"password": "short"}).status_code == 400
    assert client.post(path, data={"password": "another horse"}).headers["Location"] == "/"
    assert client.get("/you").status_code == 200
    assert there.get("/you").status_code == 302
    stranger = app.test_client()
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, data={"password": "third horse!"}).status_code == 404
    person = person_with_email(cast.owner)
    assert person is not None
    assert verify_password(person, "another horse")
    assert not verify_password(person, PASSWORD)


def test_the_link_lasts_two_hours(app: Flask, cast: Cast) -> None:
    person = person_with_email(cast.owner)
    assert person is not None
    token = resets.token_for(person, NOW)
    assert resets.person_for_reset(token, NOW + dt.timedelta(minutes=119)).id == person.id
    with pytest.raises(resets.ExpiredLink):
        resets.person_for_reset(token, NOW + resets.LASTS)


@pytest.mark.parametrize("token", ["x", "", "WzEsMSwxXQ.forged", "é"])
def test_a_forged_link_is_refused(app: Flask, cast: Cast, token: str) -> None:
    with pytest.raises(resets.ExpiredLink):
        resets.person_for_reset(token, NOW)


def test_a_refused_password_leaves_the_link_good(app: Flask, cast: Cast) -> None:
    person = person_with_email(cast.owner)
    assert person is not None
    token = resets.token_for(person, NOW)
    with pytest.raises(InvalidInput), transaction():
        resets.reset_password(token, "short", address=None, now=NOW)
    assert resets.person_for_reset(token, NOW).email == cast.owner


def test_only_a_few_mails_go_out(client: FlaskClient, cast: Cast) -> None:
    for _turn in range(resets.PER_EMAIL + 2):
        _ask(client, cast.owner)
    assert len(_mails()) == resets.PER_EMAIL
