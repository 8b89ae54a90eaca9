"""Bookings that come from outside: from a practice's own diary, under the names it gives them."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import AnyRow, db, table
from supply.formulations.models import Formulation, FormulationVersion
from supply.refusals import InvalidInput
from supply.text import fold
from supply.treatments.models import TreatmentSession
from supply.treatments.references import patient_reference, reference_key
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

SAME_VISIT = dt.timedelta(days=3)
"""How far a course's own session may be from a booking of the same treatment to be that one.

Courses are weekly at the closest: within half a week there is one session it can be.
"""

_SESSION = table(TreatmentSession)
_OWN_ID = re.compile(r"supply-(\d{1,18})", re.ASCII)
_KEPT = ("formulation_id", "planned_on", "planned_at", "practitioner", "areas", "status")
"""What a booking says anew each time, patient reference apart."""
_GIVEN = (SessionStatus.RECORDED, SessionStatus.UNDONE)


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking as the diary has it now; None is not said, and stays as it was."""

    external_id: str
    patient_reference: str
    formulation: str
    day: dt.date
    status: SessionStatus = SessionStatus.PLANNED
    time: dt.time | None = None
    practitioner: str | None = None
    areas: int | None = None


@dataclass(slots=True)
class Counts:
    """What became of the bookings sent."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0


class Outcome(enum.StrEnum):
    """What becomes of a booking."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a booking, and what a session would say instead of what it says."""

    booking: Booking
    outcome: Outcome
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Step:
    """A booking's columns, the session that it is, if there is one, and how they differ."""

    row: dict[str, Any]
    there: AnyRow | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def outcome(self) -> Outcome:
        if self.there is not None:
            return Outcome.CHANGED if self.differs else Outcome.UNCHANGED
        booked = self.row["status"] is SessionStatus.PLANNED
        return Outcome.CREATED if booked else Outcome.UNCHANGED

    @property
    def differs(self) -> bool:
        """Whether the session there does not say what the booking says."""
        there = self.there
        if there is None or there.status in _GIVEN:
            return False
        return bool(self.after) or there.external_id != self.row["external_id"]


def own_id(session_id: int) -> str:
    """Return how a file calls a session that no diary has named."""
    return f"supply-{session_id}"


def is_own_id(external_id: str) -> bool:
    """Return whether an id is one that :func:`own_id` makes."""
    return _OWN_ID.fullmatch(external_id) is not None


def take_in(
    clinic: Clinic, bookings: Sequence[Booking], *, actor: Actor, now: dt.datetime
) -> Counts:
    """Make what is booked at ``clinic`` agree with its diary: all of ``bookings``, or none.

    A booking is known by its external id. One that is new is the session that a course has
    planned for the same patient reference and formulation within three days, where there is
    one, else a session of its own; a new one that is cancelled already is nothing. A recorded
    session is not touched. The diary's day stands, be the clinic open on it or not. Locks the
    sessions in primary-key order.

    Raises:
        InvalidInput: naming each booking with an unknown formulation, a bad reference, or an
            external id that another of them has.
    """
    steps = _steps(clinic, bookings)
    for step in steps:
        if step.outcome is Outcome.CHANGED:
            _change(clinic, step, actor, now)
    _add(clinic, [step.row for step in steps if step.outcome is Outcome.CREATED], actor, now)
    db.session.expire_all()
    counted = Counter(step.outcome for step in steps)
    return Counts(*(counted[outcome] for outcome in Outcome))


def foresee(clinic: Clinic, bookings: Sequence[Booking]) -> list[Foreseen]:
    """Return what :func:`take_in` would make of ``bookings``, in their order; nothing is changed.

    Raises:
        InvalidInput: as it does.
    """
    return [
        Foreseen(booking, step.outcome, step.before, step.after)
        for booking, step in zip(bookings, _steps(clinic, bookings), strict=True)
    ]


def _steps(clinic: Clinic, bookings: Sequence[Booking]) -> list[_Step]:
    rows = _resolved(clinic, bookings)
    known = _known(clinic, rows)
    free = _Free(clinic, [row for row in rows if row["external_id"] not in known])
    return [_step(row, known.get(row["external_id"]) or free.nearest(row)) for row in rows]


def _step(row: dict[str, Any], there: AnyRow | None) -> _Step:
    if there is not None and row["external_id"] == own_id(there.id):
        row = row | {"external_id": there.external_id}
    return _Step(row, there, *_differences(there, row))


def _resolved(clinic: Clinic, bookings: Sequence[Booking]) -> list[dict[str, Any]]:
    """Return the columns that each booking says, or raise InvalidInput for all that is wrong."""
    formulations = _formulations(clinic.practice_id)
    wrong: list[tuple[str, str]] = []
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for place, one in enumerate(bookings):
        at = f"bookings.{place}"
        formulation_id = formulations.get(fold(one.formulation))
        if formulation_id is None:
            message = _("There is no formulation %(code)s.", code=one.formulation)
            wrong.append((f"{at}.formulation", message))
        if one.external_id in seen:
            wrong.append((f"{at}.external_id", _("Another booking here has this id.")))
        seen.add(one.external_id)
        try:
            reference = patient_reference(one.patient_reference)
        except InvalidInput as error:
            wrong += [(f"{at}.{name}", message) for name, message in error.errors]
            continue
        rows.append(_row(one, formulation_id, reference))
    if wrong:
        raise InvalidInput(*wrong)
    return rows


