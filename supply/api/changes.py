"""Changes of placed orders: at once while the supplier has not answered, by consent after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply.accounts.access import membership_reaching
from supply.accounts.rules import Right
from supply.amending import services
from supply.amending.models import OrderChange
from supply.amending.services import Wanted
from supply.amending.terms import Answer, ChangeState
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Day, Input, Objects, Text, Whole
from supply.api.base.schemas import NothingSchema, SomeLines
from supply.api.orders import ORDER
from supply.baskets.placing import order_limit
from supply.money import Money
from supply.ordering.models import PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import Side
from supply.refusals import InvalidInput

blueprint = api_blueprint("changes", "Changes of orders")

CHANGE = f"{ORDER}/changes/<int(max={LARGEST_ID}):change_id>"
SIDES = {"buyer": Right.ORDER, "supplier": Right.FULFIL}


class WantedLineSchema(Input):
    """How many packs of a product are wanted in all; 0 takes it off."""

    sku = Text(required=True)
    packs = Whole(0, MOST_PACKS, required=True)


class NewChangeSchema(Input):
    """What is to change: the day of delivery, packs of lines; lines not named stay."""

    requested_on = Day(allow_none=True)
    lines = Objects(WantedLineSchema, many=True, validate=SomeLines())
    reason = Text(2_000, blank=True)


class ChangedLineSchema(Schema):
    """Packs of a line as they are wanted in all once the change is made."""

    sku = fields.String(required=True)
    packs = fields.Integer(required=True)


class ChangeSchema(Schema):
    """A proposal and where it stands."""

    change = fields.Integer(required=True)
    status = fields.String(required=True, metadata={"enum": [word.value for word in ChangeState]})
    proposed_by = fields.String(required=True, metadata={"enum": [word.value for word in Side]})
    requested_on = fields.String(required=True, allow_none=True, metadata={"format": "date"})
    lines = fields.List(fields.Nested(ChangedLineSchema), required=True)
    reason = fields.String(required=True)
    proposed_at = fields.String(required=True, metadata={"format": "date-time"})
    answered_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})


class ProposedSchema(Schema):
    """What came of asking for a change: it is ``made``, or a ``change`` waits for an answer."""

    order = fields.Integer(required=True)
    made = fields.Boolean(required=True)
    change = fields.Nested(ChangeSchema, required=True, allow_none=True)


class ChangesSchema(Schema):
    """All that was ever proposed for an order, the newest first."""

    changes = fields.List(fields.Nested(ChangeSchema), required=True)


@blueprint.route(f"{ORDER}/changes")
@blueprint.response(200, ChangesSchema)
@auth.of_order(buyer=Right.VIEW, supplier=Right.VIEW)
def changes(order: PurchaseOrder) -> dict[str, Any]:
    """List what was proposed for an order; both sides may look."""
    return {"changes": [_answer(change, order) for change in services.changes_of(order.id)]}


@blueprint.route(f"{ORDER}/changes", methods=["POST"])
@blueprint.response(201, ProposedSchema)
@blueprint.writes
@auth.of_order(**SIDES)
@blueprint.arguments(NewChangeSchema)
def propose(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Change a placed order, or propose that to the other side.

    While its supplier has not answered, the clinic's change is made at once. Otherwise it waits
    for the other side; a second one is a 409 until the first is answered or withdrawn.
    """
    order_id, side = order.id, auth.side_of(order, **SIDES)
    packs, rows = _packs(order, body.get("lines", []))
    wanted = Wanted(body.get("requested_on"), packs, body.get("reason", ""))
    limit = _limit(order) if side is Side.CLINIC else None

    def work(now: dt.datetime) -> dict[str, Any]:
        try:
            change = services.propose(
                order_id, wanted, side=side, limit=limit, actor=auth.actor(), now=now
            )
        except InvalidInput as fault:
            raise InvalidInput(*(_by_row(*one, rows) for one in fault.errors)) from None
        told = _answer(change, order) if change else None
        return {"order": order_id, "made": change is None, "change": told}

    return writes.once(work)


