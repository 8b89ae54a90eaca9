"""On an order: what is open of its invoices, how they match, and paying one nevertheless."""

from __future__ import annotations

import secrets
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.rules import Right
from supply.invoicing import queries as invoices
from supply.invoicing.models import Invoice
from supply.matching import waiving, wording
from supply.matching.matching import matches
from supply.matching.routes import blueprint
from supply.open_items.queries import items_of
from supply.ordering.models import PurchaseOrder
from supply.ordering.panels import on_order_page, on_supplier_page
from supply.web import access
from supply.web.saving import done
from supply.web.toasts import flash_undo


@on_order_page
def clinic_panel(order: PurchaseOrder) -> str:
    """Show the clinic how an order's invoices match, and what is open of them."""
    return _panel(order, may_waive=access.can(Right.ORDER))


@on_supplier_page
def supplier_panel(order: PurchaseOrder) -> str:
    """Show the supplier the same; only the clinic pays one nevertheless."""
    return _panel(order, may_waive=False)


def _panel(order: PurchaseOrder, *, may_waive: bool) -> str:
    if order.placed_at is None:
        return ""
    found = [one for one in invoices.invoices_of(order.id) if not one.is_credit]
    if not found:
        return ""
    ids = [invoice.id for invoice in found]
    return render_template(
        "matching/panel.html",
        invoices=found,
        items=items_of(ids),
        matched=matches(ids),
        words=wording,
        may_waive=may_waive,
        clinic=order.clinic,
        today=access.today(),
        key=secrets.token_hex(16),
    )


@blueprint.post("/c/<clinic_code>/invoices/<number>/nevertheless")
@login_required
def pay_nevertheless(clinic_code: str, number: str) -> Response:
    """Let an invoice that does not match be paid, with a reason; the toast takes it back."""
    invoice = _invoice(clinic_code, number)
    order_id = invoice.order_id
    reason = request.form.get("reason", "")
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}
    if done(lambda: waiving.pay_nevertheless(_invoice(clinic_code, number), reason, **who)):
        undo = url_for(".block_again", clinic_code=clinic_code, number=number)
        flash_undo(_("It can be paid, and your reason is kept."), undo)
    return _to_order(clinic_code, order_id)


@blueprint.post("/c/<clinic_code>/invoices/<number>/nevertheless/undo")
@login_required
def block_again(clinic_code: str, number: str) -> Response:
    """Let the differences of an invoice block its payment again."""
    invoice = _invoice(clinic_code, number)
    order_id = invoice.order_id
    who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}
    if done(lambda: waiving.take_back_waiver(_invoice(clinic_code, number), **who)):
        flash(_("Undone: what differs blocks its payment again."), "success")
    return _to_order(clinic_code, order_id)


def _invoice(clinic_code: str, number: str) -> Invoice:
    return invoices.invoice_of_clinic(access.clinic(clinic_code, Right.ORDER), number)


def _to_order(clinic_code: str, order_id: int) -> Response:
    order = url_for("ordering.order", clinic_code=clinic_code, order_id=order_id, _anchor="match")
    return redirect(order)
