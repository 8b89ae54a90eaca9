"""Paying an order by card, on the pages of both sides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.rules import Right
from supply.baskets import placing
from supply.db import transaction
from supply.ordering import paying
from supply.ordering import queries as ordering
from supply.ordering.models import PurchaseOrder
from supply.ordering.panels import on_order_page, on_supplier_page
from supply.ordering.terms import PayBy, Stage
from supply.payments import asking, refunding
from supply.payments.gateway import GatewayError, configured_gateway
from supply.payments.locking import payments_of
from supply.payments.queries import standing_of
from supply.payments.terms import LOST, PaymentStatus
from supply.payments.wording import DISPUTE_WORDS, REFUND_WORDS, STATUS_WORDS, bank_said, why
from supply.refusals import Refusal
from supply.web import access

blueprint = Blueprint("payments", __name__)


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/pay")
@login_required
def pay(clinic_code: str, order_id: int) -> AnyResponse:
    """Go to the page to pay an order on, made if there is none yet."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    return go_to_pay(ordering.order_of_clinic(clinic, order_id))


@paying.goes_to_pay
def go_to_pay(order: PurchaseOrder) -> AnyResponse:
    """Send the browser to the page to pay ``order`` on, or back to the order with why not."""
    back = _order_page(order)
    try:
        page = asking.pay_page(order.id, actor=access.actor(), now=clock.now())
        return redirect(page, 303)
    except Refusal as refusal:
        flash(str(refusal), "error")
        return redirect(back, 303)


@blueprint.get("/c/<clinic_code>/orders/<int:order_id>/payments/<int:payment_id>/paid")
@login_required
def paid(clinic_code: str, order_id: int, payment_id: int) -> AnyResponse:
    """Take over what was paid when the browser comes back; its coming alone says nothing."""
    clinic = access.clinic(clinic_code)
    order = ordering.order_of_clinic(clinic, order_id)
    if payment_id not in {payment.id for payment in payments_of(order.id)}:
        raise NotFoundHereError(str(payment_id))
    back = _order_page(order)
    gateway = configured_gateway()
    try:
        status = asking.look(payment_id, gateway, clock.now()) if gateway else None
    except GatewayError:
        status = None
    if status is PaymentStatus.PAID:
        flash(_("Paid. The order is with the supplier."), "success")
    elif status is not PaymentStatus.HELD:
        flash(_("The payment is not confirmed yet. This page shows it once it is."), "info")
    return redirect(back)


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/pay-on-account")
@login_required
def pay_on_account(clinic_code: str, order_id: int) -> AnyResponse:
    """Place an order that was to be paid by card on account after all."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = ordering.order_of_clinic(clinic, order_id)
    back = _order_page(order)
    try:
        with transaction():
            placing.pay_on_account(order_id, actor=access.actor(), now=clock.now())
        flash(_("The order is placed on account."), "success")
    except Refusal as refusal:
        flash(str(refusal), "error")
    return redirect(back)


@blueprint.post("/s/<supplier_code>/orders/<int:order_id>/refund-again")
@login_required
def refund_again(supplier_code: str, order_id: int) -> AnyResponse:
    """Ask anew for what is due to go back after a refund failed."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    ordering.order_of_supplier(supplier, order_id)
    _ask_again(order_id)
    return redirect(url_for("fulfilment.order", supplier_code=supplier_code, order_id=order_id))


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/refund-again")
@login_required
def refund_unplaced_again(clinic_code: str, order_id: int) -> AnyResponse:
    """Ask anew for the refund of an order its supplier never saw; others are the supplier's."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = ordering.order_of_clinic(clinic, order_id)
    if order.placed_at is not None:
        raise NotFoundHereError(str(order_id))
    back = _order_page(order)
    _ask_again(order_id)
    return redirect(back)


def _ask_again(order_id: int) -> None:
    with transaction():
        asked = refunding.refund_what_is_due(order_id, again=True, now=clock.now())
    if asked:
        flash(_("The refund is asked for again."), "success")
    else:
        flash(_("Nothing is due to go back."), "info")


@on_order_page
def of_clinic(order: PurchaseOrder) -> str:
    """Return the clinic's side of an order's payment."""
    return _panel(order, supplier_side=False)


@on_supplier_page
def of_supplier(order: PurchaseOrder) -> str:
    """Return the supplier's side of an order's payment."""
    return _panel(order, supplier_side=True)


def _panel(order: PurchaseOrder, *, supplier_side: bool) -> str:
    standing = standing_of(order)
    if order.pay_by is PayBy.ACCOUNT and not standing.payments:
        return ""
    failed = any(one.status in LOST for payment in standing.payments for one in payment.refunds)
    shown: dict[str, Any] = {
        "order": order,
        "standing": standing,
        "supplier_side": supplier_side,
        "to_pay": order.stage is Stage.AWAITING_PAYMENT and access.can(Right.ORDER),
        "refund_again": _refund_again(order, supplier_side=supplier_side) if failed else None,
        "status_words": STATUS_WORDS,
        "payment_why": why,
        "bank_said": bank_said,
        "refund_words": REFUND_WORDS,
        "dispute_words": DISPUTE_WORDS,
        "zone": order.supplier.timezone if supplier_side else order.clinic.timezone,
    }
    return render_template("payments/panel.html", **shown)


def _refund_again(order: PurchaseOrder, *, supplier_side: bool) -> str | None:
    """Return where to ask for a failed refund again, for who may."""
    if supplier_side and access.can(Right.FULFIL):
        code = order.supplier.code
        return url_for("payments.refund_again", supplier_code=code, order_id=order.id)
    if not supplier_side and order.placed_at is None and access.can(Right.ORDER):
        code = order.clinic.code
        return url_for("payments.refund_unplaced_again", clinic_code=code, order_id=order.id)
    return None


def _order_page(order: PurchaseOrder) -> str:
    return url_for("ordering.order", clinic_code=order.clinic.code, order_id=order.id)
