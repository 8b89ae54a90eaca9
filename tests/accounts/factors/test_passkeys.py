"""Passkeys: made, used as the second step, used alone; what is not taken."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from supply.accounts.factors import passkeys
from supply.accounts.factors.models import Passkey
from supply.accounts.factors.recovery import make_codes
from supply.accounts.queries import person_with_email
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
from tests.accounts.factors.conftest import CODES, actions, give_code, give_password, is_in, mails
from tests.support.cast import Cast
from tests.support.passkeys import Device
from tests.support.people import PASSWORD
from tests.support.time import Clock

ORIGIN: Final = "https://supply.example"
SITE: Final = "supply.example"


def _question(client: FlaskClient, path: str, **form: str) -> dict[str, Any]:
    answer = client.post(path, data=form)
    assert answer.status_code == 200, answer.text
    return dict(json.loads(answer.text))


def _make(client: FlaskClient, device: Device, **form: str) -> TestResponse:
    """Make a passkey in the browser of somebody signed in."""
    options = _question(client, "/account/second-step/passkey/question", **form)
    sent = {"answer": device.make(options), **form}
    return client.post("/account/second-step/passkey", data=sent)


def _alone(client: FlaskClient, device: Device) -> TestResponse:
    """Sign in by a passkey alone."""
    options = _question(client, "/sign-in/passkey/question")
    assert options["userVerification"] == "required"
    assert options["allowCredentials"] == []
    return client.post(
        "/sign-in/passkey", data={"answer": device.sign(options), "next": "/account"}
    )


def _second(client: FlaskClient, device: Device) -> TestResponse:
    options = _question(client, "/sign-in/passkey/question?step=second")
    return client.post("/sign-in/code/passkey", data={"answer": device.sign(options)})


@pytest.fixture
def laptop(app: Flask, cast: Cast) -> Device:
    """A passkey of the owner."""
    device, client = Device(ORIGIN, SITE), app.test_client()
    give_password(client, cast.owner)
    answer = _make(client, device, name="Laptop")
    assert len(CODES.findall(answer.text)) == 10
    return device


def test_a_passkey_is_the_second_step_or_the_only_one(
    app: Flask, cast: Cast, laptop: Device, told: Clock
) -> None:
    client = app.test_client()
    assert give_password(client, cast.owner).headers["Location"] == "/sign-in/code"
    assert "Use your passkey" in client.get("/sign-in/code").text
    told.forward(minutes=5)
    assert _second(client, laptop).headers["Location"] == "/"
    assert is_in(client)
    alone = app.test_client()
    assert "Sign in with a passkey" in alone.get("/sign-in").text
    assert _alone(alone, laptop).headers["Location"] == "/account"
    assert is_in(alone)
    row = db.session.scalars(sa.select(Passkey)).one()
    assert (row.name, row.site, row.sign_count, row.last_used_at) == (
        "Laptop", SITE, 2, told.now
    )  # fmt: skip


def test_an_answer_is_taken_once(app: Flask, cast: Cast, laptop: Device) -> None:
    client, thief = app.test_client(), app.test_client()
    options = _question(client, "/sign-in/passkey/question")
    with client.session_transaction() as kept:
        copy = dict(kept)
    with thief.session_transaction() as other:
        other.update(copy)
    sent = {"answer": laptop.sign(options)}
    assert client.post("/sign-in/passkey", data=sent).headers["Location"] == "/"
    assert thief.post("/sign-in/passkey", data=sent).headers["Location"] == "/sign-in"
    assert not is_in(thief)


def test_what_is_not_taken(app: Flask, cast: Cast, laptop: Device, told: Clock) -> None:
    """Another site, another key, nobody asked who holds it, another question, too late, rubbish."""
    client = app.test_client()
    genuine = laptop.credential_id, laptop.key
    elsewhere = Device("https://supply.example.evil.example", SITE)
    other_site = Device(ORIGIN, "evil.example")
    elsewhere.credential_id, elsewhere.key = genuine
    other_site.credential_id, other_site.key = genuine
    forged = Device(ORIGIN, SITE, credential_id=laptop.credential_id)
    unknown = Device(ORIGIN, SITE)
    for device in (elsewhere, other_site, forged, unknown):
        assert _alone(client, device).headers["Location"].startswith("/sign-in?next=")
    laptop.verifies = False
    assert _alone(client, laptop).headers["Location"].startswith("/sign-in?next=")
    laptop.verifies = True
    old = laptop.sign(_question(client, "/sign-in/passkey/question"))
    _question(client, "/sign-in/passkey/question")
    late = laptop.sign(_question(client, "/sign-in/passkey/question"))
    told.forward(minutes=10)
    for answer in (old, late, "", "{}", "[]", "null", '{"id": 3}', "x" * 30_000, late[:-30] + "}"):
        answered = client.post("/sign-in/passkey", data={"answer": answer})
        assert answered.headers["Location"] == "/sign-in"
    assert not is_in(client)


def test_a_passkey_is_its_persons_alone(app: Flask, cast: Cast, laptop: Device) -> None:
    """Whoever knows a colleague's password does not come in as them with a passkey of their own."""
    own = Device(ORIGIN, SITE)
    packer = app.test_client()
    give_password(packer, cast.packer)
    _make(packer, own)
    client = app.test_client()
    give_password(client, cast.owner)
    assert _second(client, own).headers["Location"] == "/sign-in/code"
    assert not is_in(client)
    assert actions()[-1] == "person.code_refused"


