"""Doing what a call asks for, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import request
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError, OperationalError

from supply import clock
from supply.api import auth
from supply.api.parsing import body_as_sent
from supply.audit import services as audit
from supply.audit.services import InvalidInput
from supply.db import db

HEADER = "Idempotency-Key"
LONGEST_KEY = 190
TRIES = 5

KEY_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "The same key with the same content gets the first answer again.",
}


def once(work: Callable[[dt.datetime], dict[str, Any]]) -> dict[str, Any]:
    """Run ``work`` in one transaction, once per person and Idempotency-Key.

    Two calls that make the same row at once (an item, a lot) cannot both; the one that failed
    finds it there on its next try.

    Raises:
        InvalidInput: an empty or too long key.
        IdempotencyConflictError: the key was used for something else.
    """
    now = clock.now()
    actor, key = auth.actor(), _key()
    content = {"method": request.method, "path": request.path, "body": body_as_sent()}
    for _try in range(TRIES - 1):
        try:
            return audit.once(actor, key, content, lambda: work(now), now)
        except (IntegrityError, OperationalError):
            db.session.rollback()
    return audit.once(actor, key, content, lambda: work(now), now)


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
        message = _("Send a key of 1 to %(most)d characters.", most=LONGEST_KEY)
        raise InvalidInput((HEADER, message))
    return f"api:{key}"
