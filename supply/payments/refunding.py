"""What goes back to a card: worked out from the order, asked for once, followed to its end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from supply.actor import SYSTEM
from supply.db import db
from supply.money import Money
from supply.ordering.events import note
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import EventKind, PayBy, Stage
from supply.payments import mail, requests, rules
from supply.payments.amounts import countable, counted, from_stripe
from supply.payments.gateway import SeenRefund
from supply.payments.locking import locked_payment, locked_payments
from supply.payments.models import Payment, Refund
from supply.payments.terms import LOST, PaymentStatus, RefundStatus, RequestKind


def kept_minor(order: PurchaseOrder) -> int:
    """Return how much of what was paid by card the order keeps, in minor units.

    Nothing of one that was withdrawn before it was placed, or is paid on account after all.
    """
    if order.placed_at is None or order.pay_by is not PayBy.CARD:
        return 0
    return order.to_pay.minor


def refund_what_is_due(order_id: int, *, again: bool = False, now: dt.datetime) -> list[Refund]:
    """Keep a refund for all that an order no longer costs; return them.

    A payment whose last refund failed waits for somebody to ask ``again``.

    What was declined, cancelled, short or returned, what was paid twice, and what is held once
    the order has gone on without it. In part and to the cent, never above what came. What a bank
    has taken back, or may yet, is not given a second time. Locks the order and its payments.
    """
    order, payments = locked_payments(order_id)
    for payment in payments:
        payment.check_refund = False
    if order.stage is Stage.AWAITING_PAYMENT:
        db.session.flush()
        return []
    paid = [
        (payment.id, payment.left_minor)
        for payment in payments
        if payment.status is PaymentStatus.PAID and _may_go_back(payment, again=again)
    ]
    back = dict(rules.to_refund(paid, kept_minor(order)))
    back |= {
        payment.id: payment.left_minor
        for payment in payments
        if payment.status is PaymentStatus.HELD and _may_go_back(payment, again=again)
    }
    by_id = {payment.id: payment for payment in payments}
    parts = {one: countable(Money(minor, _currency(by_id[one]))) for one, minor in back.items()}
    db.session.flush()
    return [_ask(order, by_id[one], part, now) for one, part in parts.items() if part.minor]


def _currency(payment: Payment) -> str:
    return payment.paid_currency or payment.currency


def _may_go_back(payment: Payment, *, again: bool) -> bool:
    failed = bool(payment.refunds) and payment.refunds[-1].status in LOST
    return not _is_disputed(payment) and (again or not failed)


def _is_disputed(payment: Payment) -> bool:
    return any(one.ended_at is None or one.status == "lost" for one in payment.disputes)


def _ask(order: PurchaseOrder, payment: Payment, sum_: Money, now: dt.datetime) -> Refund:
    refund = Refund(
        payment_id=payment.id, status=RefundStatus.ASKED, amount_minor=sum_.minor, created_at=now
    )
    payment.refunding_minor += sum_.minor
    db.session.add(refund)
    db.session.flush()
    body: dict[str, Any] = {
        "payment_intent": payment.intent_id,
        "amount": counted(sum_),
        "reason": "requested_by_customer",
        "metadata": {"reference": payment.reference, "refund": str(refund.id)},
    }
    if payment.account:
        body["reverse_transfer"] = True
    requests.keep(RequestKind.REFUND, payment, body, refund=refund, now=now)
    note(order, EventKind.REFUNDED, actor=SYSTEM, now=now, facts=_facts(refund, sum_))
    return refund


def answered(refund_id: int, seen: SeenRefund, now: dt.datetime) -> None:
    """Take over where Stripe says a refund of ours stands. Locks the order and its payments."""
    refund = _locked(refund_id)
    if refund.stripe_id is None:
        refund.stripe_id = seen.id
    _move(refund, seen.status, seen.why, now)


def refused(refund_id: int, said: str, now: dt.datetime) -> None:
    """Write down that Stripe does not make a refund. Locks the order and its payments."""
    _move(_locked(refund_id), RefundStatus.FAILED, said, now)


def told(seen: SeenRefund, now: dt.datetime) -> bool:
    """Take over a refund that Stripe tells of; return whether its payment is one of ours.

    One that was made at Stripe by hand is counted too.
    """
    known = db.session.scalar(
        sa.select(Refund.id)
        .join(Payment, Payment.id == Refund.payment_id)
        .where(
            Payment.intent_id == seen.intent_id,
            sa.or_(Refund.stripe_id == seen.id, _is_ours(seen)),
        )
        .limit(1)
    )
    if known is not None:
        answered(known, seen, now)
        return True
    payment_id = db.session.scalar(sa.select(Payment.id).where(Payment.intent_id == seen.intent_id))
    if payment_id is None:
        return False
    _made_elsewhere(locked_payment(payment_id), seen, now)
    return True


def _is_ours(seen: SeenRefund) -> sa.ColumnElement[bool]:
    number = int(seen.ours) if seen.ours.isascii() and seen.ours.isdecimal() else 0
    return sa.and_(Refund.id == number, Refund.stripe_id.is_(None))


def _made_elsewhere(payment: Payment, seen: SeenRefund, now: dt.datetime) -> None:
    known = sa.select(Refund.id).where(Refund.stripe_id == seen.id)
    if db.session.scalar(known) is not None:
        return
    sum_ = from_stripe(seen.amount, seen.currency)
    status = seen.status
    refund = Refund(
        payment_id=payment.id, status=status, amount_minor=sum_.minor, stripe_id=seen.id,
        why=seen.why, created_at=seen.created, ended_at=now if status in LOST else None,
    )  # fmt: skip
    db.session.add(refund)
    if status not in LOST:
        payment.refunding_minor += sum_.minor
    db.session.flush()
    note(payment.order, EventKind.REFUNDED, actor=SYSTEM, now=now, facts=_facts(refund, sum_))


def _locked(refund_id: int) -> Refund:
    payment_id = db.session.scalars(
        sa.select(Refund.payment_id).where(Refund.id == refund_id)
    ).one()
    locked_payment(payment_id)
    return db.session.get_one(Refund, refund_id, populate_existing=True)


def _move(refund: Refund, status: RefundStatus, why: str, now: dt.datetime) -> None:
    """Move a refund on. What failed has failed: an older word does not take that back."""
    before = refund.status
    if before in LOST or (before is RefundStatus.SUCCEEDED and status not in LOST):
        return
    refund.status, refund.why = status, why
    if status in LOST or status is RefundStatus.SUCCEEDED:
        refund.ended_at = now
    if rules.went_wrong(before, status):
        payment = refund.payment
        payment.refunding_minor -= refund.amount_minor
        facts = _facts(refund, refund.amount)
        note(payment.order, EventKind.REFUND_FAILED, why, actor=SYSTEM, now=now, facts=facts)
        mail.tell_refund_failed(payment.order, refund, now)
    db.session.flush()


def _facts(refund: Refund, sum_: Money) -> dict[str, Any]:
    return {"refund": refund.id, "minor": sum_.minor, "currency": sum_.currency}
