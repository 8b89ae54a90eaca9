"""Reading items and locations."""

from __future__ import annotations

import sqlalchemy as sa

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.db import db
from supply.items.models import Item, Location
from supply.items.terms import LocationKind


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
