"""Answering for a payment: it came, it did not, or what was said is taken back."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.open_items import booking
from supply.open_items.models import BankPayment, BankPaymentLine, OpenItem, Settlement
from supply.open_items.terms import ItemKind, PaymentState, Way
from supply.refusals import InvalidInput
from supply.settling import mail, rules
from supply.settling.refusals import BuiltUpon, PaymentMoved

LONGEST_ANSWER = 2_000


def confirm(payment_id: int, *, actor: Actor, now: dt.datetime) -> BankPayment:
    """Say for the supplier that a payment came: it settles what it is for. Said twice, once.

    What an invoice no longer asks for, and what is more than the invoices, stays the practice's
    credit. Locks the payment, then its invoices.

    Raises:
        PaymentMoved: answered otherwise or taken back before.
    """
    payment = locked_payment(payment_id)
    if payment.state is PaymentState.CONFIRMED:
        return payment
    _require(payment, PaymentState.CONFIRMED)
    settle(payment, actor, now)
    _record(payment, "confirmed", actor, now)
    mail.tell_who_said(payment, now)
    return payment


def deny(payment_id: int, answer: str, *, actor: Actor, now: dt.datetime) -> BankPayment:
    """Say for the supplier that a payment did not come; the practice gets a mail.

    Raises:
        PaymentMoved: answered otherwise or taken back before.
        InvalidInput: field ``answer``: nothing is said.
    """
    payment = locked_payment(payment_id)
    if payment.state is PaymentState.DENIED:
        return payment
    _require(payment, PaymentState.DENIED)
    if not answer.strip():
        raise InvalidInput(("answer", _("Say what you looked for, so that the practice can.")))
    _answer(payment, PaymentState.DENIED, actor, now)
    payment.answer = answer.strip()[:LONGEST_ANSWER]
    db.session.flush()
    _record(payment, "denied", actor, now)
    mail.tell_who_said(payment, now)
    return payment


def withdraw(payment_id: int, *, actor: Actor, now: dt.datetime) -> BankPayment:
    """Take back for the practice that it paid, while the supplier has not answered.

    Raises:
        PaymentMoved: the supplier answered.
    """
    payment = locked_payment(payment_id)
    if payment.state is PaymentState.WITHDRAWN:
        return payment
    if payment.state is not PaymentState.ANNOUNCED:
        raise PaymentMoved(payment.reference, payment.state)
    _answer(payment, PaymentState.WITHDRAWN, actor, now)
    db.session.flush()
    _record(payment, "withdrawn", actor, now)
    mail.tell_supplier(payment, now)
    return payment


def take_back(payment_id: int, *, actor: Actor, now: dt.datetime) -> BankPayment:
    """Take the supplier's word on a payment back: what it settled is open again.

    One that the practice announced waits for an answer once more; one that the supplier wrote
    down by itself is gone. Locks the payment, then its items.

    Raises:
        PaymentMoved: there is no word to take back.
        BuiltUpon: the credit it left is used, or its invoices are paid otherwise since.
    """
    payment = locked_payment(payment_id)
    wanted = PaymentState.ANNOUNCED if payment.announced else PaymentState.WITHDRAWN
    if payment.state is wanted:
        return payment
    if payment.state is PaymentState.ANNOUNCED:
        raise PaymentMoved(payment.reference, payment.state)
    _require(payment, wanted)
    items = _locked_items_of(payment)
    if payment.state is PaymentState.CONFIRMED:
        _reopen(payment, items, actor, now)
    elif _is_paid_otherwise(payment, items):
        raise BuiltUpon(_("The invoices of this payment are paid otherwise since."))
    _answer(payment, wanted, actor, now)
    payment.answer = ""
    db.session.flush()
    _record(payment, "taken_back", actor, now)
    return payment


def locked_payment(payment_id: int) -> BankPayment:
    """Lock a payment and return it, freshly read, with what it is for."""
    db.session.execute(
        sa.select(BankPayment.id).where(BankPayment.id == payment_id).with_for_update()
    ).one()
    return db.session.scalars(
        sa.select(BankPayment)
        .where(BankPayment.id == payment_id)
        .options(
            joinedload(BankPayment.supplier),
            joinedload(BankPayment.practice),
            joinedload(BankPayment.said_by),
            selectinload(BankPayment.lines)
            .joinedload(BankPaymentLine.item)
            .joinedload(OpenItem.invoice),
        )
        .execution_options(populate_existing=True)
    ).one()


def settle(payment: BankPayment, actor: Actor, now: dt.datetime) -> None:
    """Let a payment settle its invoices as far as these are open; the rest becomes credit."""
    items = {item.id: item for item in _locked_items_of(payment)}
    step = booking.new_step(payment.paid_on, actor, now)
    left = payment.total_minor
    for line in payment.lines:
        item = items[line.item_id]
        part = min(line.minor, item.open_minor)
        if part:
            booking.settle_by_bank(item, part, payment.id, step)
            left -= part
    _answer(payment, PaymentState.CONFIRMED, actor, now)
    db.session.flush()
    credit = next((item for item in items.values() if item.payment_id == payment.id), None)
    if credit is not None:
        credit.total_minor = left
    elif left:
        db.session.add(_credit(payment, left))
    db.session.flush()


def _credit(payment: BankPayment, minor: int) -> OpenItem:
    return OpenItem(
        kind=ItemKind.OVERPAID,
        payment_id=payment.id,
        practice_id=payment.practice_id,
        supplier_id=payment.supplier_id,
        currency=payment.currency,
        dated_on=payment.paid_on,
        total_minor=minor,
        settled_minor=0,
    )


def _locked_items_of(payment: BankPayment) -> list[OpenItem]:
    ids = [line.item_id for line in payment.lines]
    where = sa.or_(OpenItem.id.in_(ids), OpenItem.payment_id == payment.id)
    return list(booking.locked_items(where))


def _reopen(payment: BankPayment, items: list[OpenItem], actor: Actor, now: dt.datetime) -> None:
    credit = next((item for item in items if item.payment_id == payment.id), None)
    if credit is not None:
        if credit.settled_minor:
            raise BuiltUpon(_("The credit that this payment left is used already."))
        credit.total_minor = 0
    settled = booking.standing(Settlement.payment_id == payment.id, Settlement.way == Way.BANK)
    booking.take_back(settled, items, booking.new_step(payment.paid_on, actor, now))


def _is_paid_otherwise(payment: BankPayment, items: list[OpenItem]) -> bool:
    """Return whether something else has taken the place of a payment that did not come."""
    by_id = {item.id: item for item in items}
    others = booking.announced_parts(by_id)
    return any(
        line.minor + others.get(line.item_id, 0) > by_id[line.item_id].open_minor
        for line in payment.lines
    )


def _require(payment: BankPayment, after: PaymentState) -> None:
    if not rules.may_move(payment.state, after, announced=payment.announced):
        raise PaymentMoved(payment.reference, payment.state)


def _answer(payment: BankPayment, state: PaymentState, actor: Actor, now: dt.datetime) -> None:
    waits = state is PaymentState.ANNOUNCED
    payment.state = state
    payment.answered_at = None if waits else now
    payment.answered_by_id = None if waits else actor.person_id


def _record(payment: BankPayment, what: str, actor: Actor, now: dt.datetime) -> None:
    audit.record(
        actor,
        f"bank_payment.{what}",
        ("bank_payment", payment.id),
        now,
        practice_id=payment.practice_id,
        supplier_id=payment.supplier_id,
        after={
            "state": payment.state.value,
            "reference": payment.reference,
            "total": payment.total.as_json(),
            "answer": payment.answer,
        },
    )
