"""Orders, as the clinic and its supplier see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply import clock
from supply.accounts.access import membership_reaching
from supply.accounts.models import Clinic, Supplier
from supply.accounts.queries import supplier_with_code
from supply.accounts.rules import Right
from supply.answering import progress
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Day, Input, Moment, Objects, Text, Whole, one_of
from supply.api.base.schemas import MoneySchema, SomeLines
from supply.api.claim_answers import ClaimAnswer, claim_answer
from supply.api.invoice_answers import (
    InvoiceAnswer,
    VatSchema,
    invoice_answers,
    vat_answer,
)
from supply.api.return_answers import ReturnAnswer, return_answers
from supply.baskets import contents, drafts, placing, requesting
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.claims.queries import claims_of_order
from supply.db import db
from supply.money import Money
from supply.ordering import queries
from supply.ordering.models import OrderLine, PurchaseOrder, SubstituteOffer
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OfferStatus, OrderStatus, PayBy, Stage
from supply.payments import asking
from supply.payments.queries import standing_of
from supply.refusals import InvalidInput
from supply.shipping.models import Shipment
from supply.shipping.parcels import shipments_of

blueprint = api_blueprint("orders", "Orders")

ORDER = f"/orders/<int(max={LARGEST_ID}):order_id>"


class WantedSchema(Input):
    """Packs of a product, by the supplier's SKU."""

    sku = Text(required=True)
    packs = Whole(1, MOST_PACKS, required=True)


class DraftSchema(Input):
    """An order to draw up."""

    supplier = Text(required=True)
    lines = Objects(WantedSchema, many=True, required=True, validate=SomeLines())
    requested_on = Day()
    """The day on which it is to be delivered."""
    message = Text(2_000, blank=True)
    """What the supplier reads with it."""


class OrderSummarySchema(Schema):
    """An order in short; ``total`` is what is owed, null while a product has no price."""

    order = fields.Integer(required=True)
    number = fields.String(required=True)
    status = fields.String(required=True)
    total = fields.Nested(MoneySchema, required=True, allow_none=True)
    to_pay = fields.Nested(MoneySchema, required=True, allow_none=True)
    """``total`` and the VAT on it."""


class PlacedSchema(OrderSummarySchema):
    """An order that was placed; one to be paid by card says where, and waits for that."""

    checkout_url = fields.String()


class PlaceSchema(Input):
    """How it is paid: on account where nothing is said."""

    pay = Text(validate=one_of([word.value for word in PayBy]))


class CancelSchema(Input):
    """Why; a supplier has to say."""

    reason = Text(2_000, blank=True)


class SubstituteSchema(Schema):
    """Another product that the supplier offers for packs it cannot send."""

    sku = fields.String(required=True)
    name = fields.String(required=True)
    packs = fields.Integer(required=True)
    replaces = fields.Integer(required=True)
    """Packs of the line that it stands for."""
    price = fields.Nested(MoneySchema, required=True)
    status = fields.String(required=True, metadata={"enum": [word.value for word in OfferStatus]})


class OrderLineSchema(Schema):
    """A line, in packs, by the supplier's SKU."""

    sku = fields.String(required=True)
    name = fields.String(required=True)
    packs = fields.Integer(required=True)
    confirmed = fields.Integer(required=True)
    shipped = fields.Integer(required=True)
    received = fields.Integer(required=True)
    cancelled = fields.Integer(required=True)
    resend = fields.Integer(required=True)
    """Packs to be sent again at no charge, over those ordered."""
    credited = fields.Integer(required=True)
    offered = fields.Integer(required=True)
    """Packs for which a substitute waits for the clinic's answer."""
    backorder_until = Day(required=True, allow_none=True)
    declined_because = fields.String(required=True)
    """Why the supplier does not send some of it; "" where it does."""
    instead_of = fields.String(required=True, allow_none=True)
    """The SKU that this product, a substitute, was accepted for."""
    substitute = fields.Nested(SubstituteSchema, required=True, allow_none=True)
    """The last one offered for this line."""
    price = fields.Nested(MoneySchema, required=True)


class ShippedLineSchema(Schema):
    """Packs of a lot in a shipment."""

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    expiry = Day(required=True, allow_none=True)
    packs = fields.Integer(required=True)


class TrackingAnswer(Schema):
    """Who carries a box of a shipment; ``url`` follows it where the carrier is known."""

    carrier = fields.String(required=True)
    number = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)


class ShipmentAnswer(Schema):
    """A shipment of an order."""

    shipment = fields.Integer(required=True)
    code = fields.String(required=True)
    shipped_at = Moment(required=True)
    received_at = Moment(required=True, allow_none=True)
    carrier = fields.String(required=True)
    tracking = fields.String(required=True)
    """Of the first box; all are ``trackings``."""
    trackings = fields.List(fields.Nested(TrackingAnswer), required=True)
    lines = fields.List(fields.Nested(ShippedLineSchema), required=True)


