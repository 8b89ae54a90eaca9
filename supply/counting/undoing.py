"""Undoing a posted count, and what counts that stand have settled of what is undone later."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from supply.actor import Actor
from supply.counting.models import Count, CountLine
from supply.counting.moments import SOURCE, Shelf
from supply.counting.terms import CountStatus
from supply.db import AnyRow, db
from supply.inventory.models import Lot
from supply.inventory.reversal import on_reversal
from supply.inventory.settled import Counts, settles


def lock_count(count_id: int) -> None:
    """Lock a count, before the balances: who undoes what it had settled asks whether it stands."""
    db.session.execute(sa.select(Count.id).where(Count.id == count_id).with_for_update())


@on_reversal(SOURCE, locks=lock_count)
def undo_count(count_id: int, _actor: Actor, _now: dt.datetime) -> None:
    """Mark the count as undone, in the reversal's transaction."""
    db.session.execute(
        sa.update(Count)
        .where(Count.id == count_id, Count.status == CountStatus.POSTED)
        .values(status=CountStatus.UNDONE)
    )


def counted_when(count_id: int) -> Mapping[Shelf, dt.datetime]:
    """Return when each line of a count was counted."""
    rows = db.session.execute(
        sa.select(CountLine.location_id, CountLine.lot_id, CountLine.counted_at).where(
            CountLine.count_id == count_id, CountLine.counted_at.is_not(None)
        )
    )
    return {(row.location_id, row.lot_id): row.counted_at for row in rows}


def moments_of(count_id: int) -> Collection[dt.datetime]:
    """Return when lines of a count were counted, and when it began: its list left out none."""
    begun = db.session.scalars(sa.select(Count.begun_at).where(Count.id == count_id))
    return {*begun, *counted_when(count_id).values()}


def counted_on(shelves: Collection[Shelf]) -> Mapping[Shelf, Collection[dt.datetime]]:
    """Return when ``shelves`` were counted, by counts that are posted and not undone."""
    rows = db.session.execute(
        sa.select(CountLine.location_id, CountLine.lot_id, CountLine.counted_at)
        .join(Count, Count.id == CountLine.count_id)
        .where(
            CountLine.lot_id.in_({lot for _location, lot in shelves}),
            CountLine.counted_at.is_not(None),
            Count.status == CountStatus.POSTED,
        )
    )
    found: dict[Shelf, list[dt.datetime]] = defaultdict(list)
    for row in rows:
        if (row.location_id, row.lot_id) in shelves:
            found[row.location_id, row.lot_id].append(row.counted_at)
    return found


def none_left(entry: AnyRow, shelves: Collection[Shelf]) -> Mapping[Shelf, Collection[dt.datetime]]:
    """Return when counts found none of a lot in a place, though no line of theirs says so.

    A count lists what is recorded when it begins. Where all of a location's list was counted, what
    the list did not have, and nobody added, is not there.
    """
    counts = _begun_since(entry)
    whole = _counted_whole(counts, {location for location, _lot in shelves})
    if not whole:
        return {}
    listed = _listed([count.id for count in counts], {lot for _location, lot in shelves})
    items = _items({lot for _location, lot in shelves})
    found: dict[Shelf, list[dt.datetime]] = defaultdict(list)
    for count in counts:
        for location, lot in shelves:
            is_of_it = count.scope["items"] is None or items[lot] in count.scope["items"]
            if (count.id, location) in whole and (count.id, location, lot) not in listed:
                found[location, lot] += [count.begun_at] if is_of_it else []
    return found


def _begun_since(entry: AnyRow) -> Sequence[Count]:
    """Lock the counts that stand and began after ``entry`` was recorded."""
    return db.session.scalars(
        sa.select(Count)
        .where(
            Count.clinic_id == entry.clinic_id,
            Count.begun_at >= entry.recorded_at,
            Count.status == CountStatus.POSTED,
        )
        .order_by(Count.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _counted_whole(counts: Sequence[Count], locations: Collection[int]) -> set[tuple[int, int]]:
    """Return the (count, location) of which every line was counted."""
    if not counts:
        return set()
    rows = db.session.execute(
        sa.select(CountLine.count_id, CountLine.location_id)
        .where(
            CountLine.count_id.in_([count.id for count in counts]),
            CountLine.location_id.in_(locations),
        )
        .group_by(CountLine.count_id, CountLine.location_id)
        .having(sa.func.count() == sa.func.count(CountLine.counted))
    )
    return {(row.count_id, row.location_id) for row in rows}


def _listed(counts: Collection[int], lots: Collection[int]) -> set[tuple[int, int, int]]:
    rows = db.session.execute(
        sa.select(CountLine.count_id, CountLine.location_id, CountLine.lot_id).where(
            CountLine.lot_id.in_(lots), CountLine.count_id.in_(counts)
        )
    )
    return {(row.count_id, row.location_id, row.lot_id) for row in rows}


def _items(lots: Collection[int]) -> dict[int, int]:
    rows = db.session.execute(sa.select(Lot.id, Lot.item_id).where(Lot.id.in_(lots)))
    return {row.id: row.item_id for row in rows}


settles(SOURCE, Counts(counted_when, moments_of, counted_on, none_left))
