"""What is asked of Stripe: kept whole in the transaction that wants it, and asked after that.

A request whose answer was lost is repeated word for word under its key, so that Stripe does it
once. Its key is forgotten there after a day: what is older is looked for instead.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from supply.db import db, transaction
from supply.payments import rules
from supply.payments.models import GatewayRequest, Payment, Refund
from supply.payments.terms import RequestKind


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request, read and let go of: asking holds no transaction open."""

    id: int
    kind: RequestKind
    key: str
    payment_id: int
    refund_id: int | None
    target: str
    body: Mapping[str, Any]
    created_at: dt.datetime


def keep(
    kind: RequestKind,
    payment: Payment,
    body: Mapping[str, Any],
    *,
    refund: Refund | None = None,
    target: str = "",
    now: dt.datetime,
) -> None:
    """Keep what is to be asked, with the key it is asked under; what is kept already stays.

    The first to ask is whoever kept it; jobs follow after a while. The caller holds the payment's
    lock.
    """
    known = sa.select(GatewayRequest.id).where(
        GatewayRequest.payment_id == payment.id,
        GatewayRequest.kind == kind,
        GatewayRequest.refund_id == (refund.id if refund is not None else None),
    )
    if db.session.scalar(known) is not None:
        return
    db.session.add(
        GatewayRequest(
            key=_fresh_key(kind),
            kind=kind,
            payment_id=payment.id,
            refund_id=refund.id if refund is not None else None,
            target=target,
            body=dict(body),
            created_at=now,
            due_at=now + rules.FIRST_WAIT if kind is RequestKind.SESSION else now,
        )
    )
    db.session.flush()


def waiting_for(payment_id: int, kind: RequestKind) -> int | None:
    """Return the id of the request of a kind that a payment still waits for an answer to."""
    found = db.session.scalar(
        sa.select(GatewayRequest.id).where(
            GatewayRequest.payment_id == payment_id,
            GatewayRequest.kind == kind,
            GatewayRequest.done_at.is_(None),
        )
    )
    db.session.rollback()
    return found


def due(now: dt.datetime | None, most: int) -> Sequence[int]:
    """Return the ids of requests to ask, the longest due first; None takes those not due yet."""
    query = sa.select(GatewayRequest.id).where(GatewayRequest.done_at.is_(None))
    if now is not None:
        query = query.where(GatewayRequest.due_at <= now)
    found = db.session.scalars(
        query.order_by(GatewayRequest.due_at, GatewayRequest.id).limit(most)
    ).all()
    db.session.rollback()
    return found


def read(request_id: int) -> Wanted | None:
    """Return a request that waits for its answer, and leave no transaction open."""
    row = db.session.scalars(
        sa.select(GatewayRequest).where(
            GatewayRequest.id == request_id, GatewayRequest.done_at.is_(None)
        )
    ).one_or_none()
    wanted = None
    if row is not None:
        wanted = Wanted(
            row.id, row.kind, row.key, row.payment_id, row.refund_id, row.target, dict(row.body),
            row.created_at,
        )  # fmt: skip
    db.session.rollback()
    return wanted


def done(request_id: int, now: dt.datetime) -> bool:
    """Write down that a request was answered; return False where somebody else did.

    In the transaction that writes down what the answer was.
    """
    result = db.session.connection().execute(
        sa.update(GatewayRequest)
        .where(GatewayRequest.id == request_id, GatewayRequest.done_at.is_(None))
        .values(done_at=now, last_error=None, attempts=GatewayRequest.attempts + 1)
    )
    return result.rowcount == 1


def renew(wanted: Wanted) -> None:
    """Give a request another key, once it is sure that nothing was done under its own; commits.

    Whoever comes second changes nothing.
    """
    with transaction():
        db.session.connection().execute(
            sa.update(GatewayRequest)
            .where(
                GatewayRequest.id == wanted.id,
                GatewayRequest.key == wanted.key,
                GatewayRequest.done_at.is_(None),
            )
            .values(key=_fresh_key(wanted.kind))
        )


def forget_closing(payment: Payment) -> None:
    """Drop the request to close a payment's page: somebody wants to pay after all."""
    db.session.connection().execute(
        sa.delete(GatewayRequest).where(
            GatewayRequest.payment_id == payment.id,
            GatewayRequest.kind == RequestKind.EXPIRE,
            GatewayRequest.done_at.is_(None),
        )
    )


def _fresh_key(kind: RequestKind) -> str:
    return f"{kind.value}-{secrets.token_hex(16)}"


def put_off(request_id: int, said: str, now: dt.datetime) -> None:
    """Write down that no answer came, and when to ask again; commits."""
    with transaction():
        request = db.session.get(GatewayRequest, request_id)
        if request is not None and request.done_at is None:
            request.attempts += 1
            request.due_at = now + rules.wait_after(request.attempts)
            request.last_error = said
