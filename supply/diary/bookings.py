"""Bookings that come from outside: from a practice's own diary, under the names it gives them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    rows = _resolved(clinic, bookings)
    known = _known(clinic, rows)
    free = _Free(clinic, [row for row in rows if row["external_id"] not in known])
    counts = Counts()
    fresh: list[dict[str, Any]] = []
    for row in rows:
        there = known.get(row["external_id"]) or free.nearest(row)
        if there is None and row["status"] is SessionStatus.PLANNED:
            fresh.append(row)
        elif there is not None and _change(clinic, there, row, actor, now):
            counts.changed += 1
        else:
            counts.unchanged += 1
    counts.created = len(fresh)
    _add(clinic, fresh, actor, now)
    db.session.expire_all()
    return counts


def _resolved(clinic: Clinic, bookings: Sequence[Booking]) -> list[dict[str, Any]]:
    """Return the columns that each booking says, or raise InvalidInput for all that is wrong."""
    formulations = _formulations(clinic.practice_id, {one.formulation for one in bookings})
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


def _formulations(practice_id: int, codes: set[str]) -> dict[str, int]:
    """Return the ids of the practice's formulations that can be given, by their codes' keys."""
    said = sa.exists().where(FormulationVersion.formulation_id == Formulation.id)
    rows = db.session.execute(
        sa.select(Formulation.code_key, Formulation.id).where(
            Formulation.practice_id == practice_id,
            Formulation.code_key.in_({fold(code) for code in codes}),
            Formulation.archived_at.is_(None),
            said,
        )
    )
    return {row.code_key: row.id for row in rows}


def _known(clinic: Clinic, rows: Sequence[Mapping[str, Any]]) -> dict[str, AnyRow]:
    found = db.session.execute(
        sa.select(_SESSION)
        .where(
            _SESSION.c.clinic_id == clinic.id,
            _SESSION.c.external_id.in_([row["external_id"] for row in rows]),
        )
        .order_by(_SESSION.c.id)
        .with_for_update()
    )
    return {row.external_id: row for row in found}


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


def _change(
    clinic: Clinic, there: AnyRow, row: Mapping[str, Any], actor: Actor, now: dt.datetime
) -> bool:
    """Make a session say what ``row`` does; return whether anything was to be changed."""
    if there.status in _GIVEN:
        return False
    before = {name: getattr(there, name) for name in _KEPT if name in row}
    after = {name: row[name] for name in before}
    if there.reference_key != row["reference_key"]:
        before["patient_reference"] = there.patient_reference
        after["patient_reference"] = row["patient_reference"]
    if before == after and there.external_id == row["external_id"]:
        return False
    db.session.execute(
        sa.update(_SESSION)
        .where(_SESSION.c.id == there.id)
        .values(**row, **_out_of_course(there, row))
    )
    differ = [name for name in before if before[name] != after[name]]
    _note(
        clinic,
        ("session.rebooked", there.id),
        {name: _text(before[name]) for name in differ},
        {"external_id": row["external_id"]} | {name: _text(after[name]) for name in differ},
        actor,
        now,
    )
    return True


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
            sa.insert(_SESSION).values(clinic_id=clinic.id, **row).returning(_SESSION.c.id)
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
