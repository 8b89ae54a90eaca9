"""Reading and locking payments: the order first, then its payments in the order of their ids."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from supply.db import db
from supply.ordering.events import locked_order
from supply.ordering.models import PurchaseOrder
from supply.payments.models import Payment


def payments_of(order_id: int) -> Sequence[Payment]:
    """Return the payments of an order, oldest first."""
    query = sa.select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)
    return db.session.scalars(query).all()


def locked_payments(order_id: int) -> tuple[PurchaseOrder, Sequence[Payment]]:
    """Lock an order and its payments and return them, freshly read, oldest first."""
    order = locked_order(order_id)
    payments = db.session.scalars(
        sa.select(Payment)
        .where(Payment.order_id == order_id)
        .order_by(Payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    return order, payments


def locked_payment(payment_id: int) -> Payment:
    """Lock a payment, its order before it, and return it, freshly read."""
    order_id = db.session.scalars(sa.select(Payment.order_id).where(Payment.id == payment_id)).one()
    _order, payments = locked_payments(order_id)
    return next(payment for payment in payments if payment.id == payment_id)
