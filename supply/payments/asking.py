"""Asking Stripe for what is kept to be asked, and writing down what it answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from supply.actor import Actor
from supply.db import db, transaction
from supply.payments import checkout, refunding, requests, rules, wording
from supply.payments.gateway import GatewayError, StripeGateway, configured_gateway
from supply.payments.models import Payment
from supply.payments.refusals import StripeAway, StripeRefused
from supply.payments.requests import Wanted
from supply.payments.terms import LIVE, PaymentStatus, RequestKind


def pay_page(order_id: int, *, actor: Actor, now: dt.datetime) -> str:
    """Return the address of the page to pay an order on, begun and made if there is none yet.

    Raises:
        WrongStage: the order does not wait to be paid.
        StripeAway: no answer came, jobs go on asking; or no card is taken here any more.
        StripeRefused: Stripe makes no page for this.
    """
    gateway = configured_gateway()
    if gateway is None:
        raise StripeAway
    with transaction():
        payment_id = checkout.begin(order_id, actor=actor, now=now).id
    return page_to_pay(payment_id, gateway, now)


def page_to_pay(payment_id: int, gateway: StripeGateway, now: dt.datetime) -> str:
    """Return the address of the page to pay on, made if it is not yet. No transaction is open.

    Raises:
        StripeAway: no answer came; jobs go on asking.
        StripeRefused: Stripe makes no page for this.
    """
    waiting = requests.waiting_for(payment_id, RequestKind.SESSION)
    if waiting is not None:
        with suppress(GatewayError):  # Somebody else may be asking, and have the answer.
            perform(waiting, gateway, now)
    payment = db.session.get_one(Payment, payment_id, populate_existing=True)
    url, status, why = payment.url, payment.status, wording.why(payment)
    db.session.rollback()
    if status is PaymentStatus.FAILED:
        raise StripeRefused(why)
    if url is None or status not in LIVE:
        raise StripeAway
    return url


def look(payment_id: int, gateway: StripeGateway, now: dt.datetime) -> PaymentStatus:
    """Ask how a payment's page stands and take it over; no transaction is open.

    Raises GatewayError where no answer came.
    """
    payment = db.session.get_one(Payment, payment_id, populate_existing=True)
    session_id, status = payment.session_id, payment.status
    db.session.rollback()
    if session_id is None:
        return status
    seen = gateway.session(session_id)
    with transaction():
        return checkout.apply(payment_id, seen, live=gateway.live, now=now)


def perform(request_id: int, gateway: StripeGateway, now: dt.datetime) -> None:
    """Ask for what is kept under ``request_id``, and write down the answer.

    Asking twice at once, or after a crash at any line, does it once: the key is the same, and of
    two answers the second changes nothing. Raises GatewayError where no answer came.
    """
    wanted = requests.read(request_id)
    if wanted is not None:
        _ASK[wanted.kind](wanted, gateway, now)


def _session(wanted: Wanted, gateway: StripeGateway, now: dt.datetime) -> None:
    if now - wanted.created_at > rules.REPEATED_FOR:
        _find_session(wanted, gateway, now)
        return
    try:
        seen = gateway.create_session(wanted.body, wanted.key)
    except GatewayError as error:
        if error.replayed:
            _find_session(wanted, gateway, now)
            return
        if not error.final:
            raise
        said = str(error)
        _write(wanted, now, lambda: checkout.refused(wanted.payment_id, said, now))
        return
    _write(wanted, now, lambda: checkout.opened(wanted.payment_id, seen, now))


def _find_session(wanted: Wanted, gateway: StripeGateway, now: dt.datetime) -> None:
    """Look for a page that may have been made, where asking under its key is of no more use."""
    reference = wanted.body["client_reference_id"]
    for seen, metadata in gateway.sessions_since(wanted.created_at - dt.timedelta(minutes=5)):
        if reference in (seen.reference, metadata.get("reference")):
            found = gateway.session(seen.session_id)
            _write(wanted, now, partial(_found_session, wanted, found, gateway, now))
            return
    _write(wanted, now, lambda: checkout.refused(wanted.payment_id, "", now))


def _found_session(
    wanted: Wanted, seen: rules.Seen, gateway: StripeGateway, now: dt.datetime
) -> None:
    checkout.opened(wanted.payment_id, seen, now)
    checkout.apply(wanted.payment_id, seen, live=gateway.live, now=now)


def _expire(wanted: Wanted, gateway: StripeGateway, now: dt.datetime) -> None:
    try:
        seen = gateway.expire_session(wanted.target, wanted.key)
    except GatewayError as error:
        if not (error.final or error.replayed):
            raise
        seen = gateway.session(wanted.target)  # Paid meanwhile, or closed: see which.
        if error.replayed and seen.status == "open":
            requests.renew(wanted)
            raise
    _write(
        wanted, now,
        lambda: checkout.apply(wanted.payment_id, seen, live=gateway.live, now=now),
    )  # fmt: skip


def _refund(wanted: Wanted, gateway: StripeGateway, now: dt.datetime) -> None:
    refund_id = wanted.refund_id or 0
    if now - wanted.created_at > rules.REPEATED_FOR and _found_refund(wanted, gateway, now):
        return
    try:
        made = gateway.create_refund(wanted.body, wanted.key)
    except GatewayError as error:
        if error.replayed:
            if _found_refund(wanted, gateway, now):
                return
            requests.renew(wanted)
        if not error.final:
            raise
        said = str(error)
        _write(wanted, now, lambda: refunding.refused(refund_id, said, now))
        return
    _write(wanted, now, lambda: refunding.answered(refund_id, made, now))


def _found_refund(wanted: Wanted, gateway: StripeGateway, now: dt.datetime) -> bool:
    """Look for a refund that may have been made; return whether it was, and is written down."""
    refund_id = wanted.refund_id or 0
    for seen in gateway.refunds_of(str(wanted.body["payment_intent"])):
        if seen.ours == str(refund_id):
            _write(wanted, now, partial(refunding.answered, refund_id, seen, now))
            return True
    return False


def _write(wanted: Wanted, now: dt.datetime, work: Callable[[], object]) -> None:
    """Write an answer down in one transaction, unless somebody else has."""
    with transaction():
        if requests.done(wanted.id, now):
            work()


_ASK: dict[RequestKind, Callable[[Wanted, StripeGateway, dt.datetime], None]] = {
    RequestKind.SESSION: _session,
    RequestKind.EXPIRE: _expire,
    RequestKind.REFUND: _refund,
}
