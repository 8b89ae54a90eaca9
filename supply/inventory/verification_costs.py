"""Checking costs: what lies in each place cost what the moves brought, less what they took."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import sqlalchemy as sa

from supply.db import db
from supply.inventory.ledger import BALANCE, MOVE
from supply.inventory.terms import BALANCED_KINDS
from supply.items.models import Location
from supply.quantity import ZERO

_Place = tuple[int, int, int | None]
_Sums = tuple[Decimal, int]
_NOTHING: _Sums = (ZERO, 0)


def verify_costs() -> list[str]:
    """Recompute from the moves what lies in each place cost; return a sentence a difference.

    Two grouped sums, without a lock; run it within one transaction to see one state.
    """
    moved = _moved_costs()
    balances = {
        (row.location_id, row.lot_id, row.container_id): (row.costed, row.cost_minor)
        for row in db.session.execute(
            sa.select(
                BALANCE.c.location_id,
                BALANCE.c.lot_id,
                BALANCE.c.container_id,
                BALANCE.c.costed,
                BALANCE.c.cost_minor,
            )
        )
    }
    return [
        f"location {place[0]}, lot {place[1]}, container {place[2]}: the moves say {_words(said)}, "
        f"the balance {_words(there)}"
        for place in sorted({*moved, *balances}, key=str)
        if (said := moved.get(place, _NOTHING)) != (there := balances.get(place, _NOTHING))
    ]


def _words(sums: _Sums) -> str:
    return f"{sums[1]} minor units for {sums[0]}"


def _moved_costs() -> dict[_Place, _Sums]:
    sums: dict[_Place, _Sums] = defaultdict(lambda: _NOTHING)
    sides = (
        (MOVE.c.from_location_id, MOVE.c.from_container_id, -1),
        (MOVE.c.to_location_id, MOVE.c.to_container_id, 1),
    )
    for location, container, sign in sides:
        rows = db.session.execute(
            sa.select(
                location,
                MOVE.c.lot_id,
                container,
                sa.func.sum(MOVE.c.costed),
                sa.func.sum(MOVE.c.cost_minor),
            )
            .join(Location, Location.id == location)
            .where(Location.kind.in_(BALANCED_KINDS))
            .group_by(location, MOVE.c.lot_id, container)
        )
        for location_id, lot_id, container_id, costed, minor in rows:
            before = sums[(location_id, lot_id, container_id)]
            total = (before[0] + sign * costed, before[1] + sign * int(minor))
            sums[(location_id, lot_id, container_id)] = total
    return sums
