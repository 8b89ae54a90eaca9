"""Shapes that several answers share."""

from __future__ import annotations

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields

from supply.api.fields import Input

MOST_LINES = 500


class NothingSchema(Input):
    """A call that needs no more than its address: ``{}``."""


class MoneySchema(Schema):
    """A sum of money."""

    amount = fields.String(required=True)
    currency = fields.String(required=True)


class EntrySchema(Schema):
    """The ledger entry that a call wrote."""

    entry = fields.Integer(required=True)


def some_lines(lines: list[object]) -> None:
    """Refuse no lines at all, and more than one call carries."""
    if not lines:
        raise ValidationError(_("Send at least one line."))
    if len(lines) > MOST_LINES:
        raise ValidationError(_("Send at most %(most)d lines in a call.", most=MOST_LINES))
