"""Whether the sessions booked for a day can be given: their lots, or what they are short of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.clock import local_date, zone
from supply.db import AnyRow, execute, table
from supply.diary.earmarks import ReadyLine, Visit, Wanted, earmarked
from supply.formulations.models import Formulation, FormulationLine, FormulationVersion
from supply.inventory import drawing
from supply.inventory.drawing import UsedItem
from supply.inventory.rules import Source
from supply.inventory.wanted import at_clinic, used_item, used_item_columns
from supply.items.models import ClinicItem, Item
from supply.treatments.models import TreatmentSession
from supply.treatments.queries import is_newest_version, quantity_taken
from supply.treatments.terms import SessionStatus

NOON = dt.time(12)
"""When a session begins that has no time."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A booked session as its page and a program name it."""

    session_id: int
    patient_reference: str
    formulation_id: int
    formulation: str
    name: str
    day: dt.date
    time: dt.time | None
    practitioner: str
    course_id: int | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """A booked session and the lines that it will draw."""

    session: Booked
    lines: Sequence[ReadyLine]

    @property
    def ready(self) -> bool:
        """Whether there is enough of all that is not optional."""
        return not self.short

    @property
    def short(self) -> list[ReadyLine]:
        """The lines that prevent it."""
        return [line for line in self.lines if line.prevents]


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a clinic whose sessions are asked for, and its own ``today``."""

    timezone: str
    today: dt.date
    first: dt.date
    last: dt.date


def readiness(
    clinic: Clinic, first: dt.date, last: dt.date, *, now: dt.datetime
) -> list[Readiness]:
    """Return the sessions booked at ``clinic`` from ``first`` to ``last``, in order, with lots.

    All that is booked from today on takes its share before them, in the order of days and times.
    Stock is as it is now: what orders bring is not counted. Two statements, and one for opening
    rules where a container would be opened.
    """
    days = Days(clinic.timezone, local_date(now, clinic.timezone), first, last)
    return readiness_at({clinic.id: days}, now=now)[clinic.id]


def readiness_at(asked: Mapping[int, Days], *, now: dt.datetime) -> dict[int, list[Readiness]]:
    """Return by clinic what :func:`readiness` says, in as many statements as for one of them."""
    booked: dict[int, list[AnyRow]] = {clinic_id: [] for clinic_id in asked}
    for row in execute(_booked_between(), _between(asked)):
        if row.planned_on <= asked[row.clinic_id].last:
            booked[row.clinic_id].append(row)
    visits = {one: _visits(days.timezone, booked[one], now) for one, days in asked.items()}
    items = {
        wanted.item.id: wanted.item
        for _sessions, theirs in visits.values()
        for visit in theirs
        for wanted in visit.wanted
    }
    shelves: Mapping[int, list[Source]] = {}
    if items:
        since = min(days.today for days in asked.values())
        shelves = drawing.drawable_at(list(asked), items, at=now, since=since)
    rules = _Rules(items)
    return {
        one: _ready(days, *visits[one], shelves.get(one, []), rules) for one, days in asked.items()
    }


def _ready(
    days: Days,
    sessions: Mapping[int, Booked],
    visits: Sequence[Visit],
    sources: Sequence[Source],
    rules: _Rules,
) -> list[Readiness]:
    def opening(item: UsedItem, source: Source, at: dt.datetime) -> dt.datetime | None:
        return drawing.open_clock(item, source, rules.of(item), at, days.timezone).discard_at

    lines = earmarked(visits, sources, opening)
    return [
        Readiness(session, lines[session_id])
        for session_id, session in sessions.items()
        if session.day >= days.first
    ]


def _between(asked: Mapping[int, Days]) -> dict[str, Any]:
    return {
        "clinics": list(asked),
        "first": min((min(days.first, days.today) for days in asked.values()), default=None),
        "last": max((days.last for days in asked.values()), default=None),
    }


@cache
def _booked_between() -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what is booked at :clinics from :first to :last, and what it takes."""
    session = TreatmentSession
    return (
        sa.select(
            session.id,
            session.clinic_id,
            session.patient_reference,
            session.formulation_id,
            Formulation.code.label("formulation"),
            Formulation.name.label("formulation_name"),
            session.planned_on,
            session.planned_at,
            session.practitioner,
            session.course_id,
            quantity_taken().label("quantity"),
            FormulationLine.optional,
            Item.content_per_container,
            *used_item_columns(),
        )
        .select_from(session)
        .join(Formulation, Formulation.id == session.formulation_id)
        .outerjoin(FormulationVersion, is_newest_version())
        .outerjoin(FormulationLine, FormulationLine.version_id == FormulationVersion.id)
        .outerjoin(Item, Item.id == FormulationLine.item_id)
        .outerjoin(ClinicItem, at_clinic(table(TreatmentSession).c.clinic_id))
        .where(
            session.clinic_id.in_(sa.bindparam("clinics", expanding=True)),
            session.status == SessionStatus.PLANNED,
            session.planned_on.between(sa.bindparam("first"), sa.bindparam("last")),
        )
        # Sessions without a time come last on their day; SQLite and PostgreSQL differ on NULLs.
        .order_by(
            session.planned_on,
            session.planned_at.is_(None),
            session.planned_at,
            session.id,
            FormulationLine.position,
        )
    )


def _visits(
    timezone: str, rows: Sequence[AnyRow], now: dt.datetime
) -> tuple[dict[int, Booked], list[Visit]]:
    sessions: dict[int, Booked] = {}
    wanted: dict[int, list[Wanted]] = {}
    items: dict[int, UsedItem] = {}
    for row in rows:
        # A session has as many rows as its formulation has lines, and items come again and again.
        if row.id not in sessions:
            sessions[row.id], wanted[row.id] = _booked(row), []
        if row.quantity is not None:
            item = items.get(row.item_id) or items.setdefault(row.item_id, used_item(row))
            wanted[row.id].append(
                Wanted(item, row.quantity, row.content_per_container, row.optional)
            )
    return sessions, [
        Visit(session_id, session.day, _begins(session, timezone, now), wanted[session_id])
        for session_id, session in sessions.items()
    ]


def _booked(row: AnyRow) -> Booked:
    return Booked(
        session_id=row.id,
        patient_reference=row.patient_reference,
        formulation_id=row.formulation_id,
        formulation=row.formulation,
        name=row.formulation_name,
        day=row.planned_on,
        time=row.planned_at,
        practitioner=row.practitioner,
        course_id=row.course_id,
    )


def _begins(session: Booked, timezone: str, now: dt.datetime) -> dt.datetime:
    """Return when a session begins; one of today that has no time, or is late, begins now."""
    local = dt.datetime.combine(session.day, session.time or NOON, zone(timezone))
    return max(local.astimezone(dt.UTC), now)


class _Rules:
    """How long containers last once opened: read when one would be, for all items at once."""

    def __init__(self, item_ids: Collection[int]) -> None:
        """Keep containers of which items there are."""
        self._item_ids = item_ids
        self._hours: dict[int, list[Any]] | None = None

    def of(self, item: UsedItem) -> list[Any]:
        """Return for how many hours an open container of ``item`` lasts in which storage."""
        if self._hours is None:
            self._hours = drawing.opening_rules(self._item_ids)
        return self._hours.get(item.id, [])
