"""Disputes: a cardholder's bank asks for the money back."""

from __future__ import annotations

import datetime as dt
from typing import Final

import sqlalchemy as sa

from supply.actor import SYSTEM
from supply.db import db
from supply.ordering.events import note
from supply.ordering.terms import EventKind
from supply.payments import mail
from supply.payments.amounts import from_stripe
from supply.payments.gateway import SeenDispute
from supply.payments.locking import locked_payment
from supply.payments.models import Dispute, Payment

ENDED: Final = frozenset({"won", "lost", "warning_closed", "prevented"})


def told(seen: SeenDispute, now: dt.datetime) -> bool:
    """Take over how a dispute stands; return whether its payment is one of ours.

    Both sides are told of a new one. Locks the order and its payments.
    """
    payment_id = db.session.scalar(sa.select(Payment.id).where(Payment.intent_id == seen.intent_id))
    if payment_id is None:
        return False
    payment = locked_payment(payment_id)
    dispute = db.session.scalar(sa.select(Dispute).where(Dispute.stripe_id == seen.id))
    if dispute is None:
        dispute = _opened(payment, seen)
        facts = {"minor": dispute.amount_minor, "currency": dispute.currency}
        note(payment.order, EventKind.DISPUTED, seen.reason, actor=SYSTEM, now=now, facts=facts)
        mail.tell_disputed(payment.order, dispute, now)
    dispute.status = seen.status
    if seen.status in ENDED and dispute.ended_at is None:
        dispute.ended_at, payment.check_refund = now, True
        note(payment.order, EventKind.DISPUTE_ENDED, seen.status, actor=SYSTEM, now=now)
    db.session.flush()
    return True


def _opened(payment: Payment, seen: SeenDispute) -> Dispute:
    sum_ = from_stripe(seen.amount, seen.currency)
    dispute = Dispute(
        payment_id=payment.id, stripe_id=seen.id, status=seen.status, reason=seen.reason,
        amount_minor=sum_.minor, currency=sum_.currency, opened_at=seen.created,
    )  # fmt: skip
    db.session.add(dispute)
    db.session.flush()
    return dispute
