"""Saying that money was paid: a practice announces it, or a supplier writes down what came."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import text
from supply.accounts.models import Practice, Supplier
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.invoicing.models import Invoice
from supply.matching.matching import Match, matches
from supply.money import MAXIMUM_MINOR, Money
from supply.open_items.booking import announced_parts, locked_items, oldest_first
from supply.open_items.models import BankPayment, BankPaymentLine, OpenItem
from supply.open_items.terms import ItemKind, PaymentState
from supply.ordering.models import PurchaseOrder
from supply.refusals import InvalidInput
from supply.settling import answering, mail, rules
from supply.settling.refusals import Blocked
from supply.settling.rules import Open
from supply.web import filters

REFERENCE_LENGTH = 140
"""What a bank carries to the other side (SEPA: 140 characters)."""
OLDEST = dt.timedelta(days=5 * 366)
"""A payment of longer ago is a slip of the keyboard."""

Fault = tuple[str, str]
Clinics = frozenset[int] | None
"""Ids of the clinics that somebody is limited to; None where they see all of the practice."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account it is: a practice with a supplier, in one currency.

    Or as much of it as is seen from some ``clinics``: the documents of their orders.
    """

    practice: Practice
    supplier: Supplier
    currency: str
    clinics: Clinics = None

    def items(self) -> tuple[sa.ColumnElement[bool], ...]:
        """Return which items are on it."""
        return (
            OpenItem.practice_id == self.practice.id,
            OpenItem.supplier_id == self.supplier.id,
            OpenItem.currency == self.currency,
            *of_clinics(self.clinics),
        )


def of_clinics(clinics: Clinics) -> tuple[sa.ColumnElement[bool], ...]:
    """Limit items to documents of the orders of these clinics; not at all for None."""
    if clinics is None:
        return ()
    ordered = PurchaseOrder.clinic_id.in_(sorted(clinics))
    seen = sa.select(Invoice.id).join(PurchaseOrder, PurchaseOrder.id == Invoice.order_id)
    return (OpenItem.invoice_id.in_(seen.where(ordered)),)


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Money sent by bank: the sum in minor units, and by item id which part is for which invoice.

    Without parts it goes to the invoices that are due first.
    """

    minor: int
    paid_on: dt.date
    reference: str
    parts: Mapping[int, int] = field(default_factory=dict)


def announce(
    account: Account, new: NewPayment, *, today: dt.date, actor: Actor, now: dt.datetime
) -> BankPayment:
    """Say for a practice that it paid; the supplier is asked whether it came. Locks the invoices.

    Nothing is settled yet, and no part can be announced twice.

    Raises:
        InvalidInput: fields ``minor``, ``paid_on``, ``reference``, or ``item_7`` of an invoice:
            no sum, a day to come, more than is open and not announced already.
        Blocked: an invoice does not match what was ordered and received.
    """
    items = _payable(account)
    matched = matches([item.invoice_id for item in items if item.invoice_id])
    if not new.parts:
        items = [item for item in items if not _blocks(item, matched)]
    payment = _written(account, new, items, announced=True, today=today, actor=actor, now=now)
    _check_match(payment, matched)
    _record(payment, "announced", actor, now)
    mail.tell_supplier(payment, now)
    return payment


def record(
    account: Account, new: NewPayment, *, today: dt.date, actor: Actor, now: dt.datetime
) -> BankPayment:
    """Write down for a supplier what came by itself: it settles at once. Locks the invoices.

    What is more than the invoices ask for stays the practice's credit.

    Raises:
        InvalidInput: as :func:`announce`; money that came is not asked whether an invoice matches.
    """
    items = _payable(account)
    payment = _written(account, new, items, announced=False, today=today, actor=actor, now=now)
    answering.settle(payment, actor, now)
    _record(payment, "recorded", actor, now)
    return payment


def _payable(account: Account) -> list[OpenItem]:
    """Lock the open invoices of an account and return them, those due first to begin with."""
    return oldest_first(
        locked_items(
            *account.items(),
            OpenItem.kind == ItemKind.INVOICE,
            OpenItem.settled_minor < OpenItem.total_minor,
        )
    )


