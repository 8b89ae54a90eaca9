"""What the API says of a return."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import Schema, fields

from supply.api.base.fields import Day, Moment
from supply.api.base.schemas import MoneySchema
from supply.returning.models import Return, ReturnLine
from supply.returning.queries import returns_of, standing
from supply.returning.terms import CarriageBy, Fate, ReturnReason, ReturnState


def _words(kind: type[Any], *, nullable: bool = False) -> dict[str, Any]:
    return {"enum": [*(word.value for word in kind), *([None] if nullable else [])]}


class ReturnStatusSchema(Schema):
    """A return, where it stands, and its number once it is authorised."""

    return_ = fields.Integer(required=True, data_key="return", attribute="return")
    status = fields.String(required=True, metadata=_words(ReturnState))
    rma = fields.String(required=True, allow_none=True)


class ReturnLineAnswer(Schema):
    """Packs of a lot; ``credit`` is for a pack, net, ``restocking`` what is kept of its price."""

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    packs = fields.Integer(required=True)
    credit = fields.Nested(MoneySchema, required=True, allow_none=True)
    restocking = fields.Nested(MoneySchema, required=True, allow_none=True)
    accepted = fields.Integer(required=True, allow_none=True)
    """Packs that the supplier accepted; null before it has received them."""
    refused_because = fields.String(required=True)
    fate = fields.String(required=True, allow_none=True, metadata=_words(Fate, nullable=True))
    """What becomes of packs that are not accepted."""
    back = fields.Integer(required=True)
    """Packs not accepted that are in the clinic's stock again."""


class ReturnAnswer(ReturnStatusSchema):
    """A return with its lines."""

    reason = fields.String(required=True, metadata=_words(ReturnReason))
    note = fields.String(required=True)
    answer = fields.String(required=True)
    asked_at = Moment(required=True)
    valid_until = Day(required=True, allow_none=True)
    carriage = fields.String(
        required=True, allow_none=True, metadata=_words(CarriageBy, nullable=True)
    )
    """Who pays for sending the packs."""
    carrier = fields.String(required=True)
    tracking = fields.String(required=True)
    sent_at = Moment(required=True, allow_none=True)
    settled_at = Moment(required=True, allow_none=True)
    lines = fields.List(fields.Nested(ReturnLineAnswer), required=True)


def return_status(whole: Return, now: dt.datetime) -> dict[str, Any]:
    """Return a return in short."""
    return {"return": whole.id, "status": standing(whole, now).value, "rma": whole.number}


def return_answers(order_id: int, now: dt.datetime) -> list[dict[str, Any]]:
    """Return all that both sides see of the returns of an order."""
    return [_answer(one, now) for one in returns_of(order_id)]


def _answer(whole: Return, now: dt.datetime) -> dict[str, Any]:
    return {
        **return_status(whole, now),
        "reason": whole.reason.value,
        "note": whole.note,
        "answer": whole.answer,
        "asked_at": whole.asked_at,
        "valid_until": whole.valid_until,
        "carriage": whole.carriage_by.value if whole.carriage_by else None,
        "carrier": whole.carrier,
        "tracking": whole.tracking,
        "sent_at": whole.sent_at,
        "settled_at": whole.settled_at,
        "lines": [_line(line) for line in whole.lines],
    }


def _line(line: ReturnLine) -> dict[str, Any]:
    return {
        "sku": line.order_line.sku,
        "lot": line.lot.number,
        "packs": line.packs,
        "credit": line.credit.as_json() if line.credit else None,
        "restocking": line.restocking.as_json() if line.restocking else None,
        "accepted": line.accepted,
        "refused_because": line.refused_why,
        "fate": line.fate.value if line.fate else None,
        "back": line.back,
    }
