"""Mails about payments: what people have to know and may have to see to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from supply.ordering.mail import tell_clinic, tell_supplier, tell_who_ordered
from supply.ordering.models import PurchaseOrder
from supply.payments import wording
from supply.payments.models import Dispute, Payment, Refund


def tell_not_paid(order: PurchaseOrder, now: dt.datetime) -> None:
    """Queue a mail to who ordered: the page to pay on has expired, the supplier has no order."""
    tell_who_ordered(order, "order_not_paid", {}, now)


def tell_held(order: PurchaseOrder, payment: Payment, now: dt.datetime) -> None:
    """Queue a mail to both sides: money came that does not agree with the order."""
    _tell(order, {"what": "held", "sum": payment.paid, "held": payment}, now)


def tell_refund_failed(order: PurchaseOrder, refund: Refund, now: dt.datetime) -> None:
    """Queue a mail to those who have the order: money that was to go back did not."""
    _tell(order, {"what": "refund", "sum": refund.amount, "why": refund.why}, now)


def tell_disputed(order: PurchaseOrder, dispute: Dispute, now: dt.datetime) -> None:
    """Queue a mail to those who have the order: a cardholder's bank asks for the money back."""
    _tell(order, {"what": "dispute", "sum": dispute.amount, "why": dispute.reason}, now)


def _tell(order: PurchaseOrder, facts: Mapping[str, Any], now: dt.datetime) -> None:
    context = {**facts, "words": wording}
    tell_clinic(order, "payment_trouble", context, now)
    if order.placed_at is not None:
        tell_supplier(order, "payment_trouble", context, now)
    elif context["what"] == "held":
        # Its supplier has no page of it yet.
        tell_supplier(order, "payment_trouble", {**context, "button_url": ""}, now)
