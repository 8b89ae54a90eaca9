"""A forgotten password: a link by mail, for a while, once."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.accounts import resets
from supply.accounts.credentials import PasswordReset
from supply.accounts.queries import person_with_email
from supply.accounts.services import issue_token, verify_password
from supply.accounts.tokens import person_for_token, secret_hash
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
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
    assert client.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
    stranger = app.test_client()
    assert stranger.get(path).status_code == 404
    assert stranger.post(path, data={"password": "third horse!"}).status_code == 404
    person = person_with_email(cast.owner)
    assert person is not None
    assert verify_password(person, "another horse")
    assert not verify_password(person, PASSWORD)
    told = _mails()[-1]
    assert (told.to_address, told.subject) == (cast.owner, "Your password for Supply was changed.")
    assert "from 127.0.0.1" in told.text


def test_the_link_lasts_two_hours(app: Flask, cast: Cast) -> None:
    with transaction():
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
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        token = resets.token_for(person, NOW)
    with pytest.raises(InvalidInput), transaction():
        resets.reset_password(token, "short", address=None, now=NOW)
    assert resets.person_for_reset(token, NOW).email == cast.owner


def test_only_a_few_mails_go_out(client: FlaskClient, cast: Cast) -> None:
    for _turn in range(resets.PER_PERSON + 2):
        _ask(client, cast.owner)
    assert len(_mails()) == resets.PER_PERSON


def test_addresses_nobody_has_use_up_no_colleagues_mails(
    client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resets, "PER_NETWORK", 2)
    for number in range(5):
        _ask(client, f"nobody{number}@clinic.example")
    _ask(client, cast.owner)
    assert [mail.to_address for mail in _mails()] == [cast.owner]


def test_only_so_many_are_asked_for_from_one_network(
    client: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resets, "PER_NETWORK", 2)
    for email in (cast.owner, cast.colleague, cast.admin):
        _ask(client, email)
    assert [mail.to_address for mail in _mails()] == [cast.owner, cast.colleague]


def test_a_changed_password_ends_every_link_and_a_newer_link_none(app: Flask, cast: Cast) -> None:
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        first, second = (resets.token_for(person, NOW) for _turn in range(2))
    assert resets.person_for_reset(first, NOW).email == cast.owner
    with transaction():
        resets.reset_password(second, "another horse", address=None, now=NOW)
    for token in (first, second):
        with pytest.raises(resets.ExpiredLink):
            resets.person_for_reset(token, NOW)
    kept = db.session.scalars(sa.select(PasswordReset.token_hash)).all()
    assert sorted(kept) == sorted(secret_hash(token) for token in (first, second))


@pytest.mark.parametrize(("end_tokens", "left"), [("y", 0), ("", 1)])
def test_a_reset_ends_tokens_unless_told_otherwise(
    app: Flask, client: FlaskClient, cast: Cast, end_tokens: str, left: int
) -> None:
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        secret = issue_token(person, name="Diary", actor=SYSTEM, now=NOW)
        link = resets.token_for(person, clock.now())
    page = client.get(f"/reset/{link}").text
    assert re.search(r'<input[^>]*checked[^>]*name="end_tokens"', page)
    new = {"password": "another horse", "end_tokens": end_tokens}
    client.post(f"/reset/{link}", data={key: value for key, value in new.items() if value})
    assert (person_for_token(secret, now=clock.now()) is not None) is bool(left)


def test_a_reset_is_written_down(client: FlaskClient, cast: Cast) -> None:
    _ask(client, cast.owner)
    client.post(_path(_mails()[0]), data={"password": "another horse"})
    rows = db.session.execute(
        sa.select(AuditRow.action, AuditRow.address, AuditRow.before, AuditRow.after)
        .where(AuditRow.action.like("person.%"))
        .order_by(AuditRow.id)
    )
    assert [tuple(row) for row in rows if row.address] == [
        ("person.reset_requested", "127.0.0.1", None, None),
        ("person.password_set", "127.0.0.1", None, None),
        ("person.signed_in", "127.0.0.1", None, {"known_device": False}),
    ]
