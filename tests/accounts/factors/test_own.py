"""One's own second step under Account: adding, removing, recovery codes."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.credentials import WebSession
from supply.accounts.factors import services
from supply.accounts.factors.models import AuthenticatorApp, RecoveryCode
from supply.accounts.factors.queries import codes_left
from supply.accounts.queries import person_with_email
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
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
    # Another tab still shows the picture of the first.
    same = client.post("/account/second-step/app", data={"code": first.code})
    assert "This is the code of Work phone, which is set up already." in same.text
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


def test_an_app_is_renamed_in_its_row(
    app: Flask, client: FlaskClient, cast: Cast, set_up: SetUp
) -> None:
    set_up(client, cast.owner)
    row = db.session.scalars(sa.select(AuthenticatorApp)).one()
    path, field = f"/account/second-step/apps/{row.id}/name", f"app-{row.id}-name"
    stranger = app.test_client()
    sign_in(stranger, cast.outsider)
    assert stranger.post(path, data={field: "Mine"}).status_code == 404
    for name, why in (("", "Enter a name."), ("x" * 61, "at most 60 characters")):
        refused = client.post(path, data={field: name})
        assert refused.status_code == 400
        assert why in refused.text
        assert f'value="{name}"' in refused.text
        assert "open><summary>" in refused.text
    odd = " Bj\u00f6rk\u2019s <b>\u202e  phone\u200b "
    assert client.post(path, data={field: odd}).headers["Location"] == "/account/second-step"
    assert client.post(path, data={field: odd}).status_code == 302  # nothing more is done
    assert "Bj\u00f6rk\u2019s &lt;b&gt; phone</span>" in client.get("/account/second-step").text
    [noted] = db.session.scalars(sa.select(AuditRow).where(AuditRow.action == "factor.renamed"))
    assert (noted.before, noted.after) == (
        {"kind": "app", "name": "Work phone"},
        {"kind": "app", "name": "Bj\u00f6rk\u2019s <b> phone"},
    )


def test_what_is_removed_twice_at_once_is_removed_once(
    app: Flask, client: FlaskClient, cast: Cast, set_up: SetUp, told: Clock
) -> None:
    """The twin that waited takes nothing of what is left for the last one's."""
    set_up(client, cast.owner)
    [key] = KEY.findall(client.get("/account/second-step/app").text)
    tablet = Phone(key.replace(" ", ""), told, [])
    client.post("/account/second-step/app", data={"code": tablet.code, "name": "Tablet"})
    person = person_with_email(cast.owner)
    assert person is not None
    gone = db.session.scalars(sa.select(AuthenticatorApp).order_by(AuthenticatorApp.id)).first()
    assert gone is not None
    db.session.execute(sa.delete(AuthenticatorApp).where(AuthenticatorApp.id == gone.id))
    db.session.commit()
    with transaction():
        services.remove(person, gone, actor=SYSTEM, now=told.now)
    assert codes_left(person.id) == 10
    assert "factor.removed" not in actions()


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
