"""What jobs and commands do about payments: ask, handle, give back, and look for what never came.

Each order, event and request is worked on by itself: what fails stops no other. Only where Stripe
itself cannot be reached does a run end early.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from supply.db import db, transaction
from supply.outage import outage_of
from supply.payments import asking, disputes, events, refunding, requests
from supply.payments.gateway import GatewayError, StripeGateway
from supply.payments.models import Payment, Refund, StripeEvent
from supply.payments.terms import LIVE, TAKEN, PaymentStatus, RefundStatus

log = logging.getLogger(__name__)

BATCH = 100
LISTED_FOR = dt.timedelta(days=29)
"""How far back Stripe lists events: thirty days."""
OVERLAP = dt.timedelta(hours=1)
MISSES = 3
"""Answers missed one after the other before Stripe counts as out of reach: one may be its own."""
FOLLOWED_FOR = dt.timedelta(days=1)
"""How long after it was paid each run looks for refunds and disputes nobody told us of.

Later ones are found in the list of events, and by ``supply payments verify``.
"""


@dataclass(slots=True)
class Counts:
    """What one run did."""

    requests: int = 0
    events: int = 0
    refunds: int = 0
    paid: int = 0
    expired: int = 0
    failed: int = 0
    away: bool = False
    """Whether Stripe could not be reached."""

    def as_json(self) -> dict[str, int | bool]:
        """Return the counts by name."""
        return asdict(self)

    @property
    def did(self) -> bool:
        """Whether anything was done, or failed."""
        return any(self.as_json().values())


def run(
    now: dt.datetime, gateway: StripeGateway | None, stop: threading.Event | None = None
) -> Counts:
    """Do what is due: handle events, keep refunds, ask what is to be asked."""
    counts = Counts()
    if gateway is None:
        return counts
    counts.events = _each(events.due(now, BATCH), _handling(gateway, now), counts, stop)
    counts.refunds = _give_back(now, counts, stop)
    counts.requests = _each(requests.due(now, BATCH), _asking(gateway, now), counts, stop)
    return counts


def reconcile(now: dt.datetime, gateway: StripeGateway) -> Counts:
    """Ask for what never came: lost answers, missed events, pages, refunds and disputes.

    It asks the object, not the news of it, so that it finds what no event was ever sent for.
    """
    counts = Counts()
    waiting = _ids(Payment.status.in_(LIVE))
    counts.requests = _each(requests.due(None, 10 * BATCH), _asking(gateway, now), counts)
    _listen(gateway, now, counts)
    counts.events = _each(events.due(None, 10 * BATCH), _handling(gateway, now), counts)
    looking = _Task(lambda one: asking.look(one, gateway, now))
    _each(_ids(Payment.status.in_(LIVE)), looking, counts)
    recent = sa.or_(Payment.settled_at > now - FOLLOWED_FOR, _has_a_refund_on_its_way())
    following = _Task(lambda one: _look_after(one, gateway, now))
    _each(_ids(sa.and_(Payment.status.in_(TAKEN), recent)), following, counts)
    counts.refunds = _give_back(now, counts)
    counts.requests += _each(requests.due(None, 10 * BATCH), _asking(gateway, now), counts)
    came = Payment.id.in_(waiting)
    counts.paid = len(_ids(sa.and_(came, Payment.status == PaymentStatus.PAID)))
    counts.expired = len(_ids(sa.and_(came, Payment.status == PaymentStatus.EXPIRED)))
    return counts


@dataclass(frozen=True, slots=True)
class _Task:
    """What is done for one row, and how it is put off where that fails, with why."""

    do: Callable[[int], object]
    put_off: Callable[[int, str], object] = lambda _one, _said: None


def _handling(gateway: StripeGateway, now: dt.datetime) -> _Task:
    return _Task(
        lambda event_id: events.handle(event_id, gateway, now),
        lambda event_id, said: events.put_off(event_id, said, now),
    )


def _asking(gateway: StripeGateway, now: dt.datetime) -> _Task:
    return _Task(
        lambda request_id: asking.perform(request_id, gateway, now),
        lambda request_id, said: requests.put_off(request_id, said, now),
    )


def _look_after(payment_id: int, gateway: StripeGateway, now: dt.datetime) -> None:
    """Take over the refunds and disputes of a payment that came."""
    intent_id = db.session.get_one(Payment, payment_id).intent_id or ""
    db.session.rollback()
    for refund in list(gateway.refunds_of(intent_id)):
        with transaction():
            refunding.told(refund, now)
    for dispute in list(gateway.disputes_of(intent_id)):
        with transaction():
            disputes.told(dispute, now)


def _has_a_refund_on_its_way() -> sa.ColumnElement[bool]:
    waiting = (RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION)
    return sa.exists().where(Refund.payment_id == Payment.id, Refund.status.in_(waiting))


def _listen(gateway: StripeGateway, now: dt.datetime, counts: Counts) -> None:
    """Keep the events that were never told."""
    last = db.session.scalar(sa.select(sa.func.max(StripeEvent.created)))
    first = db.session.scalar(sa.select(sa.func.min(Payment.created_at)))
    db.session.rollback()
    if first is None:
        return
    since = max((last or first) - OVERLAP, now - LISTED_FOR)
    try:
        told = list(gateway.events_since(since, events.FOLLOWED))
    except GatewayError as error:
        counts.failed += 1
        log.warning("events could not be listed: %s", error)
        return
    with transaction():
        for event in told:
            events.keep(event, now)


def _give_back(now: dt.datetime, counts: Counts, stop: threading.Event | None = None) -> int:
    """Keep a refund for what each order whose payments are to be looked at no longer costs."""
    due = db.session.scalars(
        sa.select(Payment.order_id).where(Payment.check_refund).distinct().limit(BATCH)
    ).all()
    db.session.rollback()
    made = 0

    def one(order_id: int) -> None:
        nonlocal made
        with transaction():
            made += len(refunding.refund_what_is_due(order_id, now=now))

    _each(due, _Task(one), counts, stop)
    return made


def _ids(condition: sa.ColumnElement[bool]) -> list[int]:
    found = db.session.scalars(sa.select(Payment.id).where(condition).order_by(Payment.id)).all()
    db.session.rollback()
    return list(found)


def _each(
    ids: Iterable[int], task: _Task, counts: Counts, stop: threading.Event | None = None
) -> int:
    """Do ``task`` for each of ``ids``; return for how many it was done.

    What fails is put off, so that it holds up nothing behind it. A database that is away ends
    the run: that is no row's fault.
    """
    done = misses = 0
    for one in ids:
        if counts.away or (stop is not None and stop.is_set()):
            break
        try:
            task.do(one)
        except GatewayError as error:
            counts.failed += 1
            misses = misses + 1 if error.away else 0
            counts.away = misses >= MISSES
            log.warning("Stripe: %s", error)
            task.put_off(one, str(error))
        except Exception as error:
            db.session.rollback()
            if outage_of(error) is not None:
                raise
            counts.failed += 1
            log.exception("a payment could not be worked on")
            task.put_off(one, type(error).__name__)
        else:
            done, misses = done + 1, 0
    return done