class PaymentAnswer(Schema):
    """How an order is paid, and how much of it by card."""

    method = fields.String(required=True, metadata={"enum": [word.value for word in PayBy]})
    status = fields.String(required=True)
    """on_account, unpaid, open, paid, held, partly_refunded or refunded."""
    paid = fields.Nested(MoneySchema, required=True)
    refunded = fields.Nested(MoneySchema, required=True)


class OrderHeadSchema(Schema):
    """An order with its lines."""

    order = fields.Integer(required=True)
    number = fields.String(required=True)
    status = fields.String(required=True, metadata={"enum": [word.value for word in OrderStatus]})
    clinic = fields.String(required=True)
    supplier = fields.String(required=True)
    placed_at = Moment(required=True, allow_none=True)
    requested_on = Day(required=True, allow_none=True)
    message = fields.String(required=True)
    expected_on = Day(required=True, allow_none=True)
    ship_on = Day(required=True, allow_none=True)
    """The day on which the supplier means to send it, as it said when it answered."""
    total = fields.Nested(MoneySchema, required=True, allow_none=True)
    """What is owed, net of VAT: what was ordered without what was cancelled or credited."""
    carriage = fields.Nested(MoneySchema, required=True)
    """What sending it costs, net: part of ``ordered_total``, and of ``total`` while it is owed."""
    vat = fields.List(fields.Nested(VatSchema), required=True)
    """VAT on ``total``, by category and rate; of a placed order."""
    to_pay = fields.Nested(MoneySchema, required=True, allow_none=True)
    """``total`` and the VAT on it."""
    ordered_total = fields.Nested(MoneySchema, required=True, allow_none=True)
    cancelled_total = fields.Nested(MoneySchema, required=True)
    credited_total = fields.Nested(MoneySchema, required=True)
    lines = fields.List(fields.Nested(OrderLineSchema), required=True)


class OrderSchema(OrderHeadSchema):
    """An order with its lines, shipments, claims, invoices and payment."""

    payment = fields.Nested(PaymentAnswer, required=True)
    shipments = fields.List(fields.Nested(ShipmentAnswer), required=True)
    claims = fields.List(fields.Nested(ClaimAnswer), required=True)
    returns = fields.List(fields.Nested(ReturnAnswer), required=True)
    invoices = fields.List(fields.Nested(InvoiceAnswer), required=True)


