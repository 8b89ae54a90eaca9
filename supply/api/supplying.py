"""The supplier's side: orders to fulfil, acknowledging them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from marshmallow import fields
from sqlalchemy.orm import joinedload, selectinload

from supply import clock
from supply.accounts.access import ForbiddenError, has_right
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Day, Input, Objects, Text, Whole, one_of
from supply.api.base.paging import PAGE, CursorSchema, NextSchema, cursor_after, id_cursor
from supply.api.orders import ORDER, OrderHeadSchema, OrderSummarySchema, order_head, summary
from supply.db import db
from supply.ordering import services
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OPEN_STAGES, OrderStatus, Stage
from supply.refusals import InvalidInput

blueprint = api_blueprint("supplier", "The supplier's side")

STATUSES = [
    word for word in OrderStatus if word not in ("draft", "awaiting_approval", "awaiting_payment")
]
"""What an order may be once it was placed."""


class OrdersQuery(CursorSchema):
    """Which orders; all that were placed where no status is said."""

    status = Text(validate=one_of(STATUSES))


class OrdersSchema(NextSchema):
    """Orders, the newest first."""

    orders = fields.List(fields.Nested(OrderHeadSchema), required=True)


class ConfirmedSchema(Input):
    """How many packs of a line can be sent; the rest is a backorder, perhaps with a day."""

    sku = Text(required=True)
    packs = Whole(0, MOST_PACKS, required=True)
    promised_on = Day(allow_none=True)


class AcknowledgeSchema(Input):
    """``{}`` confirms every line; lines not named are confirmed in full."""

    lines = Objects(ConfirmedSchema, many=True)


@blueprint.route("/supplier/orders")
@blueprint.response(200, OrdersSchema)
@blueprint.arguments(OrdersQuery, location="query")
def orders(query: dict[str, Any]) -> dict[str, Any]:
    """List the orders placed with the caller's supplier, the newest first."""
    now = clock.now()
    statement = (
        sa.select(PurchaseOrder)
        .where(PurchaseOrder.supplier_id.in_(_suppliers(now)), PurchaseOrder.placed_at.is_not(None))
        .options(
            joinedload(PurchaseOrder.clinic),
            joinedload(PurchaseOrder.supplier),
            selectinload(PurchaseOrder.lines),
        )
        .order_by(PurchaseOrder.id.desc())
        .limit(PAGE + 1)
    )
    if "status" in query:
        statement = statement.where(_has_status(OrderStatus(query["status"])))
    before = id_cursor(query.get("cursor"))
    if before is not None:
        statement = statement.where(PurchaseOrder.id < before)
    found = db.session.scalars(statement).all()
    following = cursor_after(found[PAGE - 1].id) if len(found) > PAGE else None
    return {"orders": [order_head(order, now) for order in found[:PAGE]], "next": following}


def _suppliers(now: dt.datetime) -> Sequence[int]:
    """Return the suppliers whose orders the caller handles; refuse who handles none."""
    memberships = [
        m.supplier_id
        for m in auth.person().memberships
        if m.supplier_id is not None and has_right(m, Right.FULFIL, now.date())
    ]
    if not memberships:
        raise ForbiddenError(_("Your role here does not include this."))
    return memberships


def _has_status(status: OrderStatus) -> sa.ColumnElement[bool]:
    """Return the condition under which :func:`supply.ordering.rules.order_status` says so."""
    ended = {
        OrderStatus.CLOSED: Stage.CLOSED,
        OrderStatus.CANCELLED: Stage.CANCELLED,
        OrderStatus.DECLINED: Stage.DECLINED,
    }
    if status in ended:
        return PurchaseOrder.stage == ended[status]
    wanted, shipped, received = (
        _sum(OrderLine.due - OrderLine.cancelled),
        _sum(OrderLine.shipped),
        _sum(OrderLine.received),
    )
    if status in (OrderStatus.PLACED, OrderStatus.ACKNOWLEDGED):
        return sa.and_(PurchaseOrder.stage == Stage(status.value), shipped == 0)
    is_open = sa.and_(PurchaseOrder.stage.in_(OPEN_STAGES), shipped > 0)
    if status is OrderStatus.PARTLY_SHIPPED:
        return sa.and_(is_open, shipped < wanted)
    came = received == wanted
    return sa.and_(
        is_open, shipped >= wanted, came if status is OrderStatus.RECEIVED else sa.not_(came)
    )


def _sum(packs: sa.SQLColumnExpression[int]) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.coalesce(sa.func.sum(packs), 0))
        .where(OrderLine.order_id == PurchaseOrder.id)
        .correlate(PurchaseOrder)
        .scalar_subquery()
    )


@blueprint.route(f"{ORDER}/acknowledge", methods=["POST"])
@blueprint.response(200, OrderSummarySchema)
@blueprint.writes
@auth.of_order(supplier=Right.FULFIL)
@blueprint.arguments(AcknowledgeSchema)
def acknowledge(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Confirm a placed order, all of it or what the lines say."""
    order_id = order.id
    lines = _lines(order, body.get("lines", []))
    confirmed = {line_id: said["packs"] for line_id, said in lines.items()}
    promised = {
        line_id: said["promised_on"] for line_id, said in lines.items() if said.get("promised_on")
    }

    def work(now: dt.datetime) -> dict[str, Any]:
        done = services.acknowledge(
            order_id, confirmed=confirmed, promised=promised, actor=auth.actor(), now=now
        )
        return summary(done, now)

    return writes.once(work)


def _lines(order: PurchaseOrder, said: Sequence[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Return what is said of each line, by its id; refuse strangers and too many packs."""
    by_sku = {line.sku: line for line in order.lines}
    faults = []
    found: dict[int, dict[str, Any]] = {}
    for number, row in enumerate(said):
        line = by_sku.get(row["sku"])
        if line is None:
            faults.append((f"lines.{number}.sku", _("This product is not on the order.")))
        elif line.id in found:
            faults.append((f"lines.{number}.sku", _("This product is named twice.")))
        elif row["packs"] > line.packs - line.cancelled:
            faults.append((f"lines.{number}.packs", _("This is more than was ordered.")))
        else:
            found[line.id] = row
    if faults:
        raise InvalidInput(*faults)
    return found
