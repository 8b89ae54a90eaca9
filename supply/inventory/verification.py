"""Checking the ledger: balances recomputed from moves."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import sqlalchemy as sa

from supply.db import db
from supply.inventory.ledger import BALANCE, MOVE
from supply.inventory.terms import BALANCED_KINDS
from supply.items.models import Location
from supply.quantity import ZERO


def verify() -> list[str]:
    """Recompute every balance from the moves; return a sentence for each difference.

    Reads two grouped sums and compares them, so it needs no lock; run it within one
    transaction to see one state.
    """
    moved = _moved_sums()
    differences = []
    balances = db.session.execute(
        sa.select(
            BALANCE.c.location_id, BALANCE.c.lot_id, BALANCE.c.container_id, BALANCE.c.quantity
        )
    )
    for row in balances:
        expected = moved.pop((row.location_id, row.lot_id, row.container_id), ZERO)
        if expected != row.quantity:
            differences.append(
                f"location {row.location_id}, lot {row.lot_id}, container {row.container_id}: "
                f"the moves say {expected}, the balance {row.quantity}"
            )
    differences.extend(
        f"location {place[0]}, lot {place[1]}, container {place[2]}: "
        f"the moves say {expected}, no balance"
        for place, expected in moved.items()
        if expected
    )
    return differences


def _moved_sums() -> dict[tuple[int, int, int | None], Decimal]:
    sums: dict[tuple[int, int, int | None], Decimal] = defaultdict(lambda: ZERO)
    sides = (
        (MOVE.c.from_location_id, MOVE.c.from_container_id, -1),
        (MOVE.c.to_location_id, MOVE.c.to_container_id, 1),
    )
    for location, container, sign in sides:
        rows = db.session.execute(
            sa.select(location, MOVE.c.lot_id, container, sa.func.sum(MOVE.c.quantity))
            .join(Location, Location.id == location)
            .where(Location.kind.in_(BALANCED_KINDS))
            .group_by(location, MOVE.c.lot_id, container)
        )
        for location_id, lot_id, container_id, total in rows:
            sums[(location_id, lot_id, container_id)] += sign * total
    return sums
