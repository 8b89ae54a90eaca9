"""Two steps to come in: what the second takes, refuses, and leaves behind."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts import services
from supply.accounts.credentials import WebSession
from supply.accounts.factors import resetting
from supply.accounts.factors.apps import UsedAlready, take_code
from supply.accounts.factors.boxes import opened
from supply.accounts.factors.models import AuthenticatorApp, RecoveryCode
from supply.accounts.factors.recovery import use_code
from supply.accounts.factors.second import PER_PERSON
from supply.accounts.queries import person_with_email
from supply.accounts.resets import token_for
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
from tests.accounts.factors.conftest import (
    SetUp,
    actions,
    give_code,
    give_password,
    is_in,
    mails,
)
from tests.support.cast import Cast
from tests.support.people import PASSWORD
from tests.support.racing import at_once
from tests.support.time import Clock


def test_a_password_alone_lets_nobody_in(app: Flask, cast: Cast, set_up: SetUp) -> None:
    phone = set_up(app.test_client(), cast.owner)
    client = app.test_client()
    answer = give_password(client, cast.owner, next="/account/mails")
    assert answer.headers["Location"] == "/sign-in/code"
    assert not is_in(client)
    assert client.get("/sign-in/code").status_code == 200
    spaced = f" {phone.code[:3]} {phone.code[3:]} "
    assert give_code(client, spaced).headers["Location"] == "/account/mails"
    assert is_in(client)
    assert actions()[-2:] == ["person.second_step_asked", "person.signed_in"]
    row = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert row is not None
    assert (row.after or {})["proof"] == "app"


def test_setting_up_ends_what_a_password_had_opened(app: Flask, cast: Cast, set_up: SetUp) -> None:
    """A copy of the very session in which it is set up is worth nothing afterwards, too."""
    elsewhere, copied, here = app.test_client(), app.test_client(), app.test_client()
    give_password(elsewhere, cast.owner)
    give_password(here, cast.owner)
    with here.session_transaction() as kept:
        copy = dict(kept)
    with copied.session_transaction() as other:
        other.update(copy)
    assert is_in(copied)
    phone = set_up(here, cast.owner)
    assert is_in(here)
    assert not is_in(elsewhere)
    assert not is_in(copied)
    assert len(phone.codes) == 10
    app_row = db.session.scalars(sa.select(AuthenticatorApp)).one()
    assert (app_row.name, opened(app_row.sealed_secret)) == ("Work phone", phone.secret)
    assert phone.secret not in app_row.sealed_secret
    held = db.session.scalars(sa.select(RecoveryCode.code_hash)).all()
    assert not {code.replace("-", "") for code in phone.codes} & set(held)
    assert mails(cast.owner) == ["A second step was added to your account: Work phone."]
    assert "factor.added" in actions()


def test_a_code_is_good_once_and_only_near_its_time(
    app: Flask, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    phone = set_up(app.test_client(), cast.owner)
    code = phone.code
    first, second = app.test_client(), app.test_client()
    give_password(first, cast.owner)
    give_password(second, cast.owner)
    assert give_code(first, code).status_code == 302
    again = give_code(second, code)
    assert again.status_code == 400
    assert "This code was used already." in again.text
    assert not is_in(second)
    told.forward(seconds=60)
    assert give_code(second, code).status_code == 400
    assert give_code(second, "no code at all").status_code == 400
    assert give_code(second, phone.code).status_code == 302


def test_the_code_that_set_the_app_up_is_spent(
    app: Flask, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    phone = set_up(app.test_client(), cast.owner)
    told.forward(seconds=-30)
    client = app.test_client()
    give_password(client, cast.owner)
    assert "This code was used already." in give_code(client, phone.code).text


def test_of_several_who_send_one_code_at_once_one_is_let_in(
    app: Flask, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    phone = set_up(app.test_client(), cast.owner)
    person = person_with_email(cast.owner)
    assert person is not None
    person_id, digits, spare = person.id, phone.code, phone.codes[0].replace("-", "")
    took = at_once(app, lambda: take_code(person_id, digits, told.now))
    assert took.count(True) == 1
    assert [type(one) for one in took if one is not True] == [UsedAlready] * 3
    assert sorted(map(bool, at_once(app, lambda: use_code(person_id, spare, told.now)))) == [
        False, False, False, True
    ]  # fmt: skip


def test_a_recovery_code_as_written_lets_in_once(app: Flask, cast: Cast, set_up: SetUp) -> None:
    phone = set_up(app.test_client(), cast.owner)
    typed = phone.codes[0].lower().replace("-", " ").replace("0", "O")
    client, other = app.test_client(), app.test_client()
    give_password(client, cast.owner)
    assert give_code(client, typed).status_code == 302
    give_password(other, cast.owner)
    refused = give_code(other, phone.codes[0])
    assert refused.status_code == 400
    assert "This recovery code is wrong, or was used already." in refused.text
    assert mails(cast.owner)[1:] == [
        "A recovery code was used to sign in to your account; 9 are left."
    ]
    for code in phone.codes[1:8]:
        give_password(other, cast.owner)
        assert give_code(other, code).status_code == 302
    assert "2 are left" in mails(cast.owner)[-1]
    assert "2 recovery codes are left." in other.get("/account/second-step").text


def test_wrong_codes_are_counted_and_told(
    app: Flask, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    """A stranger with the password uses up no tries of the person's own device."""
    own = app.test_client()
    phone = set_up(own, cast.owner)
    own.post("/sign-out")
    thief = app.test_client()
    give_password(thief, cast.owner)
    tries = [give_code(thief, "000000").status_code for _turn in range(PER_PERSON + 2)]
    assert tries == [400] * PER_PERSON + [429, 429]
    assert give_code(thief, phone.code).status_code == 429
    assert actions().count("person.code_refused") == PER_PERSON
    [*_before, mail] = mails(cast.owner)
    assert mail == "Someone has your password and tries codes for your second step."
    assert mails(cast.owner).count(mail) == 1
    give_password(own, cast.owner)
    assert give_code(own, phone.code).status_code == 302


