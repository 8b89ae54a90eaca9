"""Courses: a protocol planned for a patient reference, its sessions moved or cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db, table
from supply.diary.rules import Slot, slots
from supply.refusals import InvalidInput
from supply.treatments.allergies import note
from supply.treatments.models import Course, Protocol, TreatmentSession
from supply.treatments.references import patient_reference as checked_reference
from supply.treatments.references import reference_key
from supply.treatments.terms import SessionStatus

_SESSION = table(TreatmentSession)


def plan_course(
    clinic: Clinic,
    protocol: Protocol,
    patient_reference: str,
    starts_on: dt.date,
    allergens: Iterable[str] = (),
    *,
    time: dt.time | None = None,
    practitioner: str = "",
    actor: Actor,
    now: dt.datetime,
) -> Course:
    """Plan ``protocol`` at ``clinic`` from ``starts_on``: a course with a session for each day.

    Each is at ``time``, with ``practitioner``, where they are known.

    A session meant for a day on which the clinic is closed is planned on its next open one (see
    :func:`supply.treatments.rules.slots`). ``allergens`` are noted for the patient reference.

    Raises:
        InvalidInput: no or too long a reference, or a protocol that is archived or another
            practice's.
    """
    reference = checked_reference(patient_reference)
    if protocol.practice_id != clinic.practice_id or protocol.archived_at is not None:
        raise InvalidInput(("protocol", _("This practice has no such protocol.")))
    course = Course(
        clinic_id=clinic.id,
        protocol=protocol,
        patient_reference=reference,
        starts_on=starts_on,
        created_by_id=actor.person_id,
        created_at=now,
    )
    db.session.add(course)
    db.session.flush()
    planned = slots(_days_from(protocol, starts_on), clinic.opening_days)
    said = {"planned_at": time, "practitioner": practitioner}
    _add_sessions(course, planned, said)
    codes = note(clinic, reference, allergens, actor=actor, now=now)
    _record_plan(clinic, course, planned, codes, actor, now)
    return course


def _days_from(protocol: Protocol, starts_on: dt.date) -> list[dt.date]:
    return [starts_on + dt.timedelta(days=step.day) for step in protocol.days]


def shifted(course: Course, clinic: Clinic) -> dict[int, dt.date]:
    """Return, by session number, the days that the protocol meant and the clinic is closed on."""
    planned = slots(_days_from(course.protocol, course.starts_on), clinic.opening_days)
    return {number: slot.meant for number, slot in enumerate(planned, start=1) if slot.shifted}


def _record_plan(
    clinic: Clinic,
    course: Course,
    planned: Sequence[Slot],
    allergens: Sequence[str],
    actor: Actor,
    now: dt.datetime,
) -> None:
    audit.record(
        actor,
        "course.planned",
        ("course", course.id),
        now,
        practice_id=clinic.practice_id,
        clinic_id=clinic.id,
        after={
            "protocol": course.protocol.code,
            "patient_reference": course.patient_reference,
            "sessions": [slot.day.isoformat() for slot in planned],
            "allergens": list(allergens),
        },
    )


def _add_sessions(course: Course, planned: Sequence[Slot], said: Mapping[str, Any]) -> None:
    if not planned:
        return
    db.session.execute(
        sa.insert(_SESSION),
        [
            {
                "clinic_id": course.clinic_id,
                "course_id": course.id,
                "number": number,
                "status": SessionStatus.PLANNED,
                "planned_on": slot.day,
                "booked_at": course.created_at,
                "formulation_id": course.protocol.formulation_id,
                "patient_reference": course.patient_reference,
                "reference_key": reference_key(course.patient_reference),
                **said,
            }
            for number, slot in enumerate(planned, start=1)
        ],
    )


def protocols_of(practice_id: int) -> list[Protocol]:
    """Return the protocols a practice plans courses by, by name, with their days."""
    return list(
        db.session.scalars(
            sa.select(Protocol)
            .options(selectinload(Protocol.days), joinedload(Protocol.formulation))
            .where(Protocol.practice_id == practice_id, Protocol.archived_at.is_(None))
            .order_by(Protocol.name)
        )
    )


def course_of(clinic: Clinic, course_id: int) -> Course | None:
    """Return a course planned at ``clinic``, with its protocol and allergens."""
    return db.session.scalar(
        sa.select(Course)
        .options(
            joinedload(Course.protocol).joinedload(Protocol.formulation),
            joinedload(Course.protocol).selectinload(Protocol.days),
        )
        .where(Course.id == course_id, Course.clinic_id == clinic.id)
    )


def sessions_of(course: Course) -> list[TreatmentSession]:
    """Return the sessions of ``course`` in their order."""
    return list(
        db.session.scalars(
            sa.select(TreatmentSession)
            .options(selectinload(TreatmentSession.overrides))
            .where(TreatmentSession.course_id == course.id)
            .order_by(TreatmentSession.number, TreatmentSession.id)
        )
    )
