"""What the API says of an invoice or credit note."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from marshmallow import Schema, fields

from supply.api.base.fields import Day
from supply.api.base.schemas import MoneySchema
from supply.invoicing.documents import credited_numbers
from supply.invoicing.models import Invoice, InvoiceLine
from supply.invoicing.queries import invoices_of
from supply.invoicing.terms import InvoiceKind, Reason
from supply.matching.matching import Match, matches
from supply.matching.terms import DifferenceKind, MatchStatus
from supply.money import Money
from supply.vat.rules import Share
from supply.vat.terms import TaxCategory


class VatSchema(Schema):
    """VAT of one category (its UNTDID 5305 code) and rate, in per cent."""

    category = fields.String(required=True, metadata={"enum": [one.value for one in TaxCategory]})
    rate = fields.String(required=True)
    net = fields.Nested(MoneySchema, required=True)
    vat = fields.Nested(MoneySchema, required=True)


class InvoiceLineSchema(Schema):
    """Packs on a document, by the supplier's SKU."""

    sku = fields.String(required=True)
    packs = fields.Integer(required=True)
    price = fields.Nested(MoneySchema, required=True)
    net = fields.Nested(MoneySchema, required=True)
    lots = fields.List(fields.String(), required=True)


class DifferenceSchema(Schema):
    """In what an invoice's line differs from what was ordered or received: for so many packs."""

    sku = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": [one.value for one in DifferenceKind]})
    packs = fields.Integer(required=True)
    message = fields.String(required=True)


class MatchSchema(Schema):
    """What order, receipt and invoice say together.

    While it differs the invoice cannot be announced as paid; waived: somebody said why it is
    paid nevertheless.
    """

    status = fields.String(required=True, metadata={"enum": [one.value for one in MatchStatus]})
    blocked = fields.Boolean(required=True)
    differences = fields.List(fields.Nested(DifferenceSchema), required=True)
    reason = fields.String(required=True, allow_none=True)
    """Why it is paid nevertheless."""


class InvoiceAnswer(Schema):
    """A document; sums of a credit note are what is owed no longer, not below zero."""

    number = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": [one.value for one in InvoiceKind]})
    reason = fields.String(required=True, metadata={"enum": [one.value for one in Reason]})
    issued_on = Day(required=True)
    due_on = Day(required=True, allow_none=True)
    shipment = fields.String(required=True, allow_none=True)
    """Code of the shipment that is billed, or whose invoice is credited."""
    claim = fields.Integer(required=True, allow_none=True)
    return_ = fields.Integer(required=True, allow_none=True, data_key="return", attribute="return")
    credits = fields.List(fields.String(), required=True)
    """Numbers of the invoices that a credit note is about."""
    carriage = fields.Nested(MoneySchema, required=True)
    """What is charged for sending, net: part of ``net``."""
    net = fields.Nested(MoneySchema, required=True)
    vat = fields.List(fields.Nested(VatSchema), required=True)
    total = fields.Nested(MoneySchema, required=True)
    lines = fields.List(fields.Nested(InvoiceLineSchema), required=True)
    match = fields.Nested(MatchSchema, required=True, allow_none=True)
    """Null for a credit note."""


def vat_answer(shares: Sequence[Share], currency: str) -> list[dict[str, Any]]:
    """Return VAT by category and rate as answers have it."""
    return [
        {
            "category": share.terms.category.value,
            "rate": str(Decimal(share.terms.basis_points) / 100),
            "net": Money(share.net_minor, currency).as_json(),
            "vat": Money(share.vat_minor, currency).as_json(),
        }
        for share in shares
    ]


def invoice_answers(order_id: int) -> list[dict[str, Any]]:
    """Return all that both sides see of the documents of an order, and how they match."""
    found = invoices_of(order_id)
    matched = matches([one.id for one in found])
    return [_answer(one, matched.get(one.id)) for one in found]


def _answer(invoice: Invoice, match: Match | None) -> dict[str, Any]:
    return {
        "number": invoice.number,
        "kind": invoice.kind.value,
        "reason": invoice.reason.value,
        "issued_on": invoice.issued_on,
        "due_on": invoice.due_on,
        "shipment": invoice.facts.get("shipment"),
        "claim": invoice.claim_id,
        "return": invoice.return_id,
        "credits": credited_numbers(invoice),
        "carriage": invoice.carriage.as_json(),
        "net": invoice.net.as_json(),
        "vat": vat_answer(invoice.shares, invoice.currency),
        "total": invoice.total.as_json(),
        "lines": [_line(line) for line in invoice.lines],
        "match": None if match is None or invoice.is_credit else _match(match),
    }


def _match(match: Match) -> dict[str, Any]:
    return {
        "status": match.status.value,
        "blocked": match.blocks,
        "differences": [
            {"sku": one.sku, "kind": one.kind.value, "packs": one.packs, "message": one.text}
            for one in match.differences
        ],
        "reason": match.waiver.reason if match.waiver else None,
    }


def _line(line: InvoiceLine) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "packs": line.packs,
        "price": line.price.as_json(),
        "net": line.net.as_json(),
        "lots": line.lots,
    }
