"""Lists in pages: a cursor says after which row the next one begins."""

from __future__ import annotations

from flask import current_app, request
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from marshmallow import Schema, fields

from supply.api.base.fields import Input, Text
from supply.refusals import InvalidInput

PAGE = 100
"""Rows in an answer."""


class CursorSchema(Input):
    """Where to go on."""

    cursor = Text(400)


class NextSchema(Schema):
    """What every list ends with."""

    next = fields.String(
        required=True, allow_none=True, metadata={"description": "Send it as `cursor` to go on."}
    )


def cursor_after(row: str | int) -> str:
    """Return the cursor of the page that begins after ``row`` in the list now asked for.

    It is signed, and good for this list alone: nobody else's place in another list.
    """
    return _signer().dumps(str(row))


def read_cursor(text: str | None) -> str | None:
    """Return what `cursor_after` was given; None without a cursor.

    Raises:
        InvalidInput: not one of ours, or one of another list.
    """
    if text is None:
        return None
    try:
        return str(_signer().loads(text))
    except BadData as error:
        raise InvalidInput(("cursor", _("Send the “next” of the page before."))) from error


def id_cursor(text: str | None) -> int | None:
    """Return the id that a cursor holds; raises as :func:`read_cursor`."""
    row = read_cursor(text)
    return None if row is None else int(row)


def _signer() -> URLSafeSerializer:
    secret = str(current_app.config["SECRET_KEY"])
    return URLSafeSerializer(secret, salt=f"cursor {request.path}")
