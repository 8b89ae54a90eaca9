"""People who sign in."""

from __future__ import annotations

import datetime as dt
from typing import Final

from flask.testing import FlaskClient

from supply.accounts.queries import person_with_email

NOW: Final = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
PASSWORD: Final = "correct horse"


def sign_in(client: FlaskClient, email: str) -> None:
    """Give ``client`` a session of the person with ``email``, without the sign-in page."""
    with client.application.app_context():
        person = person_with_email(email)
        assert person is not None, email
        identity = person.get_id()
    with client.session_transaction() as session:
        session["_user_id"] = identity
        session["_fresh"] = True
