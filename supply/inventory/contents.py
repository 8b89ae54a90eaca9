"""Telling what is in a clinic's places: importing this registers it."""

from __future__ import annotations

import sqlalchemy as sa

from supply.db import db
from supply.inventory.models import Balance
from supply.items.contents import tells_contents


@tells_contents
def lots_in_places(clinic_id: int) -> dict[int, int]:
    """Return how many lots are in each of a clinic's locations, those with none left out."""
    rows = db.session.execute(
        sa.select(Balance.location_id, sa.func.count(sa.distinct(Balance.lot_id)).label("lots"))
        .where(Balance.clinic_id == clinic_id, Balance.quantity > sa.literal_column("0"))
        .group_by(Balance.location_id)
    )
    return {row.location_id: row.lots for row in rows}
