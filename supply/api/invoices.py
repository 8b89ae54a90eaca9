"""Invoices and credit notes of an order, and their files."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from marshmallow import Schema, fields

from supply.accounts.rules import Right
from supply.api.base import auth
from supply.api.base.blueprints import api_blueprint
from supply.api.invoice_answers import InvoiceAnswer, invoice_answers
from supply.api.orders import ORDER
from supply.invoicing import documents, queries
from supply.invoicing.models import Invoice
from supply.ordering.models import PurchaseOrder

blueprint = api_blueprint("invoices", "Invoices")

_FILE: Final = {"type": "string", "format": "binary"}


class InvoicesSchema(Schema):
    """Documents of an order as they were issued."""

    invoices = fields.List(fields.Nested(InvoiceAnswer), required=True)


@blueprint.route(f"{ORDER}/invoices")
@blueprint.response(200, InvoicesSchema)
@auth.of_order(buyer=Right.VIEW, supplier=Right.VIEW)
def of_order(order: PurchaseOrder) -> dict[str, Any]:
    """List an order's invoices, one for each shipment, and credit notes; both sides may look."""
    return {"invoices": invoice_answers(order.id)}


@blueprint.route("/invoices/<number>.pdf")
@blueprint.response(200, _FILE, content_type="application/pdf")
def pdf(number: str) -> Response:
    """Download an invoice or credit note as a PDF."""
    return documents.download(_reached(number), "pdf")


@blueprint.route("/invoices/<number>.xml")
@blueprint.response(200, _FILE, content_type="application/xml")
def xml(number: str) -> Response:
    """Download an invoice or credit note as UBL 2.1 by EN 16931."""
    return documents.download(_reached(number), "xml")


def _reached(number: str) -> Invoice:
    """Return a document of an order that the caller is on a side of; 404 and 403 as for it."""
    found = queries.invoice_with_number(number)
    auth.side_of(found.order, buyer=Right.VIEW, supplier=Right.VIEW)
    return found
