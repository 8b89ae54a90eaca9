"""Reading payments for pages and the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from supply.db import db
from supply.money import Money
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import PayBy
from supply.payments.models import Payment
from supply.payments.terms import LIVE, PaymentStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order is paid, and how much of it: by card, its payments oldest first."""

    method: PayBy
    status: str
    paid: Money
    refunded: Money
    payments: Sequence[Payment]


def standing_of(order: PurchaseOrder) -> Standing:
    """Return how an order stands with its payments. One statement for each kind of row."""
    payments = db.session.scalars(
        sa.select(Payment)
        .where(Payment.order_id == order.id)
        .options(selectinload(Payment.refunds), selectinload(Payment.disputes))
        .order_by(Payment.id)
    ).all()
    counted = [payment for payment in payments if payment.paid.currency == order.currency]
    paid = sum(payment.paid_minor for payment in counted)
    back = sum(payment.refunding_minor for payment in counted)
    return Standing(
        order.pay_by,
        _status(order, payments, paid, back),
        Money(paid, order.currency),
        Money(back, order.currency),
        payments,
    )


def _status(order: PurchaseOrder, payments: Sequence[Payment], paid: int, back: int) -> str:
    """Return the one word for it all: what needs somebody comes before what is done."""
    held = any(one.status is PaymentStatus.HELD and one.left_minor for one in payments)
    if held and order.placed_at is None:
        return PaymentStatus.HELD.value
    if paid and not back:
        return "paid"
    if paid:
        return "refunded" if back == paid else "partly_refunded"
    if order.pay_by is PayBy.ACCOUNT:
        return "on_account"
    return "open" if any(one.status in LIVE for one in payments) else "unpaid"
