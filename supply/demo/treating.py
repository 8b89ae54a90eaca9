"""Courses planned and sessions recorded, as a clinic's practitioners do all day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

import sqlalchemy as sa

from supply.accounts.models import Person
from supply.db import db
from supply.demo.agenda import wall
from supply.demo.levels import Need
from supply.demo.schedule import CoursePlan, Visit
from supply.demo.ward import Ward
from supply.diary.courses import plan_course
from supply.diary.steps import cancel_session, move_session
from supply.inventory.refusals import ShortageError, StandsInTheWayError
from supply.inventory.reversal import reverse
from supply.quantity import Unit
from supply.sentences import say
from supply.treatments.models import Protocol, TreatmentSession
from supply.treatments.recording import Recorded, record_session
from supply.treatments.session_lines import SessionRequest
from supply.treatments.warnings import WarningsError

ANAESTHETIC = "LIDO-1-MDV20"

_ALLERGENS = ("fish", "paraben", "benzyl_alcohol")

# How often, of one: an allergy is known, less is given, an anaesthetic is added, the wrong
# patient was named.
_ALLERGIC = 0.04
_BLENDED = 0.05
_ANAESTHETISED = 0.06
_TOLERATED = say("Tolerated before, patient informed")
_WRONG = 0.004

_SLOT = 20
"""Minutes from one session to the next."""


class Treating:
    """Lives a clinic's diary through the services."""

    def __init__(self, ward: Ward, protocols: Mapping[str, Protocol]) -> None:
        """Take the ward, and the practice's protocols by code."""
        self.ward = ward
        self.protocols = protocols

    def plan_days(self, days: Sequence[dt.date]) -> None:
        """Put the courses that begin on ``days``, and these days' visits, on the agenda."""
        profile, agenda = self.ward.profile, self.ward.agenda
        for day in days:
            dawn = wall(day, profile.opens - 1, 30, profile.timezone)
            for course in self.ward.diary.courses.get(day, ()):
                agenda.at(dawn, partial(self._plan_course, course))
            visits = self.ward.diary.visits.get(day, ())
            for visit, instant in zip(visits, self._times(day, len(visits)), strict=True):
                agenda.at(instant, partial(self._receive_patient, visit))

    def _times(self, day: dt.date, count: int) -> list[dt.datetime]:
        """Return ``count`` instants of the opening hours, a few minutes apart at least."""
        profile = self.ward.profile
        slots = range(0, (profile.closes - profile.opens) * 60 - 30, 20)
        minutes = sorted(self.ward.rng.sample(slots, count))
        return [
            wall(day, profile.opens + minute // 60, minute % 60, profile.timezone)
            for minute in minutes
        ]

    def _plan_course(self, plan: CoursePlan, now: dt.datetime) -> None:
        """Plan a course, and move its sessions to the days of the diary."""
        ward = self.ward
        allergic = ward.rng.random() < _ALLERGIC
        course = plan_course(
            ward.clinic,
            self.protocols[plan.protocol.code],
            plan.patient,
            plan.days[0],
            [ward.rng.choice(_ALLERGENS)] if allergic else (),
            time=self._time_of(plan.patient),
            practitioner=self._practitioner(),
            actor=ward.practitioner,
            now=now,
        )
        booked = db.session.execute(
            sa.select(TreatmentSession.id, TreatmentSession.planned_on)
            .where(TreatmentSession.course_id == course.id)
            .order_by(TreatmentSession.number)
        ).all()
        for (session_id, planned_on), day in zip(booked, plan.days, strict=True):
            plan.session_ids.append(session_id)
            if day != planned_on:
                self._move(session_id, day, now)

    def _time_of(self, patient: str) -> dt.time:
        """Return when a patient likes to come: in the opening hours, and always then."""
        profile = self.ward.profile
        slots = (profile.closes - profile.opens) * 60 // _SLOT - 1
        number = int("".join(filter(str.isdigit, patient)))
        hours, minutes = divmod(number % slots * _SLOT, 60)
        return dt.time(profile.opens + hours, minutes)

    def _practitioner(self) -> str:
        person_id = self.ward.practitioner.person_id
        return db.session.get_one(Person, person_id).name if person_id else ""

    def _receive_patient(self, visit: Visit, now: dt.datetime) -> None:
        session_id = visit.session_id
        if not visit.comes and session_id is not None:
            cancel_session(self.ward.clinic, session_id, actor=self.ward.practitioner, now=now)
            return
        try:
            recorded = self._record(self._request(visit, session_id), now)
        except ShortageError:
            self._put_off(visit, session_id, now)
            return
        if self.ward.rng.random() < _WRONG:
            self._take_back(recorded.entry_id, visit, now)

    def _record(self, request: SessionRequest, now: dt.datetime) -> Recorded:
        """Record a session; where a warning asks for a reason, give one."""
        actor = self.ward.practitioner
        try:
            return record_session(self.ward.clinic, request, actor=actor, now=now)
        except WarningsError as error:
            reasons = {found.key: self.ward.written(_TOLERATED) for found in error.warnings}
            again = replace(request, overrides=reasons)
            return record_session(self.ward.clinic, again, actor=actor, now=now)

    def _request(self, visit: Visit, session_id: int | None) -> SessionRequest:
        amounts: dict[str, Decimal | None] = {}
        reasons: dict[str, str] = {}
        chance = self.ward.rng.random()
        measured = self._measured(visit.formulation)
        if chance < _BLENDED and measured:
            need = self.ward.rng.choice(measured)
            amounts[need.code] = need.quantity - Decimal("0.5")
            reasons[need.code] = self.ward.written(say("Smaller area treated"))
        elif chance < _BLENDED + _ANAESTHETISED:
            amounts[ANAESTHETIC] = Decimal(2)
            reasons[ANAESTHETIC] = self.ward.written(say("Patient asked for local anaesthetic"))
        return SessionRequest(
            formulation=visit.formulation,
            patient_reference=visit.patient,
            amounts=amounts,
            reasons=reasons,
            planned_session=session_id,
        )

    def _measured(self, formulation: str) -> list[Need]:
        """Return the lines of which half a millilitre less may be given."""
        needs = self.ward.needs[formulation]
        return [need for need in needs if need.unit is Unit.ML and need.quantity > 1]

    def _put_off(self, visit: Visit, session_id: int | None, now: dt.datetime) -> None:
        """Have a patient for whom something was missing come a week later."""
        profile = self.ward.profile
        visit.day = profile.open_day_from(visit.day + dt.timedelta(days=7))
        if session_id is not None:
            self._move(session_id, visit.day, now)
        instant = wall(visit.day, profile.closes - 1, 50, profile.timezone)
        self.ward.agenda.at(instant, partial(self._receive_patient, visit))

    def _move(self, session_id: int, day: dt.date, now: dt.datetime) -> None:
        ward = self.ward
        move_session(
            ward.clinic, session_id, day, with_later=False, actor=ward.practitioner, now=now
        )

    def _take_back(self, entry_id: int, visit: Visit, now: dt.datetime) -> None:
        """Undo a session ten minutes later, and record it again if it was booked."""
        self.ward.agenda.at(now + dt.timedelta(minutes=10), partial(self._undo, entry_id, visit))

    def _undo(self, entry_id: int, visit: Visit, now: dt.datetime) -> None:
        reason = self.ward.written(say("Recorded for the wrong patient"))
        try:
            reverse(entry_id, reason=reason, actor=self.ward.practitioner, now=now)
        except StandsInTheWayError:
            return  # What it opened has been used since, so it stays, as it would for people.
        if visit.course is not None:
            again = now + dt.timedelta(minutes=1)
            self.ward.agenda.at(again, partial(self._receive_patient, visit))