def _written(
    account: Account,
    new: NewPayment,
    items: Sequence[OpenItem],
    *,
    announced: bool,
    today: dt.date,
    actor: Actor,
    now: dt.datetime,
) -> BankPayment:
    reserved = announced_parts([item.id for item in items])
    left = [Open(item.id, item.open_minor - reserved.get(item.id, 0)) for item in items]
    faults = [*_faults(new, today), *_part_faults(new, left, account.currency)]
    if faults:
        raise InvalidInput(*faults)
    payment = BankPayment(
        practice_id=account.practice.id,
        supplier_id=account.supplier.id,
        currency=account.currency,
        total_minor=new.minor,
        paid_on=new.paid_on,
        reference=text.clean(new.reference),
        state=PaymentState.ANNOUNCED,
        announced=announced,
        said_at=now,
        said_by_id=actor.person_id,
    )
    parts = [Open(one, part) for one, part in new.parts.items()] or rules.spread(new.minor, left)
    by_id = {item.id: item for item in items}
    payment.lines = [BankPaymentLine(item=by_id[one.item_id], minor=one.minor) for one in parts]
    db.session.add(payment)
    db.session.flush()
    return payment


def _faults(new: NewPayment, today: dt.date) -> list[Fault]:
    faults: list[Fault] = []
    if not 0 < new.minor <= MAXIMUM_MINOR:
        faults.append(("minor", _("Enter what was paid, more than nothing.")))
    if new.paid_on > today:
        faults.append(("paid_on", _("This day is still to come. Enter the day it was paid.")))
    elif new.paid_on < today - OLDEST:
        faults.append(("paid_on", _("This is more than five years ago. Check the day.")))
    reference = text.clean(new.reference)
    if not reference:
        faults.append(("reference", _("Enter what stands on the bank's statement.")))
    elif len(reference) > REFERENCE_LENGTH:
        message = _("Use at most %(max)d characters.", max=REFERENCE_LENGTH)
        faults.append(("reference", message))
    return faults


def _part_faults(new: NewPayment, left: Sequence[Open], currency: str) -> list[Fault]:
    payable = {one.item_id: one.minor for one in left}
    faults: list[Fault] = []
    for item_id, part in new.parts.items():
        most = payable.get(item_id, 0)
        if part <= 0:
            faults.append((f"item_{item_id}", _("Enter a sum, or leave this empty.")))
        elif part > most:
            faults.append((f"item_{item_id}", _too_much(Money(max(0, most), currency))))
    if new.parts and not faults and sum(new.parts.values()) > new.minor:
        faults.append(("minor", _("The parts for invoices are more than what was paid.")))
    return faults


def _too_much(most: Money) -> str:
    if not most.minor:
        return str(_("Nothing of this invoice is open that is not announced already."))
    sentence = _(
        "Only %(sum)s of this invoice is open and not announced already.", sum=filters.money(most)
    )
    return str(sentence)


def _blocks(item: OpenItem, matched: Mapping[int, Match]) -> bool:
    return matched.get(item.invoice_id or 0, Match()).blocks


def _check_match(payment: BankPayment, matched: Mapping[int, Match]) -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for line in payment.lines:
        match = matched.get(line.item.invoice_id or 0, Match())
        if match.blocks:
            found[line.item.name] += [one.text for one in match.differences]
    if found:
        raise Blocked(list(found.items()))


def _record(payment: BankPayment, what: str, actor: Actor, now: dt.datetime) -> None:
    audit.record(
        actor,
        f"bank_payment.{what}",
        ("bank_payment", payment.id),
        now,
        practice_id=payment.practice_id,
        supplier_id=payment.supplier_id,
        after={
            "total": payment.total.as_json(),
            "paid_on": payment.paid_on.isoformat(),
            "reference": payment.reference,
            "invoices": {
                line.item.name: Money(line.minor, payment.currency).as_json()
                for line in payment.lines
            },
        },
    )
