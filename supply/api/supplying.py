"""The supplier's side: orders to fulfil, acknowledging them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.accounts.access import ForbiddenError, has_right
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.answering import answering, answers
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Day, Input, Objects, Text, Whole, one_of
from supply.api.base.paging import CursorSchema
from supply.api.order_lists import NOT_PLACED, OrdersSchema, orders_where
from supply.api.orders import ORDER, OrderSummarySchema, summary
from supply.ordering.models import PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OrderStatus
from supply.refusals import InvalidInput

blueprint = api_blueprint("supplier", "The supplier's side")

STATUSES = [word for word in OrderStatus if word not in NOT_PLACED]
"""What an order may be once it was placed."""


class OrdersQuery(CursorSchema):
    """Which orders; all that were placed where no status is said."""

    status = Text(validate=one_of(STATUSES))


class ReplacementSchema(Input):
    """Packs of another product of the supplier, by its SKU."""

    sku = Text(required=True)
    packs = Whole(1, MOST_PACKS, required=True)


class LineAnswerSchema(Input):
    """What is said of a line: the packs confirmed, and what becomes of the rest.

    Without ``confirm``, all packs are confirmed, or none where something is said of the rest.
    ``backorder_until`` beside ``substitute``: if the clinic refuses it, the rest follows then.
    """

    sku = Text(required=True)
    confirm = Whole(0, MOST_PACKS, allow_none=True)
    backorder_until = Day(allow_none=True)
    substitute = Objects(ReplacementSchema, allow_none=True)
    decline = Text(500, allow_none=True)


class AcknowledgeSchema(Input):
    """``{}`` confirms every line; lines not named are confirmed in full."""

    lines = Objects(LineAnswerSchema, many=True)
    ship_on = Day(allow_none=True)


@blueprint.route("/supplier/orders")
@blueprint.response(200, OrdersSchema)
@blueprint.arguments(OrdersQuery, location="query")
def orders(query: dict[str, Any]) -> dict[str, Any]:
    """List the orders placed with the caller's supplier, the newest first."""
    ours = sa.and_(
        PurchaseOrder.supplier_id.in_([one.id for one in suppliers_here()]),
        PurchaseOrder.placed_at.is_not(None),
    )
    return orders_where(ours, query, clock.now())


def suppliers_here() -> list[Supplier]:
    """Return the suppliers whose orders the caller handles; refuse who handles none."""
    today = clock.now().date()
    found = [
        m.supplier
        for m in auth.person().memberships
        if m.supplier is not None and has_right(m, Right.FULFIL, today)
    ]
    if not found:
        raise ForbiddenError(_("Your role here does not include this."))
    return found


@blueprint.route(f"{ORDER}/acknowledge", methods=["POST"])
@blueprint.response(200, OrderSummarySchema)
@blueprint.writes
@auth.of_order(supplier=Right.FULFIL)
@blueprint.arguments(AcknowledgeSchema)
def acknowledge(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Answer a placed order: all of it confirmed, or what the lines say."""
    order_id = order.id
    said, rows = _said(order, body.get("lines", []))

    def work(now: dt.datetime) -> dict[str, Any]:
        try:
            done = answering.acknowledge(
                order_id, said, ship_on=body.get("ship_on"), actor=auth.actor(), now=now
            )
        except InvalidInput as fault:
            raise InvalidInput(
                *(_by_row(field, text, rows) for field, text in fault.errors)
            ) from None
        return summary(done, now)

    return writes.once(work)


PARTS = {"until": "backorder_until", "rest": "confirm"}
"""How a part of an answer is called here, where that is another word."""


def _said(
    order: PurchaseOrder, lines: Sequence[dict[str, Any]]
) -> tuple[dict[int, answers.LineAnswer], dict[str, int]]:
    """Return what is said of each line, by its id, and in which row; refuse strangers."""
    by_sku = {line.sku: line.id for line in order.lines}
    faults = []
    said: dict[int, answers.LineAnswer] = {}
    rows: dict[str, int] = {}
    for number, row in enumerate(lines):
        line_id = by_sku.get(row["sku"])
        if line_id is None:
            faults.append((f"lines.{number}.sku", _("This product is not on the order.")))
        elif line_id in said:
            faults.append((f"lines.{number}.sku", _("This product is named twice.")))
        else:
            said[line_id], rows[str(line_id)] = _line_answer(row), number
    if faults:
        raise InvalidInput(*faults)
    return said, rows


def _line_answer(row: dict[str, Any]) -> answers.LineAnswer:
    other = row.get("substitute")
    return answers.LineAnswer(
        confirm=row.get("confirm"),
        until=row.get("backorder_until"),
        substitute=answers.Replacement(**other) if other else None,
        decline=row.get("decline"),
    )


def _by_row(field: str, text: str, rows: dict[str, int]) -> tuple[str, str]:
    part, _line, line_id = field.rpartition("_")
    if line_id not in rows:
        return field, text
    return f"lines.{rows[line_id]}.{PARTS.get(part, part)}", text
