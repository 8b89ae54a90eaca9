"""Reading accounts: who owes what, how old it is, what happened in a period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Practice, Supplier
from supply.db import AnyRow, db
from supply.invoicing.models import Invoice
from supply.money import Money
from supply.open_items.models import BankPayment, BankPaymentLine, OpenItem, Settlement
from supply.open_items.terms import CREDITS, ItemKind, PaymentState, Way
from supply.ordering.models import PurchaseOrder
from supply.settling.rules import AGES
from supply.settling.saying import Account, Clinics, of_clinics

SHOWN = 200
"""Open items on one page; those due first."""
RECENT = 20
"""Payments on the page of an account, the newest."""

_IS_OPEN = OpenItem.settled_minor < OpenItem.total_minor
_LEFT = OpenItem.total_minor - OpenItem.settled_minor
_INVOICE = OpenItem.kind == ItemKind.INVOICE


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in a list: who is on the other side, and what is open of each age."""

    code: str
    name: str
    currency: str
    open: Money
    credit: Money
    ages: Sequence[Money]

    @property
    def overdue(self) -> Money:
        """What should have been paid."""
        return Money(sum(sum_.minor for sum_ in self.ages[1:]), self.currency)


def accounts_of(
    place: Practice | Supplier, today: dt.date, *, all_: bool = False, clinics: Clinics = None
) -> list[AccountRow]:
    """Return the accounts of a practice or supplier on which something is open, or ``all_``.

    From some ``clinics`` only what their orders were invoiced is seen.
    """
    mine, other, model = _sides(place)
    edges = [None, *(today - dt.timedelta(days=most) for most in AGES), None]
    columns = [
        _sum(_IS_OPEN, _INVOICE, *_due_between(after, before)).label(f"age_{number}")
        for number, (before, after) in enumerate(pairwise(edges))
    ]
    query = (
        sa.select(
            model.code,
            model.name,
            OpenItem.currency,
            _sum(_IS_OPEN, OpenItem.kind.in_(CREDITS)).label("credit"),
            *columns,
        )
        .join(model, other)
        .where(mine, *of_clinics(clinics))
        .group_by(model.id, model.code, model.name, OpenItem.currency)
        .order_by(model.name, model.id, OpenItem.currency)
    )
    rows = db.session.execute(query if all_ else query.where(_IS_OPEN))
    return [_account_row(row) for row in rows]


def overdue_of(place: Practice | Supplier, today: dt.date) -> list[AccountRow]:
    """Return the accounts of a practice or supplier that are overdue, the most first."""
    late = [row for row in accounts_of(place, today) if row.overdue.minor]
    return sorted(late, key=lambda row: -row.overdue.minor)


def _sides(
    place: Practice | Supplier,
) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool], type[Practice] | type[Supplier]]:
    """Return which items are of ``place``, who is on their other side, and its model."""
    if isinstance(place, Practice):
        return OpenItem.practice_id == place.id, Supplier.id == OpenItem.supplier_id, Supplier
    return OpenItem.supplier_id == place.id, Practice.id == OpenItem.practice_id, Practice


def _due_between(after: dt.date | None, before: dt.date | None) -> Iterator[sa.ColumnElement[bool]]:
    """Limit to what is due from ``after`` on and before ``before``."""
    if after is not None:
        yield OpenItem.due_on >= after
    if before is not None:
        yield OpenItem.due_on < before


def _sum(*where: sa.ColumnExpressionArgument[bool]) -> sa.Function[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*where), _LEFT), else_=0)), 0)


def _account_row(row: AnyRow) -> AccountRow:
    ages = [Money(int(row[4 + number]), row.currency) for number in range(len(AGES) + 1)]
    return AccountRow(
        code=row.code,
        name=row.name,
        currency=row.currency,
        open=Money(sum(one.minor for one in ages), row.currency),
        credit=Money(int(row.credit), row.currency),
        ages=ages,
    )


def account_with(
    practice: Practice | None,
    supplier: Supplier | None,
    other: str,
    currency: str,
    clinics: Clinics = None,
) -> Account:
    """Return the account of a practice or a supplier with the ``other`` of that code.

    Raises:
        NotFoundHereError: nothing was ever on such an account, as far as ``clinics`` see it.
    """
    query = (
        sa.select(OpenItem)
        .join(OpenItem.practice)
        .join(OpenItem.supplier)
        .where(OpenItem.currency == currency, *of_clinics(clinics))
        .options(joinedload(OpenItem.practice), joinedload(OpenItem.supplier))
        .limit(1)
    )
    if practice is not None:
        query = query.where(OpenItem.practice_id == practice.id, Supplier.code == other)
    if supplier is not None:
        query = query.where(OpenItem.supplier_id == supplier.id, Practice.code == other)
    item = db.session.scalars(query).one_or_none()
    if item is None:
        raise NotFoundHereError(other)
    return Account(item.practice, item.supplier, currency, clinics)


def open_items(account: Account) -> Sequence[OpenItem]:
    """Return what is open on an account, what is due first to begin with, credits last."""
    query = (
        sa.select(OpenItem)
        .where(*account.items(), _IS_OPEN)
        .options(
            joinedload(OpenItem.invoice).joinedload(Invoice.order), joinedload(OpenItem.payment)
        )
        .order_by(OpenItem.due_on.is_(None), OpenItem.due_on, OpenItem.id)
        .limit(SHOWN)
    )
    return db.session.scalars(query).all()