@blueprint.route("/clinics/<clinic_code>/orders", methods=["POST"])
@blueprint.response(201, OrderSummarySchema)
@blueprint.writes
@auth.at_clinic(Right.ORDER)
@blueprint.arguments(DraftSchema)
def draft(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Draw up an order; nothing is sent until it is placed."""

    def work(now: dt.datetime) -> dict[str, Any]:
        supplier = supplier_with_code(body["supplier"])
        if supplier is None or supplier.practice_id not in (None, clinic.practice_id):
            raise InvalidInput(("supplier", _("There is no such supplier.")))
        lines = _wanted(supplier, body["lines"])
        who: dict[str, Any] = {"actor": auth.actor(), "now": now}
        order = drafts.create_draft(clinic, supplier, lines, **who)
        day, message = body.get("requested_on"), body.get("message", "")
        requesting.ask_for(order.id, day, message, **who)
        return summary(order, now)

    return writes.once(work)


def _wanted(supplier: Supplier, lines: Sequence[dict[str, Any]]) -> list[BasketLine]:
    skus = {line["sku"] for line in lines}
    rows = db.session.execute(
        sa.select(Product.sku, Product.id).where(
            Product.supplier_id == supplier.id, Product.sku.in_(skus)
        )
    )
    known = {row.sku: row.id for row in rows}
    faults = [
        (f"lines.{number}.sku", _("This supplier does not sell this product."))
        for number, line in enumerate(lines)
        if line["sku"] not in known
    ]
    if faults:
        raise InvalidInput(*faults)
    return [BasketLine(known[line["sku"]], line["packs"]) for line in lines]


def summary(order: PurchaseOrder, now: dt.datetime) -> dict[str, Any]:
    """Return an order in short; a draft at the prices it would be placed at now."""
    unplaced = order.stage is Stage.DRAFT
    total, to_pay = contents.draft_totals(order, now) if unplaced else (order.owed, order.to_pay)
    return {
        "order": order.id,
        "number": order.number,
        "status": order.status.value,
        "total": total.as_json() if total else None,
        "to_pay": to_pay.as_json() if to_pay else None,
    }


@blueprint.route(f"{ORDER}/place", methods=["POST"])
@blueprint.response(200, PlacedSchema)
@blueprint.writes
@auth.of_order(buyer=Right.ORDER)
@blueprint.arguments(PlaceSchema)
def place(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Place a draft; over the caller's limit it waits for an owner's approval.

    To be paid by card it waits to be paid at ``checkout_url``. Where Stripe gives no answer the
    call is a 503, and the same call again asks for the page again.
    """
    order_id, pay_by = order.id, PayBy(body.get("pay", PayBy.ACCOUNT))
    membership = membership_reaching(auth.person(), order.clinic)
    limit = placing.order_limit(membership) if membership else Money(0, order.currency)

    def work(now: dt.datetime) -> dict[str, Any]:
        if _waits_to_be_paid(order_id) and pay_by is PayBy.CARD:
            return summary(queries.order_with_id(order_id), now)
        done = placing.place(order_id, limit=limit, pay_by=pay_by, actor=auth.actor(), now=now)
        return summary(done, now)

    answer = writes.once(work)
    return _with_checkout(answer) if pay_by is PayBy.CARD else answer


def _waits_to_be_paid(order_id: int) -> bool:
    stage = sa.select(PurchaseOrder.stage).where(PurchaseOrder.id == order_id)
    return db.session.scalar(stage) is Stage.AWAITING_PAYMENT


def _with_checkout(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with where the order is to be paid now, if it waits for that still."""
    if not _waits_to_be_paid(answer["order"]):
        return answer
    url = asking.pay_page(answer["order"], actor=auth.actor(), now=clock.now())
    return {**answer, "checkout_url": url}


@blueprint.route(f"{ORDER}/cancel", methods=["POST"])
@blueprint.response(200, OrderSummarySchema)
@blueprint.writes
@auth.of_order(buyer=Right.ORDER, supplier=Right.FULFIL)
@blueprint.arguments(CancelSchema)
def cancel(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Cancel what has not been shipped; either side may."""
    order_id, reason = order.id, body.get("reason", "")
    side = auth.side_of(order, buyer=Right.ORDER, supplier=Right.FULFIL)

    def work(now: dt.datetime) -> dict[str, Any]:
        done = progress.cancel_rest(order_id, side=side, reason=reason, actor=auth.actor(), now=now)
        return summary(done, now)

    return writes.once(work)


@blueprint.route(ORDER)
@blueprint.response(200, OrderSchema)
@auth.of_order(buyer=Right.VIEW, supplier=Right.VIEW)
def read(order: PurchaseOrder) -> dict[str, Any]:
    """Show an order with its lines, shipments, claims, returns, invoices and payment."""
    shipments = [_shipment(shipment) for shipment in shipments_of([order.id])]
    claims = [claim_answer(claim) for claim in claims_of_order(order.id)]
    standing = standing_of(order)
    return {
        **order_head(order, clock.now()),
        "payment": {
            "method": standing.method.value,
            "status": standing.status,
            "paid": standing.paid.as_json(),
            "refunded": standing.refunded.as_json(),
        },
        "shipments": shipments,
        "claims": claims,
        "returns": return_answers(order.id, clock.now()),
        "invoices": invoice_answers(order.id),
    }


def order_head(order: PurchaseOrder, now: dt.datetime) -> dict[str, Any]:
    """Return what lists of orders say of one."""
    short = summary(order, now)
    skus = {line.id: line.sku for line in order.lines}
    unplaced = order.stage is Stage.DRAFT
    return {
        **short,
        "ordered_total": short["total"] if unplaced else order.total.as_json(),
        "carriage": _carriage(order, now).as_json(),
        "cancelled_total": order.cancelled_total.as_json(),
        "credited_total": order.credited_total.as_json(),
        "vat": [] if unplaced else vat_answer(order.owed_vat, order.currency),
        "clinic": order.clinic.code,
        "supplier": order.supplier.code,
        "placed_at": order.placed_at,
        "requested_on": order.requested_on,
        "message": order.message,
        "expected_on": order.expected_on,
        "ship_on": order.ship_on,
        "lines": [_line(line, skus) for line in order.lines],
    }


def _carriage(order: PurchaseOrder, now: dt.datetime) -> Money:
    if order.stage is not Stage.DRAFT:
        return order.carriage
    return contents.draft_carriage(order, now)


def _line(line: OrderLine, skus: Mapping[int, str]) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "name": line.name,
        "packs": line.packs,
        "confirmed": line.confirmed,
        "shipped": line.shipped,
        "received": line.received,
        "cancelled": line.cancelled,
        "resend": line.resend,
        "credited": line.credited,
        "offered": line.offered,
        "backorder_until": line.promised_on,
        "declined_because": line.declined_why,
        "instead_of": skus.get(line.instead_of_id or 0),
        "substitute": _substitute(line.offers[-1]) if line.offers else None,
        "price": line.price.as_json(),
    }


def _substitute(offered: SubstituteOffer) -> dict[str, Any]:
    return {
        "sku": offered.sku,
        "name": offered.name,
        "packs": offered.packs,
        "replaces": offered.replaces,
        "price": offered.price.as_json(),
        "status": offered.status.value,
    }


def _shipment(shipment: Shipment) -> dict[str, Any]:
    return {
        "shipment": shipment.id,
        "code": shipment.code,
        "shipped_at": shipment.shipped_at,
        "received_at": shipment.received_at,
        "carrier": shipment.trackings[0].carrier if shipment.trackings else "",
        "tracking": shipment.trackings[0].number if shipment.trackings else "",
        "trackings": [
            {"carrier": one.carrier, "number": one.number, "url": one.url}
            for one in shipment.trackings
        ],
        "lines": [
            {
                "sku": line.order_line.sku,
                "lot": line.lot_number,
                "expiry": line.expiry,
                "packs": line.packs,
            }
            for line in shipment.lines
        ],
    }
