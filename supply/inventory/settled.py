"""When places were settled by counts and corrections that stand, as an undo asks of it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from supply.db import AnyRow, db
from supply.inventory.ledger import ENTRY, MOVE, ContainerRef, Place, container_id
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone

SOURCE: Final = "undo"
"""What entries call their source that keep counted places as counted: it is the undone entry."""

SETTLING: Final = frozenset({EntryKind.CORRECTION, EntryKind.COUNT})
"""Entries that settle what is in a place."""

Shelf = tuple[int, int]
"""A location and a lot."""

Moments = Mapping[Shelf, Collection[dt.datetime]]
"""When shelves were settled."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How the room of counts answers what an undo asks; corrections are known here.

    ``happened``: when, by shelf, what an entry of that source tells happened. ``moments``: all at
    which that source settled anything. ``settled``: when shelves were counted, by counts that
    stand. ``none_left``: when counts that stand found none of a lot, nor had it on their lists;
    of those begun after an entry was recorded, which it locks.
    """

    happened: Callable[[int], Mapping[Shelf, dt.datetime]]
    moments: Callable[[int], Collection[dt.datetime]]
    settled: Callable[[Collection[Shelf]], Moments]
    none_left: Callable[[AnyRow, Collection[Shelf]], Moments]


_counts: dict[str, Counts] = {}


def settles(source_type: str, counts: Counts) -> None:
    """Register the room whose entries, of ``source_type``, settle what is in places."""
    _counts[source_type] = counts


def happened_on(entry: AnyRow) -> Mapping[Shelf, dt.datetime]:
    """Return when what ``entry`` tells happened, on the shelves where that is another moment."""
    counts = _counts.get(entry.source_type or "")
    return counts.happened(entry.source_id) if counts else {}


def moments_of(entry: AnyRow) -> Collection[dt.datetime]:
    """Return the moments at which ``entry`` settled what is in places."""
    counts = _counts.get(entry.source_type or "")
    return counts.moments(entry.source_id) if counts else [entry.occurred_at]


def none_left(entry: AnyRow, shelves: Collection[Shelf]) -> Moments:
    """Return when counts begun after ``entry`` was recorded found none of the lots there.

    Locks those counts, in primary-key order.
    """
    found: dict[Shelf, list[dt.datetime]] = defaultdict(list)
    for counts in _counts.values():
        for shelf, moments in counts.none_left(entry, shelves).items():
            found[shelf] += moments
    return found


@dataclass(frozen=True, slots=True)
class Settled:
    """When places were settled: counts settle all of a shelf, corrections one place of it."""

    shelves: Moments
    places: Mapping[Place, Collection[dt.datetime]]

    def of(self, place: Place, way: Way | None = None) -> list[dt.datetime]:
        """Return when ``place`` was settled, or its container where its ``way`` led before."""
        if way is None:
            return self._at(place)
        _location, lot, container = place
        return [
            moment
            for location in way.locations
            for moment in self._at((location, lot, container))
            if way.at(moment) == location
        ]

    def _at(self, place: Place) -> list[dt.datetime]:
        location, lot, container = place
        exactly = (location, lot, container_id(container))
        return [*self.shelves.get((location, lot), ()), *self.places.get(exactly, ())]


@dataclass(frozen=True, slots=True)
class Way:
    """Where an open container was carried: when, from where and to where, in order of time."""

    steps: Sequence[tuple[dt.datetime, int, int]]

    @property
    def locations(self) -> set[int]:
        """Where it ever was."""
        return {self.steps[0][1], *(to for _at, _from, to in self.steps)}

    def at(self, moment: dt.datetime) -> int:
        """Return where it was at a moment."""
        found = self.steps[0][1]
        for at, _from, to in self.steps:
            if at <= moment:
                found = to
        return found


def ways_of(containers: Collection[ContainerRef]) -> dict[ContainerRef, Way]:
    """Return the ways of those ``containers`` that were carried from one location to another."""
    ids = [one for one in containers if isinstance(one, int)]
    if not ids:
        return {}
    rows = db.session.execute(
        sa.select(MOVE, ENTRY.c.occurred_at)
        .join(ENTRY, ENTRY.c.id == MOVE.c.entry_id)
        .where(
            MOVE.c.from_container_id.in_(ids),
            MOVE.c.to_container_id == MOVE.c.from_container_id,
            MOVE.c.from_location_id != MOVE.c.to_location_id,
        )
        .order_by(ENTRY.c.occurred_at, MOVE.c.id)
    )
    steps: dict[ContainerRef, list[tuple[dt.datetime, int, int]]] = defaultdict(list)
    for row in rows:
        step = (row.occurred_at, row.from_location_id, row.to_location_id)
        steps[row.from_container_id].append(step)
    return {container: Way(some) for container, some in steps.items()}


def shelves_on(places: Collection[Place], ways: Mapping[ContainerRef, Way]) -> set[Shelf]:
    """Return the shelves of ``places``, and those where their containers ever were."""
    return {
        (location, lot)
        for here, lot, container in places
        for location in (ways[container].locations if container in ways else (here,))
    }


def settled_on(shelves: Collection[Shelf]) -> Settled:
    """Return when ``shelves``, and the places on them, were settled by what stands."""
    if not shelves:
        return Settled({}, {})
    counted: dict[Shelf, list[dt.datetime]] = defaultdict(list)
    for counts in _counts.values():
        for shelf, moments in counts.settled(shelves).items():
            counted[shelf] += moments
    return Settled(counted, _corrected(shelves))


def _corrected(shelves: Collection[Shelf]) -> Mapping[Place, Collection[dt.datetime]]:
    """Return when places were corrected, by corrections that were not undone."""
    rows = db.session.execute(
        sa.select(MOVE, ENTRY.c.occurred_at)
        .join(ENTRY, ENTRY.c.id == MOVE.c.entry_id)
        .where(
            MOVE.c.lot_id.in_({lot for _location, lot in shelves}),
            ENTRY.c.kind == EntryKind.CORRECTION,
            ENTRY.c.source_type.is_(None),
            not_undone(ENTRY.c.id),
        )
    )
    found: dict[Place, list[dt.datetime]] = defaultdict(list)
    for row in rows:
        for location, container in (
            (row.from_location_id, row.from_container_id),
            (row.to_location_id, row.to_container_id),
        ):
            if (location, row.lot_id) in shelves:
                found[location, row.lot_id, container].append(row.occurred_at)
    return found
