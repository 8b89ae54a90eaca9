"""What the ledger says was in a place at the moment it was counted.

Judged from what is there now, back over what happened since: an entry counts from when it
*happened*, so one that is written later but dated back to before the moment is among what was
expected. An undo unmakes its entry from when that had happened; a difference that another count
posted counts from when that line was counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from supply.counting.models import CountLine
from supply.db import AnyRow, db, execute
from supply.inventory.ledger import BALANCE, Place, container_id
from supply.inventory.models import Entry, Move
from supply.quantity import ZERO

SOURCE = "count"
"""What entries of counts call their source."""

Shelf = tuple[int, int]
"""A location and a lot."""

_SQL_VARIABLES = 500


def balances_at(shelves: Collection[Shelf], *, lock: bool = False) -> dict[Place, AnyRow]:
    """Return the balance rows on ``shelves``, with ``lock`` locked in primary-key order."""
    wanted = set(shelves)
    query = sa.select(
        BALANCE.c.id,
        BALANCE.c.quantity,
        BALANCE.c.costed,
        BALANCE.c.cost_minor,
        BALANCE.c.counted_at,
        BALANCE.c.location_id,
        BALANCE.c.lot_id,
        BALANCE.c.container_id,
    ).where(
        BALANCE.c.location_id.in_({location for location, _lot in wanted}),
        BALANCE.c.lot_id.in_({lot for _location, lot in wanted}),
    )
    query = query.order_by(BALANCE.c.id)
    rows = execute(query.with_for_update() if lock else query).all()
    return {
        (row.location_id, row.lot_id, row.container_id): row
        for row in rows
        if (row.location_id, row.lot_id) in wanted
    }


def expected_at(
    moments: Mapping[Shelf, dt.datetime], there: Mapping[Place, AnyRow]
) -> dict[Shelf, dict[int | None, Decimal]]:
    """Return what was on each shelf at its moment: sealed (None) and by open container.

    ``there`` are the balance rows on those shelves (see :func:`balances_at`).
    """
    found: dict[Shelf, dict[int | None, Decimal]] = {shelf: {} for shelf in moments}
    for (location, lot, container), row in there.items():
        if (location, lot) in found:
            found[location, lot][container_id(container)] = row.quantity
    for shelf, container, happened_at, change in _since(moments):
        if shelf in found and happened_at > moments[shelf]:
            parts = found[shelf]
            parts[container] = parts.get(container, ZERO) - change
    return {shelf: {p: q for p, q in parts.items() if q} for shelf, parts in found.items()}


def _since(
    moments: Mapping[Shelf, dt.datetime],
) -> list[tuple[Shelf, int | None, dt.datetime, Decimal]]:
    """Return what changed on shelves since the first of their moments, and when it happened."""
    if not moments:
        return []
    rows = _moves(sorted({lot for _location, lot in moments}), min(moments.values()))
    counted = _counted_moments(
        {row.source_id for row in rows if row.source_type == SOURCE and row.source_id is not None}
    )
    found = []
    for row in rows:
        for location, container, change in (
            (row.from_location_id, row.from_container_id, -row.quantity),
            (row.to_location_id, row.to_container_id, row.quantity),
        ):
            moment = counted.get((row.source_id, location, row.lot_id))
            if row.source_type != SOURCE or moment is None:
                moment = row.undone_at or row.occurred_at
            found.append(((location, row.lot_id), container, moment, change))
    return found


def _moves(lots: Sequence[int], since: dt.datetime) -> list[AnyRow]:
    undone = sa.orm.aliased(Entry)
    query = (
        sa.select(
            Move.lot_id,
            Move.from_location_id,
            Move.from_container_id,
            Move.to_location_id,
            Move.to_container_id,
            Move.quantity,
            Entry.occurred_at,
            Entry.source_type,
            Entry.source_id,
            undone.occurred_at.label("undone_at"),
        )
        .join(Entry, Entry.id == Move.entry_id)
        .outerjoin(undone, undone.id == Entry.reverses_id)
        .where(Entry.occurred_at > since)
    )
    found: list[AnyRow] = []
    for start in range(0, len(lots), _SQL_VARIABLES):
        some = Move.lot_id.in_(lots[start : start + _SQL_VARIABLES])
        found += db.session.execute(query.where(some)).all()
    return found


def _counted_moments(counts: Collection[int]) -> dict[tuple[int, int, int], dt.datetime]:
    """Return when each line of ``counts`` was counted."""
    if not counts:
        return {}
    rows = db.session.execute(
        sa.select(
            CountLine.count_id, CountLine.location_id, CountLine.lot_id, CountLine.counted_at
        ).where(CountLine.count_id.in_(counts), CountLine.counted_at.is_not(None))
    )
    return {
        (row.count_id, row.location_id, row.lot_id): row.counted_at
        for row in rows
        if row.counted_at is not None
    }
