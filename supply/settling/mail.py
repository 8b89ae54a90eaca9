"""Mails about payments by bank: to the supplier to look for it, to who said it what was found."""

from __future__ import annotations

import datetime as dt
from typing import Any

from supply.accounts.models import Person
from supply.accounts.reading import locale_of
from supply.open_items.models import BankPayment
from supply.ordering.people import supplier_people
from supply.outbox.links import public_url
from supply.outbox.services import enqueue_alone
from supply.outbox.terms import MailKind


def tell_supplier(payment: BankPayment, now: dt.datetime) -> None:
    """Queue a mail to the supplier's people: a practice says it paid, or takes that back."""
    url = public_url(
        "settling.supplier_account",
        supplier_code=payment.supplier.code,
        practice_code=payment.practice.code,
        currency=payment.currency,
    )
    for person in supplier_people(payment.supplier):
        locale = locale_of(person, payment.supplier)
        _queue(payment, person, url, locale, now, supplier_id=payment.supplier_id)


def tell_who_said(payment: BankPayment, now: dt.datetime) -> None:
    """Queue a mail to who said it was paid: it came, or it did not."""
    person = payment.said_by
    if not payment.announced or person is None or not person.is_active:
        return
    url = public_url(
        "settling.practice_account",
        practice_code=payment.practice.code,
        supplier_code=payment.supplier.code,
        currency=payment.currency,
    )
    locale = locale_of(person, payment.practice)
    _queue(payment, person, url, locale, now, practice_id=payment.practice_id)


def _queue(
    payment: BankPayment, person: Person, url: str, locale: str, now: dt.datetime, **belongs: Any
) -> None:
    context = {
        "payment": payment,
        "state": payment.state.value,
        "button_url": url,
        "clinic_name": payment.practice.name,
    }
    enqueue_alone(
        MailKind.ORDER_NEWS,
        to_address=person.email,
        to_name=person.name,
        template="bank_payment",
        context=context,
        locale=locale,
        now=now,
        person_id=person.id,
        **belongs,
    )
