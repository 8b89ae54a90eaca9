"""Ordering again what was ordered before: the last order to each supplier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic
from supply.catalogue.models import Product
from supply.db import db
from supply.ordering.models import PurchaseOrder
from supply.ordering.services import BasketLine


@dataclass(frozen=True, slots=True)
class Again:
    """What of an order or template can be ordered now, and the names of what cannot any more."""

    lines: Sequence[BasketLine]
    gone: Sequence[str]


def sold_of(wanted: Iterable[tuple[Product, int]]) -> Again:
    """Return packs of products as lines for the basket, without what is no longer sold."""
    every = list(wanted)
    return Again(
        [BasketLine(product.id, packs) for product, packs in every if product.withdrawn_at is None],
        [product.name for product, _packs in every if product.withdrawn_at is not None],
    )


def again(order: PurchaseOrder) -> Again:
    """Return what of ``order`` can be ordered again: the packs that were asked for."""
    return sold_of((line.product, line.packs) for line in order.lines)


def last_orders(clinic: Clinic) -> Sequence[PurchaseOrder]:
    """Return the last order placed with each supplier, the newest first; three statements."""
    last = (
        sa.select(sa.func.max(PurchaseOrder.id))
        .where(PurchaseOrder.clinic_id == clinic.id, PurchaseOrder.placed_at.is_not(None))
        .group_by(PurchaseOrder.supplier_id)
    )
    query = (
        sa.select(PurchaseOrder)
        .where(PurchaseOrder.id.in_(last))
        .options(joinedload(PurchaseOrder.supplier), selectinload(PurchaseOrder.lines))
        .order_by(PurchaseOrder.id.desc())
    )
    return db.session.scalars(query).all()
