"""Shapes that several answers share."""

from __future__ import annotations

from collections.abc import Sized
from typing import TypeVar

from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields, validate

from supply.api.base.fields import Input

MOST_LINES = 500

Lines = TypeVar("Lines", bound=Sized)


class NothingSchema(Input):
    """A call that needs no more than its address: ``{}``."""


class MoneySchema(Schema):
    """A sum of money."""

    amount = fields.String(required=True)
    currency = fields.String(required=True)


class EntrySchema(Schema):
    """The ledger entry that a call wrote."""

    entry = fields.Integer(required=True)


class SomeLines(validate.Length):
    """Refuses no lines at all, and more than one call carries."""

    def __init__(self) -> None:
        """Take from one line to MOST_LINES."""
        super().__init__(min=1, max=MOST_LINES)

    def __call__(self, value: Lines) -> Lines:
        """Return ``value`` where it has as many lines as it may have."""
        if not value:
            raise ValidationError(_("Send at least one line."))
        if len(value) > MOST_LINES:
            raise ValidationError(_("Send at most %(most)d lines in a call.", most=MOST_LINES))
        return value
