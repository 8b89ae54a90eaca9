"""The account page: details, password, tokens, where one goes first."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.confirming import PER_PERSON
from supply.accounts.credentials import ApiToken
from supply.accounts.models import Person
from supply.accounts.queries import person_with_email, practice_with_code
from supply.accounts.services import person_for_token, verify_password
from supply.accounts.tokens import STEP
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.clock import now
from supply.db import db, transaction
from supply.outbox.models import Mail
from supply.outbox.terms import MailKind
from supply.settings.services import open_clinic
from tests.support.cast import Cast
from tests.support.people import PASSWORD, sign_in


@pytest.fixture
def owner(client: FlaskClient, cast: Cast) -> FlaskClient:
    """The owner, signed in."""
    sign_in(client, cast.owner)
    return client


def test_name_and_language(owner: FlaskClient, cast: Cast) -> None:
    assert owner.post("/account", data={"name": "Olga B", "locale": "fr"}).status_code == 302
    person = person_with_email(cast.owner)
    assert person is not None
    assert (person.name, person.locale) == ("Olga B", "fr")
    answer = owner.get("/account")
    assert '<html lang="fr">' in answer.text


def test_an_unknown_language_is_refused(owner: FlaskClient, cast: Cast) -> None:
    answer = owner.post("/account", data={"name": "Kept as typed", "locale": "tlh"})
    assert answer.status_code == 400
    assert "Kept as typed" in answer.text


def test_a_new_password_keeps_this_session_only(app: Flask, owner: FlaskClient, cast: Cast) -> None:
    there = app.test_client()
    sign_in(there, cast.owner)
    new = {"old": PASSWORD, "password": "another horse"}
    assert owner.post("/account/password", data=new).status_code == 302
    assert owner.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_a_wrong_present_password_changes_nothing(owner: FlaskClient, cast: Cast) -> None:
    answer = owner.post("/account/password", data={"old": "wrong", "password": "another horse"})
    assert answer.status_code == 400
    assert "This is not your current password." in answer.text
    person = person_with_email(cast.owner)
    assert person is not None
    assert verify_password(person, PASSWORD)


def _token(owner: FlaskClient, **change: str) -> str:
    form = {"token_name": "Diary", "expires_days": "30", "token_password": PASSWORD, **change}
    answer = owner.post("/account/tokens", data=form)
    assert answer.status_code == 200
    found = re.search(r"<code[^>]*>([^<]+)</code>", answer.text)
    assert found is not None
    return found[1]


def test_guessing_the_present_password_is_stopped(
    owner: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)  # counted by the quarter of an hour
    wrong = {"old": "wrong horse", "password": "another horse"}
    statuses = [
        owner.post("/account/password", data=wrong).status_code for _turn in range(PER_PERSON + 1)
    ]
    assert statuses == [400] * PER_PERSON + [429]
    right = {"old": PASSWORD, "password": "another horse"}
    assert owner.post("/account/password", data=right).status_code == 429
    token = {"token_name": "Diary", "token_password": PASSWORD}
    assert owner.post("/account/tokens", data=token).status_code == 429
    person = person_with_email(cast.owner)
    assert person is not None
    assert verify_password(person, PASSWORD)
    assert _actions().count("person.password_refused") == PER_PERSON


def test_a_right_present_password_is_not_counted(owner: FlaskClient) -> None:
    for _turn in range(PER_PERSON + 2):
        _token(owner)


@pytest.mark.parametrize("password", ["password12", "olga@clinic.example", "short", "x1" * 101])
def test_a_password_that_does_not_do_changes_nothing(
    owner: FlaskClient, cast: Cast, password: str
) -> None:
    answer = owner.post("/account/password", data={"old": PASSWORD, "password": password})
    assert answer.status_code == 400
    assert owner.get("/account").status_code == 200
    person = person_with_email(cast.owner)
    assert person is not None
    assert verify_password(person, PASSWORD)
    assert _mails() == []


def test_a_changed_password_is_told_by_mail(owner: FlaskClient, cast: Cast) -> None:
    owner.post("/account/password", data={"old": PASSWORD, "password": "another horse"})
    [mail] = _mails()
    assert (mail.to_address, mail.kind, mail.practice_id) == (cast.owner, MailKind.ACCOUNT, None)
    assert mail.subject == "Your password for Supply was changed."
    assert "If not, choose a new password" in mail.text
    assert "another horse" not in mail.text


def test_who_cannot_be_mailed_may_still_change_the_password(owner: FlaskClient, cast: Cast) -> None:
    with transaction():
        db.session.execute(sa.update(Person).values(email=sa.literal("ö") + Person.email))
    new = {"old": PASSWORD, "password": "another horse"}
    assert owner.post("/account/password", data=new).status_code == 302
    [mail] = _mails()
    assert mail.set_aside_at is not None


def test_a_mail_says_a_name_as_it_was_typed(owner: FlaskClient) -> None:
    _token(owner, token_name="Tom & <b>Jerry</b>")
    [mail] = _mails()
    assert mail.subject == "A token for your account was made: Tom & <b>Jerry</b>."
    assert "made: Tom & <b>Jerry</b>." in mail.text
    assert "Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;" in mail.html


def test_a_token_is_shown_once_and_ended(owner: FlaskClient, cast: Cast) -> None:
    secret = _token(owner)
    person = person_for_token(secret, now=now())
    assert person is not None
    assert person.email == cast.owner
    page = owner.get("/account").text
    assert secret not in page
    assert "Diary" in page
    assert "Never used." in page
    [mail] = _mails()
    assert mail.subject == "A token for your account was made: Diary."
    assert secret not in mail.text + mail.html
    assert owner.post("/account/tokens/1/revoke").status_code == 302
    assert person_for_token(secret, now=now()) is None
    assert owner.post("/account/tokens/2/revoke").status_code == 404
    assert _actions()[-2:] == ["token.issued", "token.revoked"]


@pytest.mark.parametrize(
    "change", [{"token_password": "wrong horse"}, {"token_password": ""}, {"token_name": ""}]
)
def test_a_token_needs_the_password_and_a_name(owner: FlaskClient, change: dict[str, str]) -> None:
    form = {"token_name": "Diary", "token_password": PASSWORD, **change}
    assert owner.post("/account/tokens", data=form).status_code == 400
    assert db.session.scalars(sa.select(ApiToken)).all() == []


def test_too_long_a_token_is_refused(owner: FlaskClient) -> None:
    form = {"token_name": "Diary", "token_password": PASSWORD, "expires_days": "99999"}
    assert owner.post("/account/tokens", data=form).status_code == 400


def test_a_token_says_when_it_was_used_and_not_each_time(
    app: Flask, owner: FlaskClient, cast: Cast
) -> None:
    bearer = {"Authorization": f"Bearer {_token(owner)}"}
    program = app.test_client()
    assert program.get("/api/v1/clinics", headers=bearer).status_code == 200
    first = db.session.scalar(sa.select(ApiToken.last_used_at))
    assert first is not None
    program.get("/api/v1/clinics", headers=bearer)
    assert db.session.scalar(sa.select(ApiToken.last_used_at)) == first
    with transaction():
        db.session.execute(sa.update(ApiToken).values(last_used_at=first - STEP))
    program.get("/api/v1/clinics", headers=bearer)
    again = db.session.scalar(sa.select(ApiToken.last_used_at))
    assert again is not None
    assert again >= first
    assert "Last used" in owner.get("/account").text


@pytest.mark.parametrize(
    ("path", "form", "asked"),
    [
        ("/account/password", {"old": PASSWORD, "password": "another horse"}, "end_tokens"),
        ("/account/sign-out-everywhere", {}, "tokens_too"),
        ("/account/sessions/end-others", {}, "tokens_too"),
    ],
)
@pytest.mark.parametrize("too", [False, True])
def test_tokens_end_too_where_it_was_asked(
    owner: FlaskClient, path: str, form: dict[str, str], asked: str, too: bool
) -> None:
    secret = _token(owner)
    assert owner.post(path, data={**form, **({asked: "y"} if too else {})}).status_code == 302
    assert (person_for_token(secret, now=now()) is None) is too


# Where one goes first


def _open_clinic(code: str, name: str) -> None:
    with transaction():
        practice = practice_with_code("alba")
        assert practice is not None
        open_clinic(practice, code=code, name=name, timezone="UTC", actor=SYSTEM, now=now())


def _home(client: FlaskClient) -> str:
    return client.get("/").headers["Location"]


def test_a_new_clinic_is_nobodys_home(owner: FlaskClient) -> None:
    _open_clinic("aaa", "Aaa, the first by name")
    assert _home(owner).startswith("/c/a1/")


def test_the_last_clinic_is_remembered_on_other_devices(
    app: Flask, owner: FlaskClient, cast: Cast
) -> None:
    assert owner.get("/c/a2/today").status_code == 200
    other = app.test_client()
    sign_in(other, cast.owner)
    assert _home(other).startswith("/c/a2/")
    # Two browsers at two clinics: each goes on at its own, the next one where somebody was last.
    other.get("/c/a1/today")
    assert _home(owner).startswith("/c/a2/")
    third = app.test_client()
    sign_in(third, cast.owner)
    assert _home(third).startswith("/c/a1/")


def test_a_place_out_of_reach_is_left_for_another(app: Flask, cast: Cast) -> None:
    viewer = app.test_client()
    sign_in(viewer, cast.colleague)
    viewer.get("/c/a1/today")
    assert viewer.get("/c/o1/today").status_code == 404
    with transaction():
        person = person_with_email(cast.colleague)
        practice = practice_with_code("alba")
        assert person is not None
        assert practice is not None
        person.memberships[0].clinics = [one for one in practice.clinics if one.code == "a2"]
    assert _home(viewer).startswith("/c/a2/")
    with transaction():
        person = person_with_email(cast.colleague)
        assert person is not None
        person.memberships[0].clinics = []
        db.session.flush()
        db.session.delete(person.memberships[0])
    assert "not a member anywhere yet" in viewer.get("/").text


def test_a_suppliers_desk_is_remembered_too(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    sign_in(client, cast.admin)
    client.get(_home(client))
    person = person_with_email(cast.admin)
    assert person is not None
    assert (person.last_clinic_id, person.last_supplier_id) == (None, 1)


def _mails() -> list[Mail]:
    return list(db.session.scalars(sa.select(Mail).order_by(Mail.id)))


def _actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id)))
