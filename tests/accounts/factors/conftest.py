"""The second step is tested with a small cast, a clock that stands still, and phones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from supply import clock
from supply.audit.models import AuditRow
from supply.db import db
from supply.outbox.models import Mail
from tests.support.cast import Cast, make_cast
from tests.support.people import NOW, PASSWORD
from tests.support.time import Clock

CODES: Final = re.compile(r"<li>((?:[0-9A-Z]{4}-){3}[0-9A-Z]{4})</li>")
KEY: Final = re.compile(r'class="typed-key">([A-Z2-7 ]+)<')


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time it is; it stands still until moved."""
    kept = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: kept.now)
    return kept


@pytest.fixture
def cast(app: Flask, told: Clock) -> Cast:
    """An owner, a colleague, an outsider; a supplier's admin and packer."""
    app.config["PUBLIC_URL"] = "https://supply.example"
    return make_cast()


@dataclass
class Phone:
    """An app that shows codes, and the recovery codes its person wrote down."""

    secret: str
    told: Clock
    codes: list[str]

    @property
    def code(self) -> str:
        """The code it shows now."""
        return pyotp.TOTP(self.secret).at(self.told.now)


SetUp = Callable[[FlaskClient, str], Phone]


def give_password(client: FlaskClient, email: str, **more: str) -> TestResponse:
    """Do the first step."""
    return client.post("/sign-in", data={"email": email, "password": PASSWORD, **more})


def give_code(client: FlaskClient, code: str) -> TestResponse:
    """Do the second."""
    return client.post("/sign-in/code", data={"code": code})


def is_in(client: FlaskClient) -> bool:
    """Return whether somebody is signed in."""
    return client.get("/account").status_code == 200


@pytest.fixture
def set_up(told: Clock) -> SetUp:
    """Sign somebody in and set an app up: ``set_up(client, email)``; the next code is a new one."""

    def made(client: FlaskClient, email: str) -> Phone:
        assert give_password(client, email).status_code == 302
        found = KEY.search(client.get("/account/second-step/app").text)
        assert found is not None
        phone = Phone(found[1].replace(" ", ""), told, [])
        answer = client.post(
            "/account/second-step/app", data={"code": phone.code, "name": "Work phone"}
        )
        assert answer.status_code == 200, answer.text
        phone.codes = CODES.findall(answer.text)
        told.forward(seconds=30)
        return phone

    return made


def actions() -> list[str]:
    """Return what was done, as the audit says it, in order."""
    return list(db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id)))


def mails(to: str) -> list[str]:
    """Return the subjects of the mails to an address, in order."""
    query = sa.select(Mail.subject).where(Mail.to_address == to).order_by(Mail.id)
    return list(db.session.scalars(query))
