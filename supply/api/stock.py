"""Stock of a clinic: what is there, goods coming in, waste."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api import shelves
from supply.api.base import auth, spots, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import (
    Amount,
    Day,
    Input,
    Moment,
    Objects,
    QuantityText,
    Text,
    Whole,
    one_of,
)
from supply.api.base.paging import CursorSchema, NextSchema, cursor_after, read_cursor
from supply.api.base.schemas import EntrySchema, SomeLines
from supply.handling import actions
from supply.inventory.lookalikes import notes_of_entry
from supply.inventory.rules import cause_in
from supply.inventory.terms import CHOSEN_CAUSES, WasteCause
from supply.ordering import queries as ordering
from supply.ordering.models import PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.receiving import goods_in
from supply.refusals import InvalidInput

blueprint = api_blueprint("stock", "Stock")

LONGEST_REASON = 2_000


class StockQuery(CursorSchema):
    """Which items."""

    sku = Text()


class LotSchema(Schema):
    """A lot in one place; packs on hold make a row of their own."""

    lot = fields.String(required=True)
    expiry = Day(required=True, allow_none=True)
    status = fields.String(
        required=True,
        metadata={"enum": [shelves.OK, shelves.EXPIRED, shelves.ON_HOLD, shelves.RECALLED]},
    )
    location = fields.String(required=True)
    on_hand = Amount(required=True)


class OpenContainerSchema(Schema):
    """An opened container; what remains is part of its lot's ``on_hand``."""

    container = fields.Integer(required=True)
    lot = fields.String(required=True)
    location = fields.String(required=True)
    remaining = Amount(required=True)
    opened_at = Moment(required=True)
    discard_at = Moment(required=True, allow_none=True)


class ItemSchema(Schema):
    """An item, in its base unit."""

    sku = fields.String(required=True)
    name = fields.String(required=True)
    unit = fields.String(required=True)
    on_hand = Amount(required=True)
    available = Amount(required=True)
    on_order = Amount(required=True)
    lots = fields.List(fields.Nested(LotSchema), required=True)
    open_containers = fields.List(fields.Nested(OpenContainerSchema), required=True)


class ItemsSchema(NextSchema):
    """Items, by code."""

    items = fields.List(fields.Nested(ItemSchema), required=True)


class GoodsSchema(Input):
    """Goods of one lot, in packs or in a quantity of the base unit."""

    sku = Text(required=True)
    lot = Text(required=True)
    expiry = Day(required=True, allow_none=True)
    packs = Whole(1, MOST_PACKS)
    quantity = QuantityText()
    location = Text(100)
    reason = Text(LONGEST_REASON, blank=True)


class ReceiptSchema(Input):
    """Goods that came, for an order or without."""

    order = Whole()
    lines = Objects(GoodsSchema, many=True, required=True, validate=SomeLines())


class TakenInSchema(EntrySchema):
    """The ledger entry, and what is worth a second look: lots that look like others."""

    notes = fields.List(fields.String())


class WasteSchema(Input):
    """What is thrown away, and why: without a ``cause``, what ``reason`` begins with names it."""

    sku = Text(required=True)
    lot = Text(required=True)
    quantity = QuantityText(required=True)
    cause = Text(validate=one_of(CHOSEN_CAUSES))
    reason = Text(LONGEST_REASON, required=True)
    location = Text(100)
    container = Whole()


@blueprint.route("/clinics/<clinic_code>/stock")
@blueprint.response(200, ItemsSchema)
@auth.at_clinic(Right.VIEW)
@blueprint.arguments(StockQuery, location="query")
def stock(query: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """List items once stocked or with a policy, also at zero, with their lots."""
    items, following = shelves.stock_page(
        clinic, sku=query.get("sku"), after=read_cursor(query.get("cursor")), now=clock.now()
    )
    return {"items": items, "next": cursor_after(following) if following else None}


@blueprint.route("/clinics/<clinic_code>/receipts", methods=["POST"])
@blueprint.response(201, TakenInSchema)
@blueprint.writes
@auth.at_clinic(Right.STOCK)
@blueprint.arguments(ReceiptSchema)
def receive(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Take goods in, for an order that came without a shipment, or by hand."""
    lines = [
        goods_in.GoodsLine(
            sku=line["sku"],
            lot=line["lot"],
            expiry=line["expiry"],
            packs=line.get("packs"),
            quantity=line.get("quantity"),
            location=line.get("location"),
            reason=line.get("reason", ""),
        )
        for line in body["lines"]
    ]

    def work(now: dt.datetime) -> dict[str, Any]:
        order = _order(clinic, body.get("order"))
        taken = goods_in.receive_goods(clinic, lines, order=order, actor=auth.actor(), now=now)
        notes = notes_of_entry(taken["entry"])
        return {**taken, "notes": notes} if notes else taken

    return writes.once(work)


def _order(clinic: Clinic, order_id: int | None) -> PurchaseOrder | None:
    if order_id is None:
        return None
    try:
        return ordering.order_of_clinic(clinic, order_id)
    except LookupError as error:
        raise InvalidInput(("order", _("This clinic has no such order."))) from error


@blueprint.route("/clinics/<clinic_code>/waste", methods=["POST"])
@blueprint.response(201, EntrySchema)
@blueprint.writes
@auth.at_clinic(Right.WASTE)
@blueprint.arguments(WasteSchema)
def waste(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Throw some of a lot away: whole sealed containers, or what an opened one still holds."""
    cause, note = _why(body)

    def work(now: dt.datetime) -> dict[str, Any]:
        spot = spots.find(
            clinic,
            spots.LotAmount(
                sku=body["sku"],
                lot=body["lot"],
                quantity=body["quantity"],
                location=body.get("location"),
                container=body.get("container"),
            ),
        )
        entry_id = actions.waste(
            clinic, spot, body["quantity"], cause=cause, note=note, actor=auth.actor(), now=now
        )
        return {"entry": entry_id}

    return writes.once(work)


def _why(body: dict[str, Any]) -> tuple[WasteCause, str]:
    if "cause" in body:
        return WasteCause(body["cause"]), body["reason"]
    return cause_in(body["reason"])
