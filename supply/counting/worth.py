"""What a base unit of a lot cost the clinic, so that differences have a value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import sqlalchemy as sa

from supply.db import db
from supply.inventory.models import Balance
from supply.inventory.worth import last_costs


def unit_costs(clinic_id: int, lots: Mapping[int, int]) -> dict[int, Decimal]:
    """Return by lot what a base unit of it cost, in minor units: as what lies in the clinic did,
    else as the item (``lots`` maps lot to item) was bought last. Costs nobody knows are left out.
    """
    known = _costs_there(clinic_id, sorted(lots))
    missing = {item for lot, item in lots.items() if lot not in known}
    last = last_costs(clinic_id, missing) if missing else {}
    return known | {
        lot: last[item] for lot, item in lots.items() if lot not in known and item in last
    }


def _costs_there(clinic_id: int, lots: list[int]) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for start in range(0, len(lots), 500):
        rows = db.session.execute(
            sa.select(
                Balance.lot_id,
                sa.func.sum(Balance.costed).label("costed"),
                sa.func.sum(Balance.cost_minor).label("minor"),
            )
            .where(
                Balance.clinic_id == clinic_id,
                Balance.lot_id.in_(lots[start : start + 500]),
                Balance.costed > sa.literal_column("0"),
            )
            .group_by(Balance.lot_id)
        )
        found |= {row.lot_id: int(row.minor) / row.costed for row in rows}
    return found