def test_the_first_step_does_not_last(app: Flask, cast: Cast, set_up: SetUp, told: Clock) -> None:
    phone = set_up(app.test_client(), cast.owner)
    client = app.test_client()
    give_password(client, cast.owner)
    told.forward(minutes=10)
    assert give_code(client, phone.code).headers["Location"] == "/sign-in"
    give_password(client, cast.owner)
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        services.set_password(person, "another horse", actor=SYSTEM, now=told.now)
    assert give_code(client, phone.code).headers["Location"] == "/sign-in"
    assert not is_in(client)


def test_a_new_password_by_mail_does_not_pass_the_second_step(
    app: Flask, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    phone = set_up(app.test_client(), cast.owner)
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        token = token_for(person, told.now)
    client = app.test_client()
    answer = client.post(f"/reset/{token}", data={"password": "another horse"})
    assert answer.headers["Location"] == "/sign-in/code"
    assert not is_in(client)
    assert give_code(client, phone.code).status_code == 302
    assert is_in(client)


def test_a_new_password_by_mail_gives_tries_back_once_a_day(
    app: Flask, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    """Whoever had the password before has used them up; the person is on a new laptop."""
    phone = set_up(app.test_client(), cast.owner)
    password = PASSWORD
    for entered in (302, 429):
        thief, laptop = app.test_client(), app.test_client()
        thief.post("/sign-in", data={"email": cast.owner, "password": password})
        for _turn in range(PER_PERSON):
            give_code(thief, "000000")
        with transaction():
            person = person_with_email(cast.owner)
            assert person is not None
            token = token_for(person, told.now)
        password = f"another horse {entered}"
        laptop.post(f"/reset/{token}", data={"password": password})
        assert give_code(laptop, phone.code).status_code == entered


def test_who_is_half_in_begins_anew_where_it_was_reset(
    app: Flask, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    set_up(app.test_client(), cast.owner)
    client = app.test_client()
    give_password(client, cast.owner)
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        resetting.reset_person(person, actor=SYSTEM, now=told.now)
    assert client.get("/sign-in/code").headers["Location"] == "/sign-in"
    assert not is_in(client)
    assert give_password(client, cast.owner).headers["Location"] == "/"


def test_a_session_that_is_remembered_and_one_with_a_new_password_keep_it(
    app: Flask, cast: Cast, set_up: SetUp
) -> None:
    phone = set_up(app.test_client(), cast.owner)
    client = app.test_client()
    give_password(client, cast.owner, remember="y")
    give_code(client, phone.code)
    new = {"old": PASSWORD, "password": "another horse"}
    assert client.post("/account/password", data=new).status_code == 302
    [row] = db.session.scalars(sa.select(WebSession).where(WebSession.ended_at.is_(None)))
    assert (row.remembered, row.second_step) == (True, True)


def test_the_demonstration_lets_anyone_in_past_a_visitors_step(
    app: Flask, cast: Cast, set_up: SetUp
) -> None:
    set_up(app.test_client(), cast.owner)
    with transaction():
        owner = person_with_email(cast.owner)
        assert owner is not None
        services.mark_as_demo([owner])
    client = app.test_client()
    client.post("/sign-in/demo", data={"email": cast.owner})
    assert is_in(client)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_the_key_of_the_installation_changed(app: Flask, cast: Cast, set_up: SetUp) -> None:
    """Codes of apps are worth nothing then; recovery codes still are."""
    phone = set_up(app.test_client(), cast.owner)
    app.config["SECRET_KEY"] = "another one"
    client: FlaskClient = app.test_client()
    give_password(client, cast.owner)
    assert give_code(client, phone.code).status_code == 400
    assert give_code(client, phone.codes[3]).status_code == 302
    assert "Works no longer: set it up again" in client.get("/account/second-step").text
