"""Lists in pages: a cursor says after which row the next one begins."""

from __future__ import annotations

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply.api.base.fields import LARGEST_ID, Input, Text
from supply.refusals import InvalidInput

PAGE = 100
"""Rows in an answer."""


class CursorSchema(Input):
    """Where to go on."""

    cursor = Text(100)


class NextSchema(Schema):
    """What every list ends with."""

    next = fields.String(
        required=True, allow_none=True, metadata={"description": "Send it as `cursor` to go on."}
    )


def id_cursor(text: str | None) -> int | None:
    """Return the id that a cursor holds.

    Raises:
        InvalidInput: not one of ours.
    """
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > LARGEST_ID:
        raise InvalidInput(("cursor", _("Send the “next” of the page before.")))
    return int(text)
