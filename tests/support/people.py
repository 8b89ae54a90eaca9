"""People who sign in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Person
from supply.accounts.queries import person_with_email
from supply.accounts.sessions import Origin, begin
from supply.db import db, transaction

NOW: Final = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
PASSWORD: Final = "correct horse"

AsPerson = Callable[[Person | str], FlaskClient]
"""Gives the own browser, signed in, of a person or of whoever has an e-mail."""


def sign_in(client: FlaskClient, email: str) -> None:
    """Give ``client`` a session of the person with ``email``, without the sign-in page."""
    with client.application.app_context():
        person = person_with_email(email)
        assert person is not None, email
        person_id = person.id
        with transaction():
            person = db.session.get_one(Person, person_id)
            secret = begin(person, Origin("127.0.0.1"), remembered=False, now=clock.now())
    with client.session_transaction() as session:
        session["_user_id"] = secret
        session["_fresh"] = True