@blueprint.route(f"{CHANGE}/accept", methods=["POST"])
@blueprint.response(200, ChangeSchema)
@blueprint.writes
@auth.of_order(**SIDES)
@blueprint.arguments(NothingSchema)
def accept(_body: dict[str, Any], order: PurchaseOrder, change_id: int) -> dict[str, Any]:
    """Take the other side's proposal: the order is changed."""
    return _answered(order, change_id, Answer.ACCEPT)


@blueprint.route(f"{CHANGE}/refuse", methods=["POST"])
@blueprint.response(200, ChangeSchema)
@blueprint.writes
@auth.of_order(**SIDES)
@blueprint.arguments(NothingSchema)
def refuse(_body: dict[str, Any], order: PurchaseOrder, change_id: int) -> dict[str, Any]:
    """Refuse the other side's proposal: the order stays as it is."""
    return _answered(order, change_id, Answer.DECLINE)


@blueprint.route(f"{CHANGE}/withdraw", methods=["POST"])
@blueprint.response(200, ChangeSchema)
@blueprint.writes
@auth.of_order(**SIDES)
@blueprint.arguments(NothingSchema)
def withdraw(_body: dict[str, Any], order: PurchaseOrder, change_id: int) -> dict[str, Any]:
    """Take one's own proposal back."""
    return _answered(order, change_id, Answer.WITHDRAW)


def _answered(order: PurchaseOrder, change_id: int, given: Answer) -> dict[str, Any]:
    order_id, side = order.id, auth.side_of(order, **SIDES)
    limit = _limit(order) if side is Side.CLINIC else None

    def work(now: dt.datetime) -> dict[str, Any]:
        who: dict[str, Any] = {"side": side, "limit": limit, "actor": auth.actor(), "now": now}
        return _answer(services.answer(order_id, change_id, given, **who), order)

    return writes.once(work)


def _limit(order: PurchaseOrder) -> Money | None:
    membership = membership_reaching(auth.person(), order.clinic)
    return order_limit(membership) if membership else Money(0, order.currency)


def _packs(
    order: PurchaseOrder, lines: Sequence[Mapping[str, Any]]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return the packs asked for, and the row that asks, by line id; refuse strangers and twins."""
    by_sku = {line.sku: line.id for line in order.lines}
    faults: list[tuple[str, str]] = []
    packs: dict[int, int] = {}
    rows: dict[int, int] = {}
    for number, row in enumerate(lines):
        line_id = by_sku.get(row["sku"])
        if line_id is None:
            faults.append((f"lines.{number}.sku", _("This product is not on the order.")))
        elif line_id in packs:
            faults.append((f"lines.{number}.sku", _("This product is named twice.")))
        else:
            packs[line_id], rows[line_id] = row["packs"], number
    if faults:
        raise InvalidInput(*faults)
    return packs, rows


def _by_row(field: str, text: str, rows: Mapping[int, int]) -> tuple[str, str]:
    part, _line, line_id = field.partition("_")
    if part == "packs" and line_id.isdecimal() and int(line_id) in rows:
        return f"lines.{rows[int(line_id)]}.packs", text
    return {"day": "requested_on"}.get(field, field), text


def _answer(change: OrderChange, order: PurchaseOrder) -> dict[str, Any]:
    skus = {str(line.id): line.sku for line in order.lines}
    return {
        "change": change.id,
        "status": change.state.value,
        "proposed_by": change.side.value,
        "requested_on": change.day.isoformat() if change.day else None,
        "lines": [
            {"sku": skus.get(line_id, ""), "packs": packs}
            for line_id, packs in change.packs.items()
        ],
        "reason": change.reason,
        "proposed_at": change.proposed_at.isoformat(),
        "answered_at": change.answered_at.isoformat() if change.answered_at else None,
    }
