"""Counts as their pages list them: how far each is, and how far in each location."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Person
from supply.counting.models import Count, CountLine
from supply.counting.queries import ShownLine
from supply.counting.rules import value_of
from supply.counting.terms import CountStatus
from supply.counting.worth import unit_costs
from supply.db import db
from supply.items.models import Location
from supply.quantity import ZERO

SHOWN = 50
"""Counts a page lists, the newest first."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A count with its figures."""

    count: Count
    by: str | None
    lines: int
    counted: int
    differing: int
    value_minor: int | None


@dataclass(frozen=True, slots=True)
class Spot:
    """A location of a count: how many lots it lists, and how many are counted."""

    location: Location
    lines: int
    counted: int
    again: int = 0
    """Lines that somebody is to count once more."""


def counts_of(clinic: Clinic) -> list[Listed]:
    """Return the clinic's counts: what is open first, then the newest."""
    rows = db.session.execute(
        sa.select(
            Count,
            Person.name,
            sa.func.count(CountLine.id),
            sa.func.count(CountLine.counted),
            sa.func.count(sa.case((CountLine.difference != sa.literal_column("0"), 1))),
            sa.func.sum(CountLine.value_minor),
        )
        .outerjoin(Person, Person.id == Count.begun_by_id)
        .outerjoin(CountLine, CountLine.count_id == Count.id)
        .where(Count.clinic_id == clinic.id)
        .group_by(Count.id, Person.name)
        .order_by((Count.status == CountStatus.OPEN).desc(), Count.begun_at.desc(), Count.id.desc())
        .limit(SHOWN)
    )
    return [
        Listed(count, by, lines, counted, differing, None if value is None else int(value))
        for count, by, lines, counted, differing, value in rows
    ]


def count_here(clinic: Clinic, count_id: int) -> Count:
    """Return a count of the clinic; raises NotFoundHereError for any other."""
    found = db.session.get(Count, count_id)
    if found is None or found.clinic_id != clinic.id:
        raise NotFoundHereError(str(count_id))
    return found


def spots_of(lines: Sequence[CountLine], shelves: Sequence[Location], count: Count) -> list[Spot]:
    """Return the locations that are counted, in their order, also where nothing is listed yet."""
    wanted = count.scope["locations"]
    listed = {line.location_id for line in lines}
    return [
        Spot(
            place,
            sum(line.location_id == place.id for line in lines),
            sum(line.location_id == place.id and line.counted is not None for line in lines),
            sum(line.location_id == place.id and line.again for line in lines),
        )
        for place in shelves
        if place.id in listed or wanted is None or place.id in wanted
    ]


def names_of(person_ids: set[int | None]) -> dict[int, str]:
    """Return people's names by id."""
    rows = db.session.execute(
        sa.select(Person.id, Person.name).where(Person.id.in_([p for p in person_ids if p]))
    )
    return {row.id: row.name for row in rows}


def values_of(clinic_id: int, lines: Sequence[ShownLine]) -> dict[int, int]:
    """Return by line what its difference is worth in minor units, where the cost is known."""
    costs = unit_costs(clinic_id, {one.line.lot_id: one.line.item_id for one in lines})
    found = {
        one.line.id: value_of(one.difference or ZERO, costs.get(one.line.lot_id)) for one in lines
    }
    return {line: value for line, value in found.items() if value is not None}
