"""Undoing what happened before a count: the places that were counted since stay as counted.

The count has settled what is there. What an undo would bring to such a place, or take from it, is
moved on to the clinic's count differences or from them, dated to the moment of the first count
that stands and came after. When that is undone too, what it had bound is bound anew.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.db import AnyRow, db, execute
from supply.inventory.ledger import (
    BALANCE,
    ENTRY,
    Draft,
    MoveDraft,
    Outside,
    Place,
    container_id,
    post,
    turned,
)
from supply.inventory.settled import (
    SETTLING,
    SOURCE,
    Shelf,
    happened_on,
    moments_of,
    settled_on,
    shelves_on,
    ways_of,
)
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone


@dataclass(frozen=True, slots=True)
class Kept:
    """A place that was counted since, and what undoing would bring to it (below zero: take)."""

    place: Place
    change: Decimal
    counted_at: dt.datetime


def kept_places(
    entry: AnyRow,
    changes: Mapping[Place, Decimal],
    balances: Mapping[Place, AnyRow],
    none_left: Mapping[Shelf, Collection[dt.datetime]],
) -> list[Kept]:
    """Return the places among what ``changes`` that were counted after ``entry`` happened.

    ``none_left`` are the moments at which counts found none of a lot in a place.
    """
    told = happened_on(entry)
    since: dict[Place, dt.datetime] = {
        place: told.get((place[0], place[1]), entry.occurred_at) for place in changes
    }
    carried = ways_of({place[2] for place in changes})
    bound = [
        place
        for place, happened_at in since.items()
        if (place[0], place[1]) in none_left
        or place[2] in carried
        or _is_later(balances.get(place), happened_at)
    ]
    settled = settled_on(shelves_on(bound, carried))
    found = []
    for place in bound:
        moments = [
            *settled.of(place, carried.get(place[2])),
            *none_left.get((place[0], place[1]), ()),
        ]
        later = [moment for moment in moments if moment > since[place]]
        if later:
            found.append(Kept(place, changes[place], min(later)))
    return found


def _is_later(row: AnyRow | None, happened_at: dt.datetime) -> bool:
    return row is not None and row.counted_at is not None and happened_at < row.counted_at


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


def bound_by(entry: AnyRow) -> Sequence[AnyRow]:
    """Return what keeps places as counted at the moments that ``entry`` had settled."""
    if entry.kind not in SETTLING:
        return []
    return db.session.execute(
        sa.select(ENTRY)
        .where(
            ENTRY.c.clinic_id == entry.clinic_id,
            ENTRY.c.source_type == SOURCE,
            ENTRY.c.kind == EntryKind.CORRECTION,
            ENTRY.c.occurred_at.in_(moments_of(entry)),
            not_undone(ENTRY.c.id),
        )
        .order_by(ENTRY.c.id)
    ).all()


def forget(entry: AnyRow, balances: Mapping[Place, AnyRow]) -> None:
    """Let places that the undone ``entry`` had settled be bound by what settled them before.

    ``balances`` are locked; those of other places keep what binds them.
    """
    if entry.kind not in SETTLING:
        return
    told = happened_on(entry)
    usual = None if told else entry.occurred_at
    places = [
        (place, row)
        for place, row in balances.items()
        if row.counted_at is not None and row.counted_at == told.get((place[0], place[1]), usual)
    ]
    if not places:
        return
    settled = settled_on({(place[0], place[1]) for place, _row in places})
    execute(
        sa.update(BALANCE)
        .where(BALANCE.c.id == sa.bindparam("balance"))
        .values(counted_at=sa.bindparam("moment", type_=BALANCE.c.counted_at.type)),
        [
            {"balance": row.id, "moment": max(settled.of(place), default=None)}
            for place, row in sorted(places, key=lambda one: one[1].id)
        ],
    )
