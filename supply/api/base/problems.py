"""What the API answers when it refuses: problem documents that a program can act on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response
from flask_babel import gettext as _
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from supply.inventory.refusals import ShortageError, StandsInTheWayError
from supply.items.refusals import UnknownItemError
from supply.payments.refusals import StripeAway
from supply.quantity import as_text
from supply.receiving.refusals import AlreadyReceived
from supply.treatments.warnings import WarningsError
from supply.web.problems import problem

WINDOW_SECONDS = 60
"""Calls are counted by the minute."""


class FieldErrorSchema(Schema):
    """One fault, and the field it is in ("lines.0.sku"; empty for the whole)."""

    field = fields.String(required=True)
    message = fields.String(required=True)


class ShortageSchema(Schema):
    """An item of which there is too little, in its base unit."""

    sku = fields.String(required=True)
    needed = fields.String(required=True)
    available = fields.String(required=True)


class ObstacleSchema(Schema):
    """A later entry that keeps one from being undone."""

    entry = fields.Integer(required=True)
    kind = fields.String(required=True)
    occurred_at = fields.DateTime(required=True)
    lot = fields.String(required=True)


class WarningSchema(Schema):
    """Something that asks for a reason before one may go on; send it back in ``overrides``."""

    warning = fields.String(required=True)
    skus = fields.List(fields.String(), required=True)
    source = fields.String(required=True)
    message = fields.String(required=True)


class ProblemSchema(Schema):
    """A problem document (RFC 9457); a refusal adds what stands in the way."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(
        allow_none=True, metadata={"description": "The operator finds the call by it."}
    )
    errors = fields.List(fields.Nested(FieldErrorSchema), required=True)
    shortages = fields.List(fields.Nested(ShortageSchema))
    obstacles = fields.List(fields.Nested(ObstacleSchema))
    warnings = fields.List(fields.Nested(WarningSchema))
    received_by = fields.String(metadata={"description": "Who received the shipment already."})
    received_at = fields.DateTime()
    entry = fields.Integer(metadata={"description": "The entry by which they received it."})
    claims = fields.String(metadata={"description": "Where to claim what was wrong with it."})


def install(blueprint: Blueprint) -> None:
    """Answer what ``blueprint`` refuses; the rest is answered as everywhere under /api."""
    blueprint.register_error_handler(422, _invalid)
    blueprint.register_error_handler(429, _too_many)
    blueprint.register_error_handler(ShortageError, _short)
    blueprint.register_error_handler(WarningsError, _warned)
    blueprint.register_error_handler(StandsInTheWayError, _stands_in_the_way)
    blueprint.register_error_handler(UnknownItemError, _unknown_item)
    blueprint.register_error_handler(AlreadyReceived, _already_received)
    blueprint.register_error_handler(StripeAway, _away)


def unauthorised() -> Response:
    """Return 401: no token, or none that is good."""
    answer = problem(401, _("Send a bearer token that is good: Authorization: Bearer …"))
    answer.headers["WWW-Authenticate"] = 'Bearer realm="Supply"'
    return answer


def _too_many(_error: HTTPException) -> Response:
    answer = problem(429, _("Too many calls in a minute. Wait, then go on."))
    answer.headers["Retry-After"] = str(WINDOW_SECONDS)
    return answer


def _invalid(error: HTTPException) -> Response:
    """Answer what a schema refused: every fault, by field."""
    messages: dict[str, Any] = getattr(error, "data", {}).get("messages", {})
    faults = [fault for said in messages.values() for fault in _faults(said)]
    return problem(422, _("This cannot be taken: see the errors."), faults)


def _faults(said: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield (field, message); what marshmallow nests becomes a dotted field."""
    if isinstance(said, dict):
        for key, inner in said.items():
            leaf = key in ("_schema", "key", "value") and not isinstance(inner, dict)
            yield from _faults(inner, path if leaf else (*path, str(key)))
    else:
        for message in said:
            yield ".".join(path), str(message)


def _short(error: ShortageError) -> Response:
    shortages = [
        {
            "sku": item.code,
            "needed": as_text(item.needed),
            "available": as_text(item.available),
        }
        for item in error.items
    ]
    return problem(409, str(error), more={"shortages": shortages})


def _warned(error: WarningsError) -> Response:
    warnings = [warning.as_json() for warning in error.warnings]
    return problem(409, str(error), more={"warnings": warnings})


def _stands_in_the_way(error: StandsInTheWayError) -> Response:
    obstacles = [
        {
            "entry": obstacle.entry_id,
            "kind": obstacle.kind,
            "occurred_at": obstacle.occurred_at.isoformat(),
            "lot": obstacle.lot_number,
        }
        for obstacle in error.obstacles
    ]
    return problem(409, str(error), more={"obstacles": obstacles})


def _already_received(error: AlreadyReceived) -> Response:
    more = {
        "received_by": error.who,
        "received_at": error.at.isoformat(),
        "entry": error.entry,
        "claims": f"/api/v1/orders/{error.order_id}/claims",
    }
    return problem(409, str(error), more=more)


def _away(error: StripeAway) -> Response:
    return problem(503, str(error))


def _unknown_item(error: UnknownItemError) -> Response:
    return problem(422, str(error), [("sku", str(error))])
