"""Lists of orders, the newest first: a clinic's own, and how any of them is read."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from marshmallow import fields
from sqlalchemy.orm import joinedload, selectinload

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Text, one_of
from supply.api.base.paging import PAGE, CursorSchema, NextSchema, cursor_after, id_cursor
from supply.api.orders import OrderHeadSchema, order_head
from supply.db import db
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES, OrderStatus, Stage

blueprint = api_blueprint("order_lists", "Lists of orders")

NOT_PLACED = (OrderStatus.DRAFT, OrderStatus.AWAITING_APPROVAL, OrderStatus.AWAITING_PAYMENT)
"""What an order may be before it is placed."""

_OF_ONE_STAGE = (*NOT_PLACED, OrderStatus.CLOSED, OrderStatus.CANCELLED, OrderStatus.DECLINED)


class OrdersSchema(NextSchema):
    """Orders, the newest first."""

    orders = fields.List(fields.Nested(OrderHeadSchema), required=True)


class OrdersQuery(CursorSchema):
    """Which orders; all of them, drafts too, where no status is said."""

    status = Text(validate=one_of(OrderStatus))


@blueprint.route("/clinics/<clinic_code>/orders")
@blueprint.response(200, OrdersSchema)
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(OrdersQuery, location="query")
def orders(query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """List the clinic's orders, the newest first; what its suppliers wrote is a draft."""
    return orders_where(PurchaseOrder.clinic_id == clinic.id, query, clock.now())


def orders_where(
    whose: sa.ColumnElement[bool], query: dict[str, Any], now: dt.datetime
) -> dict[str, Any]:
    """Return a page of the orders that ``whose`` says, of the status and after the cursor asked."""
    statement = (
        sa.select(PurchaseOrder)
        .where(whose)
        .options(
            joinedload(PurchaseOrder.clinic),
            joinedload(PurchaseOrder.supplier),
            selectinload(PurchaseOrder.lines).selectinload(OrderLine.offers),
        )
        .order_by(PurchaseOrder.id.desc())
        .limit(PAGE + 1)
    )
    if "status" in query:
        statement = statement.where(has_status(OrderStatus(query["status"])))
    before = id_cursor(query.get("cursor"))
    if before is not None:
        statement = statement.where(PurchaseOrder.id < before)
    found = db.session.scalars(statement).all()
    following = cursor_after(found[PAGE - 1].id) if len(found) > PAGE else None
    return {"orders": [order_head(order, now) for order in found[:PAGE]], "next": following}


def has_status(status: OrderStatus) -> sa.ColumnElement[bool]:
    """Return the condition under which :func:`supply.ordering.rules.order_status` says so."""
    if status in _OF_ONE_STAGE:
        return PurchaseOrder.stage == Stage(status.value)
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
