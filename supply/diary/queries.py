"""Reading the diary: sessions of a clinic, for programs and for its pages; who gives them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic, Membership, Person, membership_clinic
from supply.accounts.rules import RIGHTS, Right
from supply.clock import end_of_day
from supply.db import db
from supply.treatments.models import TreatmentSession
from supply.treatments.references import reference_key
from supply.treatments.terms import SessionStatus

_SHOWN = (
    SessionStatus.PLANNED,
    SessionStatus.RECORDED,
    SessionStatus.CANCELLED,
    SessionStatus.NO_SHOW,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which sessions: from a day to a day, both with it, of a status, of a patient reference."""

    first: dt.date | None = None
    last: dt.date | None = None
    status: SessionStatus | None = None
    patient_reference: str | None = None


def sessions_of_clinic(
    clinic: Clinic, asked: Asked, *, after: int | None, limit: int
) -> list[TreatmentSession]:
    """Return at most ``limit`` sessions with an id above ``after``, in the order they were made.

    A recorded session is of the day it happened on, any other of the day it is booked for. What
    was recorded by mistake and undone is left out.
    """
    statement = (
        sa.select(TreatmentSession)
        .options(joinedload(TreatmentSession.formulation), joinedload(TreatmentSession.recorded_by))
        .where(TreatmentSession.clinic_id == clinic.id, *_conditions(clinic, asked))
        .order_by(TreatmentSession.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(TreatmentSession.id > after)
    return list(db.session.scalars(statement))


def _conditions(clinic: Clinic, asked: Asked) -> list[sa.ColumnElement[bool]]:
    statuses = _SHOWN if asked.status is None else (asked.status,)
    found: list[sa.ColumnElement[bool]] = [TreatmentSession.status.in_(statuses)]
    if asked.patient_reference is not None:
        found.append(TreatmentSession.reference_key == reference_key(asked.patient_reference))
    if asked.first is not None or asked.last is not None:
        found.append(_within(clinic, asked.first, asked.last))
    return found


def _within(clinic: Clinic, first: dt.date | None, last: dt.date | None) -> sa.ColumnElement[bool]:
    """Return the condition that a session's day lies from ``first`` to ``last``."""
    given: list[sa.ColumnElement[bool]] = [TreatmentSession.occurred_at.is_not(None)]
    ahead: list[sa.ColumnElement[bool]] = [TreatmentSession.occurred_at.is_(None)]
    if first is not None:
        begins = end_of_day(first - dt.timedelta(days=1), clinic.timezone)
        given.append(TreatmentSession.occurred_at >= begins)
        ahead.append(TreatmentSession.planned_on >= first)
    if last is not None:
        given.append(TreatmentSession.occurred_at < end_of_day(last, clinic.timezone))
        ahead.append(TreatmentSession.planned_on <= last)
    return sa.or_(sa.and_(*given), sa.and_(*ahead))


def session_with_id(session_id: int) -> TreatmentSession | None:
    """Return a session of any clinic, with its clinic."""
    return db.session.scalar(
        sa.select(TreatmentSession)
        .options(joinedload(TreatmentSession.clinic))
        .where(TreatmentSession.id == session_id)
    )


def session_at(clinic: Clinic, session_id: int) -> TreatmentSession | None:
    """Return a session of ``clinic``, with its formulation and course."""
    return db.session.scalar(
        sa.select(TreatmentSession)
        .options(joinedload(TreatmentSession.formulation), joinedload(TreatmentSession.course))
        .where(TreatmentSession.id == session_id, TreatmentSession.clinic_id == clinic.id)
    )


def later_in_course(session: TreatmentSession) -> int:
    """Return how many sessions of the course are booked for after this one."""
    if session.course_id is None or session.planned_on is None:
        return 0
    found = db.session.scalar(
        sa.select(sa.func.count()).where(
            TreatmentSession.course_id == session.course_id,
            TreatmentSession.status == SessionStatus.PLANNED,
            TreatmentSession.planned_on > session.planned_on,
        )
    )
    return found or 0


def who_gives(clinic: Clinic) -> list[str]:
    """Return the names of those who may give sessions at ``clinic``, to choose from."""
    limited = sa.exists().where(membership_clinic.c.membership_id == Membership.id)
    here = limited.where(membership_clinic.c.clinic_id == clinic.id)
    return list(
        db.session.scalars(
            sa.select(Person.name)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Membership.practice_id == clinic.practice_id,
                Membership.role.in_([role for role, may in RIGHTS.items() if Right.RECORD in may]),
                Person.disabled_at.is_(None),
                sa.or_(~limited, here),
            )
            .order_by(Person.name, Person.id)
        )
    )
