"""Sessions booked by hand, one at a time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import format_date
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.clock import local_date
from supply.db import db, table
from supply.diary.bookings import SAME_VISIT
from supply.diary.steps import check_open
from supply.formulations.models import Formulation, FormulationVersion
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import TreatmentSession
from supply.treatments.references import patient_reference, reference_key
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

_SESSION = table(TreatmentSession)


class BookedAlreadyError(Refusal):
    """The same is booked for the same patient reference within a few days."""

    def __init__(self, session_id: int, day: dt.date) -> None:
        """Keep which session, and its day."""
        super().__init__(
            _(
                "The same is booked for this patient on %(day)s already.",
                day=format_date(day, "EEEE d MMM"),
            )
        )
        self.session_id = session_id
        self.day = day


@dataclass(frozen=True, slots=True)
class Wanted:
    """A session to be booked."""

    formulation_id: int
    patient_reference: str
    day: dt.date
    time: dt.time | None = None
    practitioner: str = ""
    areas: int = 1


def book_session(
    clinic: Clinic,
    wanted: Wanted,
    *,
    though_closed: bool = False,
    once_more: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Book one session at ``clinic``, of no course; return its id.

    Raises:
        InvalidInput: a bad reference, a formulation that the practice does not keep, a day that
            has gone by.
        ClosedDayError: the clinic is closed on that day, unless ``though_closed``.
        BookedAlreadyError: the same is booked for the same patient reference within three days,
            unless ``once_more``.
    """
    reference = patient_reference(wanted.patient_reference)
    _check(clinic, wanted, now)
    check_open(clinic, wanted.day, though_closed=though_closed)
    if not once_more:
        _check_alone(clinic, wanted, reference)
    made = db.session.execute(
        sa.insert(_SESSION)
        .values(
            clinic_id=clinic.id,
            booked_at=now,
            status=SessionStatus.PLANNED,
            formulation_id=wanted.formulation_id,
            patient_reference=reference,
            reference_key=reference_key(reference),
            planned_on=wanted.day,
            planned_at=wanted.time,
            practitioner=wanted.practitioner,
            areas=wanted.areas,
        )
        .returning(_SESSION.c.id)
    )
    session_id: int = made.scalar_one()
    after = {"planned_on": wanted.day.isoformat(), "patient_reference": reference}
    subject = (SESSION_SOURCE, session_id)
    audit.record(actor, "session.booked", subject, now, clinic_id=clinic.id, after=after)
    return session_id


def _check(clinic: Clinic, wanted: Wanted, now: dt.datetime) -> None:
    if wanted.day < local_date(now, clinic.timezone):
        message = _("This day has gone by. Record what was given under Use.")
        raise InvalidInput(("planned_on", message))
    kept = sa.exists().where(
        Formulation.id == wanted.formulation_id,
        Formulation.practice_id == clinic.practice_id,
        Formulation.archived_at.is_(None),
        FormulationVersion.formulation_id == Formulation.id,
    )
    if not db.session.scalar(sa.select(kept)):
        raise InvalidInput(("formulation", _("Choose from the list.")))


def _check_alone(clinic: Clinic, wanted: Wanted, reference: str) -> None:
    there = db.session.execute(
        sa.select(_SESSION.c.id, _SESSION.c.planned_on)
        .where(
            _SESSION.c.clinic_id == clinic.id,
            _SESSION.c.reference_key == reference_key(reference),
            _SESSION.c.formulation_id == wanted.formulation_id,
            _SESSION.c.status == SessionStatus.PLANNED,
            _SESSION.c.planned_on.between(wanted.day - SAME_VISIT, wanted.day + SAME_VISIT),
        )
        .order_by(_SESSION.c.planned_on, _SESSION.c.id)
        .limit(1)
    ).one_or_none()
    if there is not None:
        raise BookedAlreadyError(there.id, there.planned_on)
