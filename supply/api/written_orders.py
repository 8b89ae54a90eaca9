"""Orders that a supplier writes for a clinic, and the clinic's word on what waits for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields

from supply.accounts.access import membership_reaching
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Input, Objects, Text
from supply.api.base.schemas import SomeLines
from supply.api.orders import ORDER, OrderSummarySchema, WantedSchema, summary
from supply.api.supplying import suppliers_here
from supply.baskets import placing
from supply.baskets.proposing import propose
from supply.money import Money
from supply.ordering.events import locked_order
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import AskedAnew
from supply.ordering.terms import Stage
from supply.refusals import InvalidInput

blueprint = api_blueprint("written_orders", "Orders written by suppliers")


class WrittenSchema(Input):
    """An order for a clinic whose practice has ordered before; nothing binds until it is placed."""

    clinic = Text(required=True)
    lines = Objects(WantedSchema, many=True, required=True, validate=SomeLines())
    note = Text(2_000, blank=True)
    """What the clinic reads with it."""
    supplier = Text()
    """Whose, for those who work for several."""


class WrittenOrderSchema(OrderSummarySchema):
    """The order, at the clinic's prices."""

    clinic = fields.String(required=True)


@blueprint.route("/supplier/orders", methods=["POST"])
@blueprint.response(201, WrittenOrderSchema)
@blueprint.writes
@auth.handing(lambda: {"suppliers": suppliers_here()})
@blueprint.arguments(WrittenSchema)
def write(body: dict[str, Any], suppliers: list[Supplier]) -> dict[str, Any]:
    """Write an order for a clinic, which gets a mail and places, changes or discards it.

    The clinic accepts it by `POST /orders/{id}/approve`, or by `/place` as any draft of its own.
    """
    supplier = _meant(suppliers, body.get("supplier"))
    packs = _packs(body["lines"])

    def work(now: dt.datetime) -> dict[str, Any]:
        said = body.get("note", "")
        order = propose(supplier, body["clinic"], packs, said=said, actor=auth.actor(), now=now)
        return {**summary(order, now), "clinic": order.clinic.code}

    return writes.once(work)


def _meant(suppliers: list[Supplier], code: str | None) -> Supplier:
    """Return the supplier of this code, or the only one; refuse what is neither."""
    found = [one for one in suppliers if code in (None, one.code)]
    if len(found) != 1:
        raise InvalidInput(("supplier", _("Say for which supplier of yours.")))
    return found[0]


def _packs(lines: list[dict[str, Any]]) -> dict[str, int]:
    packs: dict[str, int] = {}
    faults = []
    for number, line in enumerate(lines):
        if line["sku"] in packs:
            faults.append((f"lines.{number}.sku", _("This product is named twice.")))
        packs[line["sku"]] = line["packs"]
    if faults:
        raise InvalidInput(*faults)
    return packs


class ApproveSchema(Input):
    """The amount of the order's ``total`` as it was read, to say yes to that alone."""

    total = Text(40)


@blueprint.route(f"{ORDER}/approve", methods=["POST"])
@blueprint.response(200, OrderSummarySchema)
@blueprint.writes
@auth.of_order(buyer=Right.ORDER)
@blueprint.arguments(ApproveSchema)
def approve(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Say yes to an order that waits for it.

    One over somebody's limit takes an owner. One that its supplier wrote is placed on account by
    whoever orders; over the caller's own limit it waits for an owner then. Where it comes to
    another sum than the ``total`` sent, it was changed since: 409, and nothing is done.
    """
    order_id = order.id
    if order.stage is Stage.AWAITING_APPROVAL:
        auth.side_of(order, buyer=Right.SETTINGS)
    membership = membership_reaching(auth.person(), order.clinic)
    limit = placing.order_limit(membership) if membership else Money(0, order.currency)

    def work(now: dt.datetime) -> dict[str, Any]:
        found = locked_order(order_id)
        _check_total(found, body.get("total"), now)
        if found.stage is Stage.DRAFT and found.proposed_at is not None:
            done = placing.place(order_id, limit=limit, actor=auth.actor(), now=now)
        else:
            if found.stage is Stage.AWAITING_APPROVAL:
                auth.side_of(found, buyer=Right.SETTINGS)
            done = placing.approve(order_id, actor=auth.actor(), now=now)
        return summary(done, now)

    return writes.once(work)


def _check_total(order: PurchaseOrder, shown: str | None, now: dt.datetime) -> None:
    """Refuse an order that comes to another sum than was ``shown``; its lock is held."""
    waits = order.stage in (Stage.DRAFT, Stage.AWAITING_APPROVAL)
    comes_to = summary(order, now)["total"] if waits and shown is not None else None
    if comes_to is not None and comes_to["amount"] != shown:
        is_now = _("It comes to %(sum)s now.", sum=f"{comes_to['amount']} {comes_to['currency']}")
        raise AskedAnew(order.number, [is_now])
