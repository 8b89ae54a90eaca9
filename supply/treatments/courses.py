"""Courses: a protocol planned for a patient reference, its sessions moved or cancelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.models import ProductAllergen
from supply.db import AnyRow, db, table
from supply.inventory.models import Item, ItemProduct
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import Course, CourseAllergen, Protocol, TreatmentSession
from supply.treatments.recording import patient_reference as checked_reference
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

_SESSION = table(TreatmentSession)


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

    Raises:
        InvalidInput: no or too long a reference, or a protocol that is archived or another
            practice's.
    """
    reference = checked_reference(patient_reference)
    if protocol.practice_id != clinic.practice_id or protocol.archived_at is not None:
        raise InvalidInput(("protocol", _("This practice has no such protocol.")))
    codes = sorted(set(allergens))
    course = Course(
        clinic_id=clinic.id,
        protocol=protocol,
        patient_reference=reference,
        starts_on=starts_on,
        created_by_id=actor.person_id,
        created_at=now,
        allergens=[CourseAllergen(allergen=code) for code in codes],
    )
    db.session.add(course)
    db.session.flush()
    days = [starts_on + dt.timedelta(days=step.day) for step in protocol.days]
    _add_sessions(course, days)
    audit.record(
        actor,
        "course.planned",
        ("course", course.id),
        now,
        practice_id=clinic.practice_id,
        clinic_id=clinic.id,
        after={
            "protocol": protocol.code,
            "patient_reference": reference,
            "sessions": [day.isoformat() for day in days],
            "allergens": codes,
        },
    )
    return course


def _add_sessions(course: Course, days: list[dt.date]) -> None:
    if not days:
        return
    db.session.execute(
        sa.insert(_SESSION),
        [
            {
                "clinic_id": course.clinic_id,
                "course_id": course.id,
                "number": number,
                "status": SessionStatus.PLANNED,
                "planned_on": day,
                "formulation_id": course.protocol.formulation_id,
                "patient_reference": course.patient_reference,
            }
            for number, day in enumerate(days, start=1)
        ],
    )


def move_session(
    clinic: Clinic,
    session_id: int,
    planned_on: dt.date,
    *,
    with_later: bool,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Book a session for another day; ``with_later`` moves the course's later ones as far.

    Locks the sessions it moves in primary-key order. Returns how many moved.

    Raises:
        Refusal: the session is no longer booked, or not of this clinic.
    """
    session = _booked(clinic, session_id)
    step = planned_on - session.planned_on
    moved = [(session.id, session.planned_on)]
    if with_later and session.course_id is not None:
        moved += _later(session)
    if not step:
        return 0
    db.session.connection().execute(
        sa.update(_SESSION)
        .where(_SESSION.c.id == sa.bindparam("moved_id"))
        .values(planned_on=sa.bindparam("day")),
        [{"moved_id": moved_id, "day": before + step} for moved_id, before in moved],
    )
    db.session.expire_all()
    for moved_id, before in moved:
        audit.record(
            actor,
            "session.moved",
            (SESSION_SOURCE, moved_id),
            now,
            clinic_id=clinic.id,
            before={"planned_on": before.isoformat()},
            after={"planned_on": (before + step).isoformat()},
        )
    return len(moved)


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
            selectinload(Course.allergens),
        )
        .where(Course.id == course_id, Course.clinic_id == clinic.id)
    )


def sessions_of(course: Course) -> list[TreatmentSession]:
    """Return the sessions of ``course`` in their order."""
    return list(
        db.session.scalars(
            sa.select(TreatmentSession)
            .where(TreatmentSession.course_id == course.id)
            .order_by(TreatmentSession.number, TreatmentSession.id)
        )
    )


def known_allergens(practice_id: int) -> list[str]:
    """Return the allergen codes that products of the practice's items carry."""
    return list(
        db.session.scalars(
            sa.select(ProductAllergen.allergen)
            .join(ItemProduct, ItemProduct.product_id == ProductAllergen.product_id)
            .join(Item, Item.id == ItemProduct.item_id)
            .where(Item.practice_id == practice_id)
            .distinct()
            .order_by(ProductAllergen.allergen)
        )
    )
