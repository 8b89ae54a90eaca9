"""Undoing what happened before a count: the places that were counted since stay as counted.

The count has settled what is there. What an undo would bring to such a place, or take from it, is
moved on to the clinic's count differences or from them, dated to the moment of the count.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.db import AnyRow, db, execute
from supply.inventory.ledger import (
    BALANCE,
    ENTRY,
    MOVE,
    Draft,
    MoveDraft,
    Outside,
    Place,
    container_id,
    post,
    turned,
)
from supply.inventory.models import Entry
from supply.inventory.terms import EntryKind

SOURCE: Final = "undo"
"""What entries call their source that keep counted places as counted: it is the undone entry."""

SETTLING: Final = frozenset({EntryKind.CORRECTION, EntryKind.COUNT})
"""Entries that settle what is in a place."""

Shelf = tuple[int, int]
"""A location and a lot."""

Moments = Callable[[int], Mapping[Shelf, dt.datetime]]
Standing = Callable[[Collection[Shelf]], Mapping[Shelf, dt.datetime]]

_moments: dict[str, Moments] = {}
_standing: list[Standing] = []


def happened_when(source_type: str) -> Callable[[Moments], Moments]:
    """Register how a room says when, on each shelf, what an entry of its source tells happened.

    Without one it is when the entry happened.
    """

    def register(moments: Moments) -> Moments:
        _moments[source_type] = moments
        return moments

    return register


def settles(standing: Standing) -> Standing:
    """Register how a room says when shelves were counted last, by counts that still stand."""
    _standing.append(standing)
    return standing


@dataclass(frozen=True, slots=True)
class Kept:
    """A place that was counted since, and what undoing would bring to it (below zero: take)."""

    place: Place
    change: Decimal
    counted_at: dt.datetime


def moments_of(entry: AnyRow) -> Mapping[Shelf, dt.datetime]:
    """Return when what ``entry`` tells happened, on the shelves where that is another moment."""
    of_source = _moments.get(entry.source_type or "")
    return of_source(entry.source_id) if of_source else {}


def kept_places(
    entry: AnyRow,
    moments: Mapping[Shelf, dt.datetime],
    changes: Mapping[Place, Decimal],
    balances: Mapping[Place, AnyRow],
) -> list[Kept]:
    """Return the places among what ``changes`` that were counted after ``entry`` happened."""
    found = []
    for place, change in changes.items():
        row = balances.get(place)
        happened_at = moments.get((place[0], place[1]), entry.occurred_at)
        if row is not None and row.counted_at is not None and happened_at < row.counted_at:
            found.append(Kept(place, change, row.counted_at))
    return found


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is written to keep places as counted: before the undo what it takes, then the rest."""

    entry: AnyRow
    outside: Outside
    facts: Mapping[int, MoveDraft]
    actor: Actor
    now: dt.datetime

    def write(self, places: Sequence[Kept], balances: Mapping[Place, AnyRow]) -> None:
        """Write an entry for each moment at which some of ``places`` were counted."""
        by_moment: dict[dt.datetime, list[Kept]] = defaultdict(list)
        for kept in places:
            by_moment[kept.counted_at].append(kept)
        for moment in sorted(by_moment):
            draft = Draft(
                self.entry.clinic_id,
                EntryKind.CORRECTION,
                moment,
                list(self._moves(by_moment[moment])),
                _("Counted after what was undone"),
                (SOURCE, self.entry.id),
            )
            post(draft, self.outside, balances, actor=self.actor, now=self.now)

    def _moves(self, places: Sequence[Kept]) -> Iterator[MoveDraft]:
        for kept in places:
            location_id, lot_id, container = kept.place
            of_lot = self.facts[lot_id]
            off = MoveDraft(
                item_id=of_lot.item_id,
                lot_id=lot_id,
                content=of_lot.content,
                from_location_id=location_id,
                to_location_id=self.outside.difference,
                quantity=abs(kept.change),
                from_container=container_id(container),
            )
            yield off if kept.change > 0 else turned(off)


def forget(
    entry: AnyRow, moments: Mapping[Shelf, dt.datetime], balances: Mapping[Place, AnyRow]
) -> None:
    """Let places that the undone ``entry`` had settled be bound by what settled them before.

    ``balances`` are locked; those of other places keep what binds them.
    """
    if entry.kind not in SETTLING:
        return
    usual = None if moments else entry.occurred_at
    settled = [
        (place, row)
        for place, row in balances.items()
        if row.counted_at is not None and row.counted_at == moments.get((place[0], place[1]), usual)
    ]
    if not settled:
        return
    shelves = {(place[0], place[1]) for place, _row in settled}
    standing = _last_settled(shelves)
    execute(
        sa.update(BALANCE)
        .where(BALANCE.c.id == sa.bindparam("balance"))
        .values(counted_at=sa.bindparam("moment", type_=BALANCE.c.counted_at.type)),
        [
            {"balance": row.id, "moment": standing.get((place[0], place[1]))}
            for place, row in sorted(settled, key=lambda one: one[1].id)
        ],
    )


def _last_settled(shelves: Collection[Shelf]) -> dict[Shelf, dt.datetime]:
    found = dict(_corrected(shelves))
    for standing in _standing:
        for shelf, moment in standing(shelves).items():
            found[shelf] = max(moment, found.get(shelf, moment))
    return found


def _corrected(shelves: Collection[Shelf]) -> Mapping[Shelf, dt.datetime]:
    """Return when shelves were corrected last, by corrections that were not undone."""
    undoing = sa.orm.aliased(Entry)
    rows = db.session.execute(
        sa.select(
            MOVE.c.from_location_id, MOVE.c.to_location_id, MOVE.c.lot_id, ENTRY.c.occurred_at
        )
        .join(ENTRY, ENTRY.c.id == MOVE.c.entry_id)
        .outerjoin(undoing, undoing.reverses_id == ENTRY.c.id)
        .where(
            MOVE.c.lot_id.in_({lot for _location, lot in shelves}),
            ENTRY.c.kind == EntryKind.CORRECTION,
            ENTRY.c.source_type.is_distinct_from(SOURCE),
            undoing.id.is_(None),
        )
        .order_by(ENTRY.c.occurred_at)
    )
    found: dict[Shelf, dt.datetime] = {}
    for row in rows:
        for location in (row.from_location_id, row.to_location_id):
            if (location, row.lot_id) in shelves:
                found[location, row.lot_id] = row.occurred_at
    return found