def _row(one: Booking, formulation_id: int | None, reference: str) -> dict[str, Any]:
    said = {
        "external_id": one.external_id,
        "patient_reference": reference,
        "reference_key": reference_key(reference),
        "formulation_id": formulation_id,
        "planned_on": one.day,
        "planned_at": one.time,
        "practitioner": one.practitioner,
        "areas": one.areas,
        "status": one.status,
    }
    return {name: value for name, value in said.items() if value is not None}


def _formulations(practice_id: int) -> dict[str, int]:
    """Return the ids of the practice's formulations that can be given, by code and by name.

    Both as :func:`fold` has them. A name that two have is nobody's.
    """
    said = sa.exists().where(FormulationVersion.formulation_id == Formulation.id)
    rows = db.session.execute(
        sa.select(Formulation.code_key, Formulation.name, Formulation.id).where(
            Formulation.practice_id == practice_id, Formulation.archived_at.is_(None), said
        )
    ).all()
    names = Counter(fold(row.name) for row in rows)
    named = {fold(row.name): row.id for row in rows if names[fold(row.name)] == 1}
    return named | {row.code_key: row.id for row in rows}


def _known(clinic: Clinic, rows: Sequence[Mapping[str, Any]]) -> dict[str, AnyRow]:
    """Return by its external id, or by our own name of it, each session that a row names."""
    named = [row["external_id"] for row in rows]
    ours = [int(match[1]) for name in named if (match := _OWN_ID.fullmatch(name))]
    found = db.session.execute(
        sa.select(_SESSION)
        .where(
            _SESSION.c.clinic_id == clinic.id,
            sa.or_(_SESSION.c.external_id.in_(named), _SESSION.c.id.in_(ours)),
        )
        .order_by(_SESSION.c.id)
        .with_for_update()
    ).all()
    known = {own_id(row.id): row for row in found}
    return known | {row.external_id: row for row in found if row.external_id is not None}


class _Free:
    """Sessions planned here that no diary's booking stands for yet, each to be taken once."""

    def __init__(self, clinic: Clinic, rows: Sequence[Mapping[str, Any]]) -> None:
        """Find those of the patient references of ``rows``, and lock them."""
        self._rows: list[AnyRow] = []
        if rows:
            self._rows = list(
                db.session.execute(
                    sa.select(_SESSION)
                    .where(
                        _SESSION.c.clinic_id == clinic.id,
                        _SESSION.c.reference_key.in_({row["reference_key"] for row in rows}),
                        _SESSION.c.status == SessionStatus.PLANNED,
                        _SESSION.c.external_id.is_(None),
                    )
                    .order_by(_SESSION.c.id)
                    .with_for_update()
                )
            )

    def nearest(self, row: Mapping[str, Any]) -> AnyRow | None:
        """Take the session that ``row`` books, if one is planned near its day."""
        like = [
            there
            for there in self._rows
            if there.reference_key == row["reference_key"]
            and there.formulation_id == row["formulation_id"]
            and abs(there.planned_on - row["planned_on"]) <= SAME_VISIT
        ]
        if not like:
            return None
        found = min(like, key=lambda there: (abs(there.planned_on - row["planned_on"]), there.id))
        self._rows.remove(found)
        return found


def _differences(
    there: AnyRow | None, row: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a session says and what ``row`` says instead, where they differ."""
    if there is None or there.status in _GIVEN:
        return {}, {}
    names = [name for name in _KEPT if name in row and getattr(there, name) != row[name]]
    if there.reference_key != row["reference_key"]:
        names.append("patient_reference")
    return {name: getattr(there, name) for name in names}, {name: row[name] for name in names}


def _change(clinic: Clinic, step: _Step, actor: Actor, now: dt.datetime) -> None:
    """Make a session say what its booking says."""
    there = step.there
    if there is None:
        return
    db.session.execute(
        sa.update(_SESSION)
        .where(_SESSION.c.id == there.id)
        .values(**step.row, **_out_of_course(there, step.row))
    )
    named = {"external_id": step.row["external_id"]} if step.row["external_id"] else {}
    _note(
        clinic,
        ("session.rebooked", there.id),
        {name: _text(said) for name, said in step.before.items()},
        named | {name: _text(said) for name, said in step.after.items()},
        actor,
        now,
    )


def _out_of_course(there: AnyRow, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is no longer true of a session that is another patient's, or something else."""
    same = (there.reference_key, there.formulation_id) == (
        row["reference_key"],
        row["formulation_id"],
    )
    return {} if same else {"course_id": None, "number": None}


def _add(
    clinic: Clinic, fresh: Sequence[Mapping[str, Any]], actor: Actor, now: dt.datetime
) -> None:
    for row in fresh:
        made = db.session.execute(
            sa.insert(_SESSION)
            .values(clinic_id=clinic.id, booked_at=now, **row)
            .returning(_SESSION.c.id)
        )
        _note(
            clinic,
            ("session.booked", made.scalar_one()),
            None,
            {
                "external_id": row["external_id"],
                "planned_on": row["planned_on"].isoformat(),
                "patient_reference": row["patient_reference"],
            },
            actor,
            now,
        )


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _note(
    clinic: Clinic,
    what: tuple[str, int],
    before: Mapping[str, str] | None,
    after: Mapping[str, str],
    actor: Actor,
    now: dt.datetime,
) -> None:
    action, session_id = what
    audit.record(
        actor,
        action,
        (SESSION_SOURCE, session_id),
        now,
        clinic_id=clinic.id,
        before=before or None,
        after=after,
    )
