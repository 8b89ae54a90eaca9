"""Beginning to pay an order, and what a page to pay on turns out to be."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app
from flask_babel import gettext as _

from supply.actor import SYSTEM, Actor
from supply.baskets import placing
from supply.db import db
from supply.money import Money
from supply.ordering.events import locked_order, note, require_stage
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import EventKind, Stage
from supply.outbox.links import public_url
from supply.payments import mail, requests, rules
from supply.payments.amounts import to_stripe, why_not
from supply.payments.locking import locked_payment, locked_payments
from supply.payments.models import Payment
from supply.payments.rules import Difference, Differs, Expected, Seen
from supply.payments.terms import LIVE, TAKEN, PaymentStatus, RequestKind


def objection(order: PurchaseOrder) -> str | None:
    """Return why ``order`` cannot be paid by card, in words; None where it can."""
    if not current_app.config["STRIPE_SECRET_KEY"]:
        return str(_("Cards are not taken here."))
    return why_not(order.to_pay)


def begin(order_id: int, *, actor: Actor, now: dt.datetime) -> Payment:
    """Return the payment that an order waits for, begun if there is none anybody could pay.

    What Stripe is to be asked is kept with it: :func:`supply.payments.asking.perform` asks once
    this is committed. Locks the order and its payments.

    Raises:
        WrongStage: the order does not wait to be paid.
    """
    order, payments = locked_payments(order_id)
    require_stage(order, Stage.AWAITING_PAYMENT)
    for payment in payments:
        if payment.status in LIVE and payment.expires_at > now:
            requests.forget_closing(payment)
            return payment
        if payment.status in LIVE:
            close(payment, now)
            payment.status, payment.settled_at = PaymentStatus.EXPIRED, now
    db.session.flush()
    return _new(order, len(payments) + 1, actor, now)


def _new(order: PurchaseOrder, number: int, actor: Actor, now: dt.datetime) -> Payment:
    payment = Payment(
        order_id=order.id,
        reference=f"{order.number}-{number}",
        status=PaymentStatus.STARTING,
        currency=order.currency,
        amount_minor=order.to_pay.minor,
        account=order.supplier.stripe_account,
        created_by_id=actor.person_id,
        created_at=now,
        expires_at=now + rules.LASTS,
    )
    db.session.add(payment)
    db.session.flush()
    requests.keep(RequestKind.SESSION, payment, _body(order, payment), now=now)
    return payment


def _body(order: PurchaseOrder, payment: Payment) -> dict[str, Any]:
    """Return what the page to pay on is asked for with: one sum, and our name for it on all of it.

    A session's metadata does not reach the charge, so it is said twice.
    """
    here = {"clinic_code": order.clinic.code, "order_id": order.id}
    metadata = {"reference": payment.reference, "order": order.number}
    name = _("Order %(number)s, %(supplier)s", number=order.number, supplier=order.supplier.name)
    product = {
        "currency": payment.currency.lower(),
        "unit_amount": to_stripe(payment.amount),
        "product_data": {"name": str(name)},
    }
    intent: dict[str, Any] = {"metadata": metadata, "description": str(name)}
    if payment.account:
        intent["transfer_data"] = {"destination": payment.account}
        intent["on_behalf_of"] = payment.account
    return {
        "mode": "payment",
        "allowed_payment_method_types": ["card"],
        "line_items": [{"price_data": product, "quantity": 1}],
        "client_reference_id": payment.reference,
        "metadata": metadata,
        "payment_intent_data": intent,
        "success_url": public_url("payments.paid", **here, payment_id=payment.id),
        "cancel_url": public_url("ordering.order", **here),
        "expires_at": int(payment.expires_at.timestamp()),
        "adaptive_pricing": {"enabled": False},
        "automatic_tax": {"enabled": False},
    }


def close(payment: Payment, now: dt.datetime) -> None:
    """Ask for the page of a payment to be closed, if there is one; the caller holds its lock."""
    if payment.session_id is not None:
        requests.keep(RequestKind.EXPIRE, payment, {}, target=payment.session_id, now=now)


def opened(payment_id: int, seen: Seen, now: dt.datetime) -> None:
    """Write down the page that was made for a payment, and close it if nobody is to pay any more.

    Locks the order and its payments.
    """
    payment = locked_payment(payment_id)
    payment.session_id, payment.url = seen.session_id, seen.url
    wanted = payment.order.stage is Stage.AWAITING_PAYMENT
    if payment.status is PaymentStatus.STARTING:
        payment.status = PaymentStatus.OPEN
    if not wanted or payment.status is not PaymentStatus.OPEN:
        close(payment, now)


def refused(payment_id: int, said: str, now: dt.datetime) -> None:
    """Write down that no page is made for a payment. Locks the order and its payments."""
    payment = locked_payment(payment_id)
    if payment.status is PaymentStatus.STARTING:
        payment.status, payment.settled_at, payment.why = PaymentStatus.FAILED, now, said


def apply(payment_id: int, seen: Seen, *, live: bool, now: dt.datetime) -> PaymentStatus:
    """Take over what Stripe says of a payment's page; return where the payment then stands.

    Once, however often it is told. What agrees to the cent with what was asked for sends the
    order to its supplier; what does not is held, and both sides are told. Money that came for an
    order nobody wants to pay by card any more goes back. Locks the order and its payments.
    """
    payment = locked_payment(payment_id)
    if payment.status in TAKEN:
        return payment.status
    if payment.session_id is None:
        payment.session_id, payment.url = seen.session_id, seen.url
        if payment.status is PaymentStatus.STARTING:
            payment.status = PaymentStatus.OPEN
    if seen.paid:
        _take(payment, seen, live=live, now=now)
    elif seen.status == "expired" and payment.status in LIVE:
        payment.status, payment.settled_at = PaymentStatus.EXPIRED, now
        if payment.order.stage is Stage.AWAITING_PAYMENT:
            mail.tell_not_paid(payment.order, now)
    db.session.flush()
    return payment.status


def _take(payment: Payment, seen: Seen, *, live: bool, now: dt.datetime) -> None:
    order = locked_order(payment.order_id)
    asked = Expected(to_stripe(payment.amount), payment.currency, payment.reference, live)
    wrong = rules.differences(asked, seen)
    payment.intent_id, payment.charge_id = seen.intent_id, seen.charge_id
    payment.settled_at, payment.check_refund = now, True
    try:
        came = rules.taken(seen)
    except ValueError:
        came = Money(payment.amount_minor, seen.currency.upper())
        wrong.append(Difference(Differs.FRACTION, asked.amount, seen.amount))
    payment.paid_minor, payment.paid_currency = came.minor, came.currency
    payment.status = PaymentStatus.HELD if wrong else PaymentStatus.PAID
    db.session.flush()
    facts = {"payment": payment.id, "minor": came.minor, "currency": came.currency}
    if wrong:
        payment.differences = [[one.what.value, one.asked, one.came] for one in wrong]
        held = {**facts, "asked": payment.currency, "differences": payment.differences}
        note(order, EventKind.PAYMENT_HELD, actor=SYSTEM, now=now, facts=held)
        mail.tell_held(order, payment, now)
    elif order.stage is Stage.AWAITING_PAYMENT:
        placing.place_paid(order.id, facts=facts, actor=SYSTEM, now=now)
    else:
        note(order, EventKind.PAID, actor=SYSTEM, now=now, facts=facts)
