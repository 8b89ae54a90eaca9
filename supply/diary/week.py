"""Reading the days of a diary: who is booked when, and whether it can be given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic, Person
from supply.accounts.opening import is_open
from supply.clock import end_of_day, local_date, zone
from supply.db import AnyRow, execute
from supply.diary.allergic import warnings_of
from supply.diary.readiness import Readiness, readiness
from supply.formulations.models import Formulation
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SessionStatus
from supply.treatments.warnings import SessionWarning

_NO_TIME = dt.time.max
"""By which sessions without a time come last on their day."""


@dataclass(frozen=True, slots=True)
class Appointment:
    """A session as the diary shows it; a recorded one stands on the day it happened on."""

    session_id: int
    patient_reference: str
    formulation_id: int
    formulation: str
    name: str
    day: dt.date
    time: dt.time | None
    practitioner: str
    areas: int
    status: SessionStatus
    course_id: int | None
    number: int | None
    course_length: int | None
    external_id: str | None
    ready: Readiness | None = None
    """What it will draw; None for one that is past, or not booked any more."""
    warnings: Sequence[SessionWarning] = ()
    """Allergens of its patient that it would give."""

    @property
    def booked(self) -> bool:
        """Whether it is still to be given."""
        return self.status is SessionStatus.PLANNED

    @property
    def ended(self) -> bool:
        """Whether it was cancelled or not come to, and can be booked again."""
        return self.status in (SessionStatus.CANCELLED, SessionStatus.NO_SHOW)


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the diary."""

    day: dt.date
    open: bool
    appointments: Sequence[Appointment]

    @property
    def booked(self) -> int:
        """How many sessions are still to be given."""
        return sum(one.booked for one in self.appointments)


def days_of(clinic: Clinic, first: dt.date, last: dt.date, *, now: dt.datetime) -> list[Day]:
    """Return each day from ``first`` to ``last`` with its sessions, in order of their times.

    What is booked from today on says what it will draw. A fixed number of statements: one, and
    those of :func:`supply.diary.readiness.readiness` and of allergies where days are still to come.
    """
    today = local_date(now, clinic.timezone)
    rows = execute(_between(), _asked(clinic, first, last)).all()
    ready: dict[int, Readiness] = {}
    warned: Mapping[int, Sequence[SessionWarning]] = {}
    if last >= today and any(row.status is SessionStatus.PLANNED for row in rows):
        found = readiness(clinic, max(first, today), last, now=now)
        ready = {one.session.session_id: one for one in found}
        warned = warnings_of(clinic, found)
    there: dict[dt.date, list[Appointment]] = {}
    for one in (_appointment(row, clinic, ready, warned) for row in rows):
        there.setdefault(one.day, []).append(one)
    return [
        Day(day, is_open(clinic.opening_days, day), sorted(there.get(day, ()), key=_order))
        for day in (first + dt.timedelta(days=ahead) for ahead in range((last - first).days + 1))
    ]


def practitioners(days: Sequence[Day]) -> list[str]:
    """Return who gives the sessions of ``days``, by name."""
    return sorted({one.practitioner for day in days for one in day.appointments} - {""})


def given_by(days: Sequence[Day], practitioner: str) -> list[Day]:
    """Return ``days`` with the sessions of one practitioner only."""
    return [
        Day(day.day, day.open, [o for o in day.appointments if o.practitioner == practitioner])
        for day in days
    ]


def _order(one: Appointment) -> tuple[dt.time, int]:
    return one.time or _NO_TIME, one.session_id


def _asked(clinic: Clinic, first: dt.date, last: dt.date) -> dict[str, Any]:
    return {
        "clinic": clinic.id,
        "first": first,
        "last": last,
        "begins": end_of_day(first - dt.timedelta(days=1), clinic.timezone),
        "ends": end_of_day(last, clinic.timezone),
    }


@cache
def _between() -> sa.Select[*tuple[Any, ...]]:
    """Return the select of a clinic's sessions from :first to :last.

    What was recorded by mistake and undone is left out.
    """
    session = TreatmentSession
    given = sa.and_(
        session.status == SessionStatus.RECORDED,
        session.occurred_at >= sa.bindparam("begins"),
        session.occurred_at < sa.bindparam("ends"),
    )
    ahead = sa.and_(
        session.occurred_at.is_(None),
        session.planned_on.between(sa.bindparam("first"), sa.bindparam("last")),
    )
    here = session.clinic_id == sa.bindparam("clinic")
    return (
        sa.select(*_shown())
        .join(Formulation, Formulation.id == session.formulation_id)
        .outerjoin(Person, Person.id == session.recorded_by_id)
        # Each half has an index of its own; of an OR inside an AND SQLite reads all of a clinic.
        .where(sa.or_(sa.and_(here, given), sa.and_(here, ahead)))
    )


def _shown() -> Iterator[sa.SQLColumnExpression[Any]]:
    """Yield what is shown of a session, with how many its course has."""
    session, other = TreatmentSession, sa.orm.aliased(TreatmentSession)
    yield from (
        session.id,
        session.patient_reference,
        session.formulation_id,
        Formulation.code.label("formulation"),
        Formulation.name.label("formulation_name"),
        session.planned_on,
        session.planned_at,
        session.occurred_at,
        session.practitioner,
        Person.name.label("recorded_by"),
        session.areas,
        session.status,
        session.course_id,
        session.number,
        session.external_id,
    )
    length = sa.select(sa.func.max(other.number)).where(other.course_id == session.course_id)
    yield length.correlate(session).scalar_subquery().label("course_length")


def _appointment(
    row: AnyRow,
    clinic: Clinic,
    ready: Mapping[int, Readiness],
    warned: Mapping[int, Sequence[SessionWarning]],
) -> Appointment:
    day, time = row.planned_on, row.planned_at
    if row.occurred_at is not None:
        local = row.occurred_at.astimezone(zone(clinic.timezone))
        day, time = local.date(), local.time().replace(second=0, microsecond=0)
    return Appointment(
        session_id=row.id,
        patient_reference=row.patient_reference,
        formulation_id=row.formulation_id,
        formulation=row.formulation,
        name=row.formulation_name,
        day=day,
        time=time,
        practitioner=row.practitioner or row.recorded_by or "",
        areas=row.areas,
        status=row.status,
        course_id=row.course_id,
        number=row.number,
        course_length=row.course_length,
        external_id=row.external_id,
        ready=ready.get(row.id),
        warnings=warned.get(row.id, ()),
    )
