"""What Stripe tells by webhook: kept once under its id, then looked up anew and taken over.

Events come in any order, twice, or late; so none is believed: the object it is about is asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

import sqlalchemy as sa

from supply.db import db, table, transaction, upsert
from supply.payments import checkout, disputes, refunding, rules
from supply.payments.gateway import GatewayError, SeenEvent, StripeGateway
from supply.payments.models import Payment, StripeEvent

FOLLOWED: Final = (
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)
"""Types of events that something is done about."""

EVENT: Final = table(StripeEvent)


def keep(event: SeenEvent, now: dt.datetime) -> None:
    """Keep an event that was told, once."""
    statement = (
        upsert(EVENT)
        .values(
            event_id=event.id,
            type=event.type,
            object_id=event.object_id,
            created=event.created,
            received_at=now,
            due_at=now,
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=["event_id"])
    )
    db.session.connection().execute(statement)


def due(now: dt.datetime | None, most: int) -> Sequence[int]:
    """Return the ids of events to handle, the first come first; None takes those not due yet."""
    query = sa.select(StripeEvent.id).where(StripeEvent.handled_at.is_(None))
    if now is not None:
        query = query.where(StripeEvent.due_at <= now)
    found = db.session.scalars(query.order_by(StripeEvent.due_at, StripeEvent.id).limit(most)).all()
    db.session.rollback()
    return found


def handle(event_id: int, gateway: StripeGateway, now: dt.datetime) -> None:
    """Ask for what an event is about and take it over; no transaction is open.

    Raises GatewayError where no answer came.
    """
    event = db.session.get_one(StripeEvent, event_id)
    kind, object_id, waiting = event.type, event.object_id, event.handled_at is None
    db.session.rollback()
    if not waiting:
        return
    take = _TAKING.get(_subject(kind)) if kind in FOLLOWED else None
    try:
        work = take(object_id, gateway, now) if take else None
    except GatewayError as error:
        if not error.final:
            raise
        work = None  # It is not there: another account's, or another mode's.
    with transaction():
        event = db.session.get_one(StripeEvent, event_id, with_for_update=True)
        if event.handled_at is None:
            event.handled_at, event.attempts = now, event.attempts + 1
            if work is not None:
                work()


def _subject(kind: str) -> str:
    return kind.rpartition(".")[0]


def _session(object_id: str, gateway: StripeGateway, now: dt.datetime) -> Callable[[], object]:
    seen = gateway.session(object_id)

    def work() -> None:
        payment_id = db.session.scalar(
            sa.select(Payment.id).where(
                sa.or_(
                    Payment.session_id == seen.session_id,
                    sa.and_(Payment.session_id.is_(None), Payment.reference == seen.reference),
                )
            )
        )
        if payment_id is not None:
            checkout.apply(payment_id, seen, live=gateway.live, now=now)

    return work


def _refund(object_id: str, gateway: StripeGateway, now: dt.datetime) -> Callable[[], object]:
    seen = gateway.refund(object_id)
    return lambda: refunding.told(seen, now)


def _dispute(object_id: str, gateway: StripeGateway, now: dt.datetime) -> Callable[[], object]:
    seen = gateway.dispute(object_id)
    return lambda: disputes.told(seen, now)


_TAKING: Final = {"checkout.session": _session, "refund": _refund, "charge.dispute": _dispute}


def put_off(event_id: int, said: str, now: dt.datetime) -> None:
    """Write down why an event could not be handled, and when to try again; commits."""
    with transaction():
        event = db.session.get_one(StripeEvent, event_id)
        event.attempts += 1
        event.due_at = now + rules.wait_after(event.attempts)
        event.last_error = said
