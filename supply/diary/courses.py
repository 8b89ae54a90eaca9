"""Courses: a protocol planned for a patient reference, its sessions moved or cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic
from supply.accounts.opening import is_open, next_open
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import AnyRow, db, table
from supply.diary.rules import Slot, slots
from supply.refusals import InvalidInput, Refusal
from supply.treatments.allergies import note
from supply.treatments.models import Course, Protocol, TreatmentSession
from supply.treatments.references import patient_reference as checked_reference
from supply.treatments.references import reference_key
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

_SESSION = table(TreatmentSession)


class ClosedDayError(Refusal):
    """The clinic is closed on the day; the sentence names the next it is open on."""

    def __init__(self, day: dt.date, following: dt.date) -> None:
        """Keep both days."""
        super().__init__(
            _(
                "The clinic is closed on %(day)s. Its next open day is %(next)s.",
                day=format_date(day, "EEEE d MMM"),
                next=format_date(following, "EEEE d MMM"),
            )
        )
        self.day = day
        self.following = following


def plan_course(
    clinic: Clinic,
    protocol: Protocol,
    patient_reference: str,
    starts_on: dt.date,
    allergens: Iterable[str] = (),
    *,
    actor: Actor,
    now: dt.datetime,
) -> Course:
    """Plan ``protocol`` at ``clinic`` from ``starts_on``: a course with a session for each day.

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
    _add_sessions(course, planned)
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


def _add_sessions(course: Course, planned: Sequence[Slot]) -> None:
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
                "formulation_id": course.protocol.formulation_id,
                "patient_reference": course.patient_reference,
                "reference_key": reference_key(course.patient_reference),
            }
            for number, slot in enumerate(planned, start=1)
        ],
    )


def move_session(
    clinic: Clinic,
    session_id: int,
    planned_on: dt.date,
    *,
    with_later: bool,
    though_closed: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Book a session for another day; ``with_later`` moves the course's later ones as far.

    Later ones that would fall on a day the clinic is closed go to its next open one. Locks the
    sessions it moves in primary-key order. Returns how many moved.

    Raises:
        Refusal: the session is no longer booked, or not of this clinic.
        ClosedDayError: the clinic is closed on that day, unless ``though_closed``.
    """
    session = _booked(clinic, session_id)
    if planned_on == session.planned_on:
        return 0
    if not though_closed and not is_open(clinic.opening_days, planned_on):
        raise ClosedDayError(planned_on, next_open(clinic.opening_days, planned_on))
    moved = [(session.id, session.planned_on, planned_on)]
    if with_later and session.course_id is not None:
        moved += _following(clinic, session, planned_on)
    _rebook(moved)
    for moved_id, before, after in moved:
        audit.record(
            actor,
            "session.moved",
            (SESSION_SOURCE, moved_id),
            now,
            clinic_id=clinic.id,
            before={"planned_on": before.isoformat()},
            after={"planned_on": after.isoformat()},
        )
    return len(moved)


def _following(
    clinic: Clinic, session: AnyRow, planned_on: dt.date
) -> list[tuple[int, dt.date, dt.date]]:
    """Return where the course's later sessions go when ``session`` moves to ``planned_on``."""
    step = planned_on - session.planned_on
    later = _later(session)
    planned = slots([before + step for _later_id, before in later], clinic.opening_days)
    return [
        (later_id, before, slot.day)
        for (later_id, before), slot in zip(later, planned, strict=True)
    ]


def _rebook(moved: Sequence[tuple[int, dt.date, dt.date]]) -> None:
    db.session.connection().execute(
        sa.update(_SESSION)
        .where(_SESSION.c.id == sa.bindparam("moved_id"))
        .values(planned_on=sa.bindparam("day")),
        [{"moved_id": moved_id, "day": after} for moved_id, _before, after in moved],
    )
    db.session.expire_all()


def _booked(clinic: Clinic, session_id: int) -> AnyRow:
    row = db.session.execute(
        sa.select(_SESSION.c.id, _SESSION.c.course_id, _SESSION.c.planned_on)
        .where(
            _SESSION.c.id == session_id,
            _SESSION.c.clinic_id == clinic.id,
            _SESSION.c.status == SessionStatus.PLANNED,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise Refusal(_("This session is no longer booked."))
    return row


def _later(session: AnyRow) -> list[tuple[int, dt.date]]:
    rows = db.session.execute(
        sa.select(_SESSION.c.id, _SESSION.c.planned_on)
        .where(
            _SESSION.c.course_id == session.course_id,
            _SESSION.c.status == SessionStatus.PLANNED,
            _SESSION.c.planned_on > session.planned_on,
        )
        .order_by(_SESSION.c.id)
        .with_for_update()
    )
    return [(row.id, row.planned_on) for row in rows]


def cancel_session(clinic: Clinic, session_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Cancel a booked session; the others of its course stay as they are.

    Raises:
        Refusal: the session is no longer booked, or not of this clinic.
    """
    changed = db.session.execute(
        sa.update(_SESSION)
        .where(
            _SESSION.c.id == session_id,
            _SESSION.c.clinic_id == clinic.id,
            _SESSION.c.status == SessionStatus.PLANNED,
        )
        .values(status=SessionStatus.CANCELLED)
        .returning(_SESSION.c.planned_on)
    ).one_or_none()
    if changed is None:
        raise Refusal(_("This session is no longer booked."))
    db.session.expire_all()
    audit.record(
        actor,
        "session.cancelled",
        (SESSION_SOURCE, session_id),
        now,
        clinic_id=clinic.id,
        before={"planned_on": changed.planned_on.isoformat()},
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
