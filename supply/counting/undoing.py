"""Undoing a posted count: its entry is reversed, and it settles nothing any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

import sqlalchemy as sa

from supply.actor import Actor
from supply.counting.models import Count, CountLine
from supply.counting.moments import SOURCE, Shelf
from supply.counting.terms import CountStatus
from supply.db import db
from supply.inventory.counted_since import happened_when, settles
from supply.inventory.reversal import on_reversal


@on_reversal(SOURCE)
def undo_count(count_id: int, _actor: Actor, _now: dt.datetime) -> None:
    """Mark the count as undone, in the reversal's transaction."""
    db.session.execute(
        sa.update(Count)
        .where(Count.id == count_id, Count.status == CountStatus.POSTED)
        .values(status=CountStatus.UNDONE)
    )


@happened_when(SOURCE)
def counted_when(count_id: int) -> Mapping[Shelf, dt.datetime]:
    """Return when each line of a count was counted."""
    rows = db.session.execute(
        sa.select(CountLine.location_id, CountLine.lot_id, CountLine.counted_at).where(
            CountLine.count_id == count_id, CountLine.counted_at.is_not(None)
        )
    )
    return {(row.location_id, row.lot_id): row.counted_at for row in rows}


@settles
def counted_last(shelves: Collection[Shelf]) -> Mapping[Shelf, dt.datetime]:
    """Return when ``shelves`` were counted last, by counts that are posted and not undone."""
    rows = db.session.execute(
        sa.select(
            CountLine.location_id, CountLine.lot_id, sa.func.max(CountLine.counted_at).label("at")
        )
        .join(Count, Count.id == CountLine.count_id)
        .where(
            CountLine.lot_id.in_({lot for _location, lot in shelves}),
            CountLine.counted_at.is_not(None),
            Count.status == CountStatus.POSTED,
        )
        .group_by(CountLine.location_id, CountLine.lot_id)
    )
    return {
        (row.location_id, row.lot_id): row.at
        for row in rows
        if (row.location_id, row.lot_id) in shelves
    }
