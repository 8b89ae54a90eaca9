"""Who posted what is unexplained, and where it is: by person, and by clinic of a practice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic, Person
from supply.counting.models import CountLine
from supply.counting.moments import SOURCE
from supply.db import Instant, db, execute
from supply.inventory.models import Entry, Move
from supply.inventory.terms import EntryKind
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.losses.between import stands
from supply.losses.period import Period


@dataclass(frozen=True, slots=True)
class OfPerson:
    """How many lots differed when a person counted or corrected them, and what that cost."""

    name: str | None
    lots: int
    minor: int


@dataclass(frozen=True, slots=True)
class OfClinic:
    """What is unexplained at a clinic, in its currency."""

    clinic: Clinic
    minor: int


def by_person(clinic: Clinic, period: Period) -> list[OfPerson]:
    """Return who found what is unexplained, the most costly first: who counted, or corrected."""
    asked = {"clinic": clinic.id, "since": period.since, "until": period.until}
    found = [OfPerson(row.name, row.lots, int(row.minor)) for row in execute(_by_person(), asked)]
    return sorted(found, key=lambda one: (-abs(one.minor), one.name or ""))


def by_clinic(periods: Mapping[Clinic, Period]) -> list[OfClinic]:
    """Return what is unexplained at each clinic between its own moments, by name."""
    within = [
        sa.and_(
            Entry.clinic_id == clinic.id,
            Entry.occurred_at >= period.since,
            Entry.occurred_at < period.until,
        )
        for clinic, period in periods.items()
    ]
    target, query = _unexplained()
    rows = db.session.execute(
        query.add_columns(Entry.clinic_id, _cost(target))
        .where(sa.or_(*within))
        .group_by(Entry.clinic_id)
    )
    costs: dict[int, int] = {row.clinic_id: int(row.minor) for row in rows}
    return [OfClinic(clinic, costs.get(clinic.id, 0)) for clinic in _by_name(periods)]


def _by_name(periods: Mapping[Clinic, Period]) -> Sequence[Clinic]:
    return sorted(periods, key=lambda clinic: (clinic.name, clinic.id))


def _cost(target: Any) -> sa.Label[int]:
    sign = sa.case((target.kind == LocationKind.DIFFERENCE, 1), else_=-1)
    return sa.func.sum(sign * Move.cost_minor).label("minor")


def _unexplained() -> tuple[Any, sa.Select[*tuple[Any, ...]]]:
    """Return the select of what counts and corrections missed or found, and where it went."""
    origin, target = sa.orm.aliased(Location), sa.orm.aliased(Location)
    query = (
        sa.select()
        .select_from(Move)
        .join(Entry, Entry.id == Move.entry_id)
        .join(origin, origin.id == Move.from_location_id)
        .join(target, target.id == Move.to_location_id)
        .where(
            stands(),
            Entry.kind != EntryKind.OPENING_BALANCE,
            sa.or_(target.kind == LocationKind.DIFFERENCE, origin.kind == LocationKind.DIFFERENCE),
        )
    )
    return target, query


@cache
def _by_person() -> sa.Select[*tuple[Any, ...]]:
    target, query = _unexplained()
    counted = sa.and_(
        Entry.source_type == SOURCE,
        CountLine.count_id == Entry.source_id,
        CountLine.lot_id == Move.lot_id,
        CountLine.location_id.in_([Move.from_location_id, Move.to_location_id]),
    )
    who = sa.func.coalesce(CountLine.counted_by_id, Entry.person_id)
    return (
        query.outerjoin(CountLine, counted)
        .outerjoin(Person, Person.id == who)
        .add_columns(
            Person.name, sa.func.count(Move.lot_id.distinct()).label("lots"), _cost(target)
        )
        .where(
            Entry.clinic_id == sa.bindparam("clinic"),
            Entry.occurred_at >= sa.bindparam("since", type_=Instant),
            Entry.occurred_at < sa.bindparam("until", type_=Instant),
        )
        .group_by(Person.id, Person.name)
    )