def test_a_count_that_does_not_rise_is_noted(app: Flask, cast: Cast, laptop: Device) -> None:
    client = app.test_client()
    laptop.count = 6
    _alone(client, laptop)
    laptop.count = 4
    assert _alone(client, laptop).headers["Location"] == "/account"
    row = db.session.scalars(
        sa.select(AuditRow).where(AuditRow.action == "factor.count_fell")
    ).one()
    assert (row.before, row.after) == ({"name": "Laptop", "count": 7}, {"count": 5})
    assert db.session.scalars(sa.select(Passkey.sign_count)).one() == 7
    told_of = "A passkey of yours may have been copied: Laptop."
    assert mails(cast.owner)[-1] == told_of
    _alone(app.test_client(), laptop)
    assert mails(cast.owner).count(told_of) == 1, "once a day"


def test_one_device_has_one_passkey_and_a_tablet_without_one_a_code(
    app: Flask, cast: Cast, laptop: Device
) -> None:
    client = app.test_client()
    _alone(client, laptop)
    options = _question(client, "/account/second-step/passkey/question")
    assert len(options["excludeCredentials"]) == 1
    again = client.post("/account/second-step/passkey", data={"answer": laptop.make(options)})
    assert again.headers["Location"] == "/account/second-step/passkey"
    tablet = app.test_client()
    give_password(tablet, cast.owner)
    page = tablet.get("/sign-in/code").text
    assert "Without your passkey: one of your recovery codes." in page


def test_the_password_is_asked_before_the_device_is(
    client: FlaskClient, cast: Cast, told: Clock
) -> None:
    give_password(client, cast.owner)
    told.forward(minutes=11)
    path = "/account/second-step/passkey/question"
    assert client.post(path).status_code == 400
    wrong = client.post(path, data={"own_password": "wrong horse"})
    assert (wrong.status_code, json.loads(wrong.text)) == (
        400, {"error": "This is not your current password."}
    )  # fmt: skip
    assert client.post("/account/second-step/passkey", data={"answer": "{}"}).status_code == 302
    assert _make(client, Device(ORIGIN, SITE), own_password=PASSWORD).status_code == 200


def test_where_nothing_was_asked_no_answer_holds(
    client: FlaskClient, cast: Cast, laptop: Device, told: Clock
) -> None:
    """A session left open adds no passkey past the password by answering an empty question."""
    unasked = {"challenge": ""}
    thief = {"answer": laptop.sign(unasked)}
    assert client.post("/sign-in/passkey", data=thief).headers["Location"] == "/sign-in"
    _alone(client, laptop)
    told.forward(minutes=11)
    sent = {"answer": Device(ORIGIN, SITE).make(unasked)}
    answer = client.post("/account/second-step/passkey", data=sent)
    assert answer.headers["Location"] == "/account/second-step/passkey"
    assert actions().count("factor.added") == 1


def test_a_passkey_that_is_removed_meanwhile_lets_nobody_in(
    app: Flask, cast: Cast, laptop: Device, told: Clock
) -> None:
    question = passkeys.question_to_come_in(None)
    found = passkeys.answer_behind(
        laptop.sign(json.loads(question.options)), question.challenge, person_id=None
    )
    with transaction():
        db.session.execute(sa.delete(Passkey))
    with pytest.raises(passkeys.PasskeyRefused, match="not known here"), transaction():
        passkeys.take(found, question.challenge, actor=SYSTEM, now=told.now)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://Supply.Example:443", "supply.example"),
        ("https://m\u00fcller.example", "xn--mller-kva.example"),
    ],
)
def test_an_address_is_read_as_browsers_say_it(
    app: Flask, cast: Cast, address: str, site: str
) -> None:
    app.config["PUBLIC_URL"] = address
    client = app.test_client()
    give_password(client, cast.owner)
    assert passkeys.site() == site
    assert _make(client, Device(f"https://{site}", site)).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://supply.example", "supply.example"),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]:8443", None),
        ("http://supply.example", None),
        ("https://a..example", None),
    ],
)
def test_where_passkeys_work(app: Flask, address: str, site: str | None) -> None:
    app.config["PUBLIC_URL"] = address
    assert passkeys.site() == site
    offered = "Sign in with a passkey" in app.test_client().get("/sign-in").text
    assert offered is (site is not None)


def test_a_passkey_of_an_earlier_address_says_so(
    app: Flask, cast: Cast, laptop: Device, told: Clock
) -> None:
    app.config["PUBLIC_URL"] = "https://stock.example"
    client = app.test_client()
    give_password(client, cast.owner)
    assert "Use your passkey" not in client.get("/sign-in/code").text
    with transaction():
        owner = person_with_email(cast.owner)
        assert owner is not None
        code = make_codes(owner, actor=SYSTEM, now=told.now)[0]
    assert give_code(client, code).status_code == 302
    assert "Made for supply.example" in client.get("/account/second-step").text
