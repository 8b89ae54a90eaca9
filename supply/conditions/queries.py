"""Reading terms of supply."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from supply.accounts.models import Supplier
from supply.conditions.models import SupplyTerms
from supply.conditions.rules import NONE, Terms, combined
from supply.db import db


def terms_of(supplier_ids: Collection[int], practice_id: int, currency: str) -> dict[int, Terms]:
    """Return by supplier id the terms that hold for a practice in a currency. One query."""
    query = sa.select(SupplyTerms).where(
        SupplyTerms.supplier_id.in_(supplier_ids),
        SupplyTerms.currency == currency,
        sa.or_(SupplyTerms.practice_id.is_(None), SupplyTerms.practice_id == practice_id),
    )
    general, own = dict.fromkeys(supplier_ids, NONE), dict.fromkeys(supplier_ids, NONE)
    for row in db.session.scalars(query):
        (general if row.practice_id is None else own)[row.supplier_id] = row.terms
    return {one: combined(general[one], own[one]) for one in supplier_ids}


def terms_for(supplier_id: int, practice_id: int, currency: str) -> Terms:
    """Return the terms that hold for a practice in a currency. One query."""
    return terms_of([supplier_id], practice_id, currency)[supplier_id]


def rows_of(supplier_id: int) -> Sequence[SupplyTerms]:
    """Return all terms of a supplier, those for every practice first."""
    query = (
        sa.select(SupplyTerms)
        .where(SupplyTerms.supplier_id == supplier_id)
        .order_by(SupplyTerms.practice_id.is_not(None), SupplyTerms.currency, SupplyTerms.id)
    )
    return db.session.scalars(query).all()


def own_terms(suppliers: Collection[Supplier]) -> dict[int, SupplyTerms]:
    """Return by id the terms of suppliers for every practice, in each one's own currency."""
    query = sa.select(SupplyTerms).where(
        SupplyTerms.supplier_id.in_({one.id for one in suppliers}),
        SupplyTerms.practice_id.is_(None),
    )
    currency = {one.id: one.currency for one in suppliers}
    rows = db.session.scalars(query)
    return {row.supplier_id: row for row in rows if row.currency == currency[row.supplier_id]}
