"""A supplier's customers: practices that ordered from it, with what it asks of each."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Practice, Supplier
from supply.catalogue.queries import usual_currency
from supply.conditions.models import SupplyTerms
from supply.conditions.queries import rows_of
from supply.conditions.rules import NONE, Terms
from supply.db import AnyRow, db
from supply.ordering.models import PurchaseOrder

LATELY = dt.timedelta(days=365)
"""How far back a customer's orders are counted."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A practice as its supplier sees it: name, clinics it delivers to, and their orders.

    ``orders`` are those of the last twelve months.
    """

    practice: Practice
    clinics: Sequence[Clinic]
    currencies: Sequence[str]
    orders: int
    last_placed_at: dt.datetime
    terms: Sequence[SupplyTerms]


def customers_of(supplier: Supplier, now: dt.datetime) -> list[Customer]:
    """Return the practices that placed orders with ``supplier``, by name; two statements."""
    by_practice: dict[Practice, list[AnyRow]] = defaultdict(list)
    for row in db.session.execute(_delivered_to(supplier.id, now - LATELY)):
        by_practice[row.Clinic.practice].append(row)
    terms: dict[int | None, list[SupplyTerms]] = defaultdict(list)
    for own in rows_of(supplier.id):
        terms[own.practice_id].append(own)
    by_name = sorted(by_practice.items(), key=lambda one: (one[0].name.casefold(), one[0].id))
    return [_customer(practice, rows, terms[practice.id]) for practice, rows in by_name]


def _customer(practice: Practice, rows: Sequence[AnyRow], terms: Sequence[SupplyTerms]) -> Customer:
    return Customer(
        practice,
        [row.Clinic for row in rows],
        sorted({row.currency for row in rows} | {own.currency for own in terms}),
        sum(row.lately for row in rows),
        max(row.placed_at for row in rows),
        terms,
    )


def _delivered_to(supplier_id: int, since: dt.datetime) -> sa.Select[*tuple[Any, ...]]:
    """Return the select of the clinics that placed orders: the last one, and how many since."""
    order = aliased(PurchaseOrder)
    theirs = (
        order.supplier_id == supplier_id,
        order.clinic_id == Clinic.id,
        order.placed_at.is_not(None),
    )
    last = sa.select(order.id).where(*theirs).order_by(order.placed_at.desc()).limit(1)
    lately = sa.select(sa.func.count(order.id)).where(*theirs, order.placed_at >= since)
    return (
        sa.select(
            Clinic,
            PurchaseOrder.currency,
            PurchaseOrder.placed_at,
            lately.correlate(Clinic).scalar_subquery().label("lately"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == last.correlate(Clinic).scalar_subquery())
        .options(joinedload(Clinic.practice))
        .order_by(Clinic.name, Clinic.id)
    )


def customer_of(supplier: Supplier, practice_code: str, now: dt.datetime) -> Customer:
    """Return one customer by its practice's code.

    Raises:
        NotFoundHereError: no practice of that code placed an order with ``supplier``.
    """
    for customer in customers_of(supplier, now):
        if customer.practice.code == practice_code:
            return customer
    raise NotFoundHereError


def currencies_of(supplier: Supplier, customers: Sequence[Customer]) -> list[str]:
    """Return the currencies a supplier has terms for or may want them in."""
    known = {row.currency for row in rows_of(supplier.id)}
    ordered = {currency for customer in customers for currency in customer.currencies}
    return sorted(known | ordered | {usual_currency(supplier)})


def terms_set(supplier: Supplier, practice: Practice | None, currency: str) -> Terms:
    """Return what is set for a practice (None: for all) in a currency, without the other."""
    practice_id = practice.id if practice else None
    rows = (
        row
        for row in rows_of(supplier.id)
        if row.practice_id == practice_id and row.currency == currency
    )
    return next((row.terms for row in rows), NONE)
