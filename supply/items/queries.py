"""Reading items and locations."""

from __future__ import annotations

import sqlalchemy as sa

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.db import db
from supply.items.models import Item, Location
from supply.items.terms import LocationKind

MOST_SUGGESTED = 500
FEW = 60
"""With fewer items than this, what the catalogue sells is suggested too: a practice begins."""


def item_here(clinic: Clinic, item_id: int) -> Item:
    """Return an item of the clinic's practice; raises NotFoundHereError for any other."""
    found = db.session.get(Item, item_id)
    if found is None or found.practice_id != clinic.practice_id:
        raise NotFoundHereError(str(item_id))
    return found


def places(clinic: Clinic) -> list[Location]:
    """Return the clinic's shelves in use, in their order."""
    return list(
        db.session.scalars(
            sa.select(Location)
            .where(
                Location.clinic_id == clinic.id,
                Location.kind == LocationKind.SHELF,
                Location.archived_at.is_(None),
            )
            .order_by(Location.position, Location.id)
        )
    )


def codes_to_choose(practice_id: int) -> list[tuple[str, str]]:
    """Return (code, name) to suggest while typing: the practice's items, and while those are
    few what it could buy, which becomes an item when it is first used.
    """
    items = sa.select(Item.code, Item.name).where(
        Item.practice_id == practice_id, Item.archived_at.is_(None)
    )
    kept = db.session.execute(items.order_by(Item.code).limit(MOST_SUGGESTED))
    found = {row.code: row.name for row in kept}
    if len(found) < FEW:
        sold = sa.select(Product.sku, Product.name).where(
            Product.withdrawn_at.is_(None), offered_to(practice_id)
        )
        for row in db.session.execute(sold.order_by(Product.sku).limit(MOST_SUGGESTED)):
            found.setdefault(row.sku, row.name)
    return sorted(found.items())
