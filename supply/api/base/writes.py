"""Doing what a call asks for, once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import request
from flask_babel import gettext as _

from supply import clock, idempotency
from supply.api.base import auth
from supply.api.base.parsing import body_as_sent
from supply.refusals import InvalidInput

HEADER = "Idempotency-Key"
LONGEST_KEY = 190

KEY_PARAMETER = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": r"^[ -~]*[!-~][ -~]*$",
    },
    "description": "The same key with the same content gets the first answer again.",
}


def once(work: Callable[[dt.datetime], dict[str, Any]]) -> dict[str, Any]:
    """Run ``work`` in one transaction, once per person and Idempotency-Key.

    Raises:
        InvalidInput: an empty or too long key.
        IdempotencyConflictError: the key was used for something else.
    """
    now = clock.now()
    actor, key = auth.actor(), _key()
    content = {"method": request.method, "path": request.path, "body": body_as_sent()}
    return idempotency.once(actor, key, content, lambda: work(now), now)


def _key() -> str | None:
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
        message = _("Send a key of 1 to %(most)d characters.", most=LONGEST_KEY)
        raise InvalidInput((HEADER, message))
    return f"api:{key}"
