"""Ordering again what was ordered before: the last order to each supplier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.catalogue.successors import replacements
from supply.db import db
from supply.ordering.models import PurchaseOrder


@dataclass(frozen=True, slots=True)
class Gone:
    """Packs of a product that is no longer sold, and what replaces it, if anything does."""

    product: Product
    packs: int
    instead: Product | None


@dataclass(frozen=True, slots=True)
class Again:
    """What of an order or template can be ordered now, and what cannot any more."""

    lines: Sequence[BasketLine]
    gone: Sequence[Gone]


def sold_of(wanted: Iterable[tuple[Product, int]]) -> Again:
    """Return packs of products as lines for the basket, without what is no longer sold.

    What replaces that is named and not chosen: it is for a person to order it.
    """
    every = list(wanted)
    instead = replacements(product for product, _packs in every)
    return Again(
        [BasketLine(product.id, packs) for product, packs in every if product.withdrawn_at is None],
        [
            Gone(product, packs, instead.get(product.id))
            for product, packs in every
            if product.withdrawn_at is not None
        ],
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
