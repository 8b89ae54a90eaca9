"""Our book of payments and Stripe's, compared row by row: each difference is named."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from supply.db import db
from supply.payments.amounts import countable, counted
from supply.payments.gateway import SeenRefund, StripeGateway
from supply.payments.models import Payment
from supply.payments.rules import Seen
from supply.payments.terms import LOST, TAKEN, RefundStatus

OVERLAP = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Row:
    """A payment of our book, as Stripe counts."""

    reference: str
    session_id: str | None
    taken: bool
    amount: int
    currency: str
    refunds: Sequence[tuple[str | None, str, int]]
    """(id at Stripe, status, amount)."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How many rows were compared, and where the books differ, in words."""

    payments: int
    refunds: int
    differences: Sequence[str]


def compare(gateway: StripeGateway) -> Compared:
    """Compare both books; raises GatewayError where Stripe cannot be reached."""
    rows, since = _ours()
    if since is None:
        return Compared(0, 0, ())
    theirs: dict[str, Seen] = {}
    differences: list[str] = []
    for seen, metadata in gateway.sessions_since(since - OVERLAP):
        reference = metadata.get("reference", "")
        twin = theirs.get(reference)
        if twin is not None and twin.paid and seen.paid:
            differences.append(f"{reference}: paid twice at Stripe, by {seen.session_id} too")
        elif reference and (twin is None or seen.paid):
            theirs[reference] = seen
    for row in rows:
        seen_here = theirs.pop(row.reference, None)
        differences += _differences(row, seen_here)
        if seen_here is not None and seen_here.paid and seen_here.intent_id:
            refunds = list(gateway.refunds_of(seen_here.intent_id))
            differences += _refund_differences(row, refunds)
    ours = {row.reference.rpartition("-")[0] for row in rows}
    differences += [
        f"{reference}: paid at Stripe, and not in our book"
        for reference, seen in theirs.items()
        if seen.paid and reference.rpartition("-")[0] in ours
    ]
    return Compared(len(rows), sum(len(row.refunds) for row in rows), differences)


def _ours() -> tuple[list[Row], dt.datetime | None]:
    payments = db.session.scalars(
        sa.select(Payment).options(selectinload(Payment.refunds)).order_by(Payment.id)
    ).all()
    rows = [_row(payment) for payment in payments]
    since = min((payment.created_at for payment in payments), default=None)
    db.session.rollback()
    return rows, since


def _row(payment: Payment) -> Row:
    taken = payment.status in TAKEN
    return Row(
        payment.reference,
        payment.session_id,
        taken,
        counted(countable(payment.paid if taken else payment.amount)),
        (payment.paid_currency or payment.currency).lower(),
        [
            (one.stripe_id, one.status.value, counted(countable(one.amount)))
            for one in payment.refunds
        ],
    )


def _differences(row: Row, seen: Seen | None) -> Iterator[str]:
    if seen is None:
        if row.session_id is not None:
            yield f"{row.reference}: in our book, and not at Stripe"
        return
    if row.session_id != seen.session_id:
        yield f"{row.reference}: our book has session {row.session_id}, Stripe {seen.session_id}"
    if row.taken != seen.paid:
        ours, theirs = _paid(row.taken), _paid(seen.paid)
        yield f"{row.reference}: {ours} in our book, {theirs} at Stripe"
    elif (row.amount, row.currency) != (seen.amount, seen.currency):
        yield (
            f"{row.reference}: {row.amount} {row.currency} in our book,"
            f" {seen.amount} {seen.currency} at Stripe"
        )


def _paid(paid: bool) -> str:
    return "paid" if paid else "not paid"


def _refund_differences(row: Row, theirs: Sequence[SeenRefund]) -> Iterator[str]:
    ours = {stripe_id: (status, amount) for stripe_id, status, amount in row.refunds if stripe_id}
    for seen in theirs:
        mine = ours.pop(seen.id, None)
        if mine is None:
            yield f"{row.reference}: refund {seen.id} of {seen.amount} is not in our book"
        elif mine != (seen.status, seen.amount):
            yield (
                f"{row.reference}: refund {seen.id} is {mine[0]}, {mine[1]} in our book,"
                f" {seen.status}, {seen.amount} at Stripe"
            )
    for stripe_id in ours:
        yield f"{row.reference}: refund {stripe_id} is in our book, and not at Stripe"
    waiting = [status for stripe_id, status, _amount in row.refunds if stripe_id is None]
    if any(status not in LOST for status in map(RefundStatus, waiting)):
        yield f"{row.reference}: a refund waits to be asked for"