def practice_with_account(practice_code: str, supplier: Supplier) -> Practice | None:
    """Return the practice of that code if anything was ever on its account with ``supplier``."""
    known = sa.select(OpenItem.practice_id).where(OpenItem.supplier_id == supplier.id)
    query = sa.select(Practice).where(Practice.code == practice_code, Practice.id.in_(known))
    return db.session.scalar(query)


def open_items_after(
    practice: Practice,
    supplier: Supplier,
    after: int,
    limit: int,
    *,
    currency: str | None = None,
    clinics: Clinics = None,
) -> Sequence[OpenItem]:
    """Return what is open between the two by id, ``limit`` of those ``after`` one."""
    where = [OpenItem.practice_id == practice.id, OpenItem.supplier_id == supplier.id]
    if currency is not None:
        where.append(OpenItem.currency == currency)
    query = (
        sa.select(OpenItem)
        .where(*where, *of_clinics(clinics), _IS_OPEN, OpenItem.id > after)
        .options(
            joinedload(OpenItem.invoice).joinedload(Invoice.order).joinedload(PurchaseOrder.clinic),
            joinedload(OpenItem.payment),
        )
        .order_by(OpenItem.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def payments_on(account: Account) -> Sequence[BankPayment]:
    """Return the newest payments by bank on an account; those that wait come first."""
    query = (
        sa.select(BankPayment)
        .where(
            BankPayment.practice_id == account.practice.id,
            BankPayment.supplier_id == account.supplier.id,
            BankPayment.currency == account.currency,
        )
        .options(
            joinedload(BankPayment.said_by),
            selectinload(BankPayment.lines)
            .joinedload(BankPaymentLine.item)
            .joinedload(OpenItem.invoice),
        )
        .order_by(
            BankPayment.state != PaymentState.ANNOUNCED,
            BankPayment.paid_on.desc(),
            BankPayment.id.desc(),
        )
        .limit(RECENT)
    )
    return db.session.scalars(query).all()


def payment_at(place: Practice | Supplier, payment_id: int) -> BankPayment:
    """Return a payment of a practice, or to a supplier.

    Raises:
        NotFoundHereError: no such payment, or another's.
    """
    payment = db.session.get(BankPayment, payment_id)
    if payment is None:
        raise NotFoundHereError(str(payment_id))
    owner = payment.practice_id if isinstance(place, Practice) else payment.supplier_id
    if owner != place.id:
        raise NotFoundHereError(str(payment_id))
    return payment


@dataclass(frozen=True, slots=True)
class Booked:
    """A line of a statement. Above zero it adds to what the practice owes."""

    on: dt.date
    kind: str
    """``invoice``, ``credit_note``, ``bank``, ``card`` or ``refund``."""
    name: str
    sum: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """What happened on an account from a day to another, and what was owed before and after."""

    account: Account
    first: dt.date
    last: dt.date
    opening: Money
    lines: Sequence[Booked]
    closing: Money


def statement(account: Account, first: dt.date, last: dt.date) -> Statement:
    """Return the statement of an account from ``first`` to ``last``, both included.

    What is open now is known without history; what happened since ``first`` is taken off it.
    """
    rows = sorted(_since(account, first), key=lambda row: (row[0], row[1], row[2]))
    balance = _balance(account) - sum(minor for *_row, minor in rows)
    opening = Money(balance, account.currency)
    lines = []
    for on, _order, name, kind, minor in rows:
        if on > last:
            break
        balance += minor
        booked = Money(minor, account.currency)
        lines.append(Booked(on, kind, name, booked, Money(balance, account.currency)))
    return Statement(account, first, last, opening, lines, Money(balance, account.currency))


def _balance(account: Account) -> int:
    signed = sa.case((_INVOICE, _LEFT), else_=-_LEFT)
    total = sa.select(sa.func.sum(signed)).where(*account.items(), _IS_OPEN)
    return int(db.session.scalar(total) or 0)


def _since(account: Account, first: dt.date) -> Iterator[tuple[dt.date, int, str, str, int]]:
    """Yield (day, order within it, name, kind, minor units) of what happened since ``first``."""
    documents = db.session.execute(
        sa.select(OpenItem.dated_on, OpenItem.kind, Invoice.number, OpenItem.total_minor)
        .join(Invoice, Invoice.id == OpenItem.invoice_id)
        .where(*account.items(), OpenItem.dated_on >= first)
    )
    for on, kind, number, minor in documents:
        yield on, 0, number, kind.value, minor if kind is ItemKind.INVOICE else -minor
    cards = db.session.execute(
        sa.select(OpenItem.dated_on, OpenItem.kind, Invoice.number, sa.func.sum(Settlement.minor))
        .join(Invoice, Invoice.id == OpenItem.invoice_id)
        .join(Settlement, Settlement.item_id == OpenItem.id)
        .where(*account.items(), OpenItem.dated_on >= first, Settlement.way == Way.CARD)
        .group_by(OpenItem.id, OpenItem.dated_on, OpenItem.kind, Invoice.number)
    )
    for on, kind, number, minor in cards:
        paid = kind is ItemKind.INVOICE
        yield on, 1, number, "card" if paid else "refund", -int(minor) if paid else int(minor)
    payments = db.session.execute(
        sa.select(BankPayment.paid_on, BankPayment.reference, BankPayment.total_minor).where(
            BankPayment.practice_id == account.practice.id,
            BankPayment.supplier_id == account.supplier.id,
            BankPayment.currency == account.currency,
            BankPayment.paid_on >= first,
            BankPayment.state == PaymentState.CONFIRMED,
        )
    )
    for on, reference, minor in payments:
        yield on, 2, reference, "bank", -minor
