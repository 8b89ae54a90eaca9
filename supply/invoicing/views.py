"""Pages of invoices: a supplier's list, a card on both sides' pages of an order, the files."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_login import login_required
from werkzeug.wrappers import Response

from supply.accounts.rules import Right
from supply.invoicing import documents, queries, wording
from supply.invoicing.parties import lacking, seller_of
from supply.invoicing.standing import standing
from supply.ordering.models import PurchaseOrder
from supply.ordering.panels import on_order_page, on_supplier_page
from supply.web import access

blueprint = Blueprint("invoicing", __name__)


@blueprint.get("/s/<supplier_code>/invoices")
@login_required
def invoices(supplier_code: str) -> str:
    """List what a supplier issued, newest first, and say what its invoices lack."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    page = queries.supplier_invoices(supplier, request.args.get("before", type=int))
    return render_template(
        "invoicing/invoices.html",
        supplier=supplier,
        page=page,
        standing=standing(page.invoices),
        lacking=lacking(seller_of(supplier)),
        may_say=access.can(Right.CATALOGUE),
        kinds=wording.KIND_WORDS,
        today=access.today(),
    )


@blueprint.get("/s/<supplier_code>/invoices/<number>.<any(pdf, xml):form>")
@login_required
def supplier_document(supplier_code: str, number: str, form: str) -> Response:
    """Download a document that this supplier issued."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    return documents.download(queries.invoice_of_supplier(supplier, number), form)


@blueprint.get("/c/<clinic_code>/invoices/<number>.<any(pdf, xml):form>")
@login_required
def clinic_document(clinic_code: str, number: str, form: str) -> Response:
    """Download a document for an order of this clinic."""
    clinic = access.clinic(clinic_code)
    return documents.download(queries.invoice_of_clinic(clinic, number), form)


@on_order_page
def clinic_panel(order: PurchaseOrder) -> str:
    """Show the invoices of an order on the clinic's page of it."""
    return _panel(order, "invoicing.clinic_document", {"clinic_code": order.clinic.code}, [])


@on_supplier_page
def supplier_panel(order: PurchaseOrder) -> str:
    """Show them on the supplier's page of it, and what its invoices lack."""
    missing = lacking(seller_of(order.supplier))
    at = {"supplier_code": order.supplier.code}
    return _panel(order, "invoicing.supplier_document", at, missing)


def _panel(order: PurchaseOrder, endpoint: str, at: dict[str, Any], missing: list[str]) -> str:
    if order.placed_at is None:
        return ""
    found = queries.invoices_of(order.id)
    if not found:
        return ""
    return render_template(
        "invoicing/panel.html",
        invoices=found,
        url=lambda invoice, form: url_for(endpoint, number=invoice.number, form=form, **at),
        credited=documents.credited_numbers,
        title=documents.title,
        reasons=wording.REASON_WORDS,
        lacking=missing,
        may_say=access.can(Right.CATALOGUE),
        supplier=order.supplier,
        today=access.today(),
    )
