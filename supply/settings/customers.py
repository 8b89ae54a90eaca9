"""A supplier's customers: practices that ordered from it, with what it asks of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Practice, Supplier
from supply.catalogue.queries import usual_currency
from supply.conditions.models import SupplyTerms
from supply.conditions.queries import rows_of
from supply.conditions.rules import NONE, Terms
from supply.db import db
from supply.ordering.models import PurchaseOrder


@dataclass(frozen=True, slots=True)
class Customer:
    """A practice as its supplier sees it: name, clinics it delivers to, and their orders."""

    practice: Practice
    clinics: Sequence[Clinic]
    currencies: Sequence[str]
    orders: int
    last_placed_at: dt.datetime
    terms: Sequence[SupplyTerms]


def customers_of(supplier: Supplier) -> list[Customer]:
    """Return the practices that placed orders with ``supplier``, by name; three statements."""
    rows = db.session.execute(
        sa.select(
            Clinic,
            PurchaseOrder.currency,
            sa.func.count(PurchaseOrder.id).label("orders"),
            sa.func.max(PurchaseOrder.placed_at).label("last"),
        )
        .join(PurchaseOrder, PurchaseOrder.clinic_id == Clinic.id)
        .where(PurchaseOrder.supplier_id == supplier.id, PurchaseOrder.placed_at.is_not(None))
        .group_by(Clinic.id, PurchaseOrder.currency)
        .options(sa.orm.joinedload(Clinic.practice))
        .order_by(Clinic.name, Clinic.id)
    ).all()
    terms = [row for row in rows_of(supplier.id) if row.practice_id is not None]
    practices = {row[0].practice_id: row[0].practice for row in rows}
    found = []
    for practice in sorted(practices.values(), key=lambda one: (one.name.casefold(), one.id)):
        own = [row for row in rows if row[0].practice_id == practice.id]
        found.append(
            Customer(
                practice,
                list({row[0].id: row[0] for row in own}.values()),
                sorted({row.currency for row in own}),
                sum(row.orders for row in own),
                max(row.last for row in own),
                [row for row in terms if row.practice_id == practice.id],
            )
        )
    return found


def customer_of(supplier: Supplier, practice_code: str) -> Customer:
    """Return one customer by its practice's code.

    Raises:
        NotFoundHereError: no practice of that code placed an order with ``supplier``.
    """
    for customer in customers_of(supplier):
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
