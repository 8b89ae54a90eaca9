"""Shipments: sent by the supplier, received by the clinic."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import Schema, fields, validate

from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import Day, Flag, Input, Objects, Text, Whole, one_of
from supply.api.base.schemas import SomeLines
from supply.api.orders import ORDER
from supply.ordering.models import PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.receiving import receiving
from supply.receiving.terms import ClaimWish
from supply.shipping import ship_lines, shipping
from supply.shipping.parcels import shipment_with_code
from supply.shipping.shipping import MOST_PARCELS
from supply.shipping.terms import Condition

blueprint = api_blueprint("shipments", "Shipments")


class PackedSchema(Input):
    """Packs of one lot, by the supplier's SKU.

    Where the supplier keeps its stock here they leave it, unless ``from_stock`` is false.
    """

    sku = Text(required=True)
    lot = Text(required=True)
    expiry = Day(required=True, allow_none=True)
    packs = Whole(1, MOST_PACKS, required=True)
    from_stock = Flag(load_default=True)


class TrackingSchema(Input):
    """Who carries a box, and the number it is followed by."""

    carrier = Text(100, blank=True)
    number = Text(100, blank=True)


class ParcelSchema(Input):
    """What is in the parcel, and who carries it; ``trackings`` where it goes as several boxes."""

    lines = Objects(PackedSchema, many=True, required=True, validate=SomeLines())
    carrier = Text(100, blank=True)
    tracking = Text(100, blank=True)
    trackings = Objects(TrackingSchema, many=True, validate=validate.Length(max=MOST_PARCELS))


class ShippedSchema(Schema):
    """The shipment and the code it is received by."""

    shipment = fields.Integer(required=True)
    code = fields.String(required=True)


class ArrivedSchema(Input):
    """Packs of one lot as they arrived; ``sku`` is the supplier's or the practice's."""

    sku = Text(required=True)
    lot = Text(required=True)
    packs = Whole(1, MOST_PACKS, required=True)
    condition = Text(validate=one_of(Condition), load_default=Condition.GOOD.value)
    reason = Text(2_000, blank=True)
    want = Text(validate=one_of(ClaimWish))


class ArrivalSchema(Input):
    """``{}`` takes it as sent."""

    lines = Objects(ArrivedSchema, many=True, validate=SomeLines())


class ReceivedSchema(Schema):
    """The ledger entry; null when all that was said is that packs are missing."""

    entry = fields.Integer(required=True, allow_none=True)


@blueprint.route(f"{ORDER}/shipments", methods=["POST"])
@blueprint.response(201, ShippedSchema)
@blueprint.writes
@auth.of_order(supplier=Right.FULFIL)
@blueprint.arguments(ParcelSchema)
def ship(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Send a parcel of an open order, part of it or all, with lots and expiries."""
    order_id = order.id
    lines = [ship_lines.ShipLine(**line) for line in body["lines"]]

    def work(now: dt.datetime) -> dict[str, Any]:
        sent = shipping.ship(
            order_id,
            lines,
            parcels=_parcels(body),
            actor=auth.actor(),
            now=now,
        )
        return {"shipment": sent.id, "code": sent.code}

    return writes.once(work)


def _parcels(body: dict[str, Any]) -> list[shipping.Parcel]:
    first = shipping.Parcel(body.get("carrier", ""), body.get("tracking", ""))
    return [first, *(shipping.Parcel(**one) for one in body.get("trackings", []))]


@blueprint.route("/clinics/<clinic_code>/shipments/<shipment_code>/receive", methods=["POST"])
@blueprint.response(201, ReceivedSchema)
@blueprint.writes
@auth.at_clinic(Right.STOCK)
@blueprint.arguments(ArrivalSchema)
def receive(body: dict[str, Any], clinic: Clinic, shipment_code: str) -> dict[str, Any]:
    """Receive a shipment by its code.

    The same words again change nothing and give the same entry. Other words of packs that are
    received are 409, which names who received them and when: claim what is wrong on the order.
    """
    shipment_id = shipment_with_code(clinic, shipment_code).id
    lines = [_line(line) for line in body["lines"]] if "lines" in body else None

    def work(now: dt.datetime) -> dict[str, Any]:
        return receiving.receive_shipment(shipment_id, lines, actor=auth.actor(), now=now)

    return writes.once(work)


def _line(line: dict[str, Any]) -> receiving.ReceiveLine:
    return receiving.ReceiveLine(
        sku=line["sku"],
        lot=line["lot"],
        packs=line["packs"],
        condition=Condition(line["condition"]),
        reason=line.get("reason", ""),
        want=ClaimWish(line["want"]) if "want" in line else None,
    )
