"""Whom a product is offered to: everybody, unless its supplier is one practice's own."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

import sqlalchemy as sa

from supply.accounts.models import Supplier
from supply.catalogue.models import Product

PracticeId: TypeAlias = int | sa.BindParameter[int]
"""A practice's id, or what stands for it in a statement that is built once."""


def offered_to(*practice_ids: PracticeId) -> sa.ColumnElement[bool]:
    """Return the condition that a product may be seen and bought by any of these practices."""
    return Product.supplier_id.in_(sa.select(Supplier.id).where(seen_by(practice_ids)))


def sold_by_own(practice_id: int) -> sa.ColumnElement[bool]:
    """Return the condition that a product's supplier is this practice's own."""
    own = sa.select(Supplier.id).where(Supplier.practice_id == practice_id)
    return Product.supplier_id.in_(own)


def seen_by(practice_ids: Collection[PracticeId]) -> sa.ColumnElement[bool]:
    """Return the condition that a supplier is one for all, or one of these practices' own."""
    return sa.or_(Supplier.practice_id.is_(None), Supplier.practice_id.in_(practice_ids))
