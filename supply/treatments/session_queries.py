"""Reading sessions: the list, and one with all it drew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from supply import clock
from supply.accounts.models import Clinic
from supply.db import db
from supply.formulations.models import Formulation, FormulationLine, FormulationVersion
from supply.inventory.models import Entry, Lot, Move
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.worth import Worth
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.text import whole
from supply.treatments.models import Course, SessionLine, SessionOverride, TreatmentSession
from supply.treatments.references import reference_key
from supply.treatments.terms import SESSION_SOURCE, SessionStatus

PAGE_SIZE = 50

_AHEAD = frozenset({SessionStatus.PLANNED, SessionStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list of sessions shows; ``status`` None means all that were recorded."""

    status: SessionStatus | None = None
    formulation_id: int | None = None
    patient_reference: str = ""
    first: dt.date | None = None
    last: dt.date | None = None

    @property
    def by_plan(self) -> bool:
        """Whether the day planned, not the time recorded, puts the rows in order."""
        return self.status in _AHEAD


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in the list, with the entry it wrote."""

    session: TreatmentSession
    entry_id: int | None


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """What left stock of one lot, to the patient or to waste, and what that cost when it did."""

    item: Item
    lot: Lot
    place: str
    quantity: Decimal
    cause: WasteCause | None
    wasted: bool
    worth: Worth


@cache
def _entry_id() -> sa.ScalarSelect[int | None]:
    """The latest entry of a session: one that was undone and recorded again wrote two."""
    return (
        sa.select(sa.func.max(Entry.id))
        .where(
            Entry.source_type == SESSION_SOURCE,
            Entry.source_id == TreatmentSession.id,
            Entry.kind == EntryKind.SESSION,
        )
        .correlate(TreatmentSession)
        .scalar_subquery()
    )


def list_sessions(
    clinic: Clinic, filters: Filters, after: str | None
) -> tuple[list[SessionRow], str | None]:
    """Return a page of sessions, newest first, and where the next page starts (None: the last).

    Booked ones come soonest first. ``after`` is what an earlier page gave.
    """
    statement = (
        sa.select(TreatmentSession, _entry_id())
        .join(TreatmentSession.formulation)
        .options(
            contains_eager(TreatmentSession.formulation), joinedload(TreatmentSession.recorded_by)
        )
        .where(TreatmentSession.clinic_id == clinic.id, *_conditions(clinic, filters))
        .order_by(*_order(filters))
        .limit(PAGE_SIZE + 1)
    )
    place = _place(after, filters)
    if place is not None:
        statement = statement.where(place)
    rows = [SessionRow(row[0], row[1]) for row in db.session.execute(statement)]
    if len(rows) <= PAGE_SIZE:
        return rows, None
    rows = rows[:PAGE_SIZE]
    last = rows[-1].session
    key = last.planned_on if filters.by_plan else last.occurred_at
    return rows, f"{key.isoformat() if key else ''}_{last.id}"


def _conditions(clinic: Clinic, filters: Filters) -> list[sa.ColumnElement[bool]]:
    if filters.status is None:
        found: list[sa.ColumnElement[bool]] = [
            TreatmentSession.status.in_((SessionStatus.RECORDED, SessionStatus.UNDONE)),
        ]
    else:
        found = [TreatmentSession.status == filters.status]
    if filters.formulation_id is not None:
        found.append(TreatmentSession.formulation_id == filters.formulation_id)
    if filters.patient_reference:
        found.append(TreatmentSession.reference_key == reference_key(filters.patient_reference))
    if filters.first is not None:
        found.append(_from(filters, clinic, filters.first))
    if filters.last is not None:
        found.append(sa.not_(_from(filters, clinic, filters.last + dt.timedelta(days=1))))
    return found


def _from(filters: Filters, clinic: Clinic, day: dt.date) -> sa.ColumnElement[bool]:
    if filters.by_plan:
        return TreatmentSession.planned_on >= day
    return TreatmentSession.occurred_at >= clock.at_hour(day, 0, clinic.timezone)


def _order(filters: Filters) -> tuple[sa.UnaryExpression[Any], sa.UnaryExpression[int]]:
    if filters.by_plan:
        return TreatmentSession.planned_on.asc(), TreatmentSession.id.asc()
    return TreatmentSession.occurred_at.desc(), TreatmentSession.id.desc()


def _place(after: str | None, filters: Filters) -> sa.ColumnElement[bool] | None:
    """Return the condition for rows past ``after``; None for the first page or a broken mark."""
    at, _sign, number = (after or "").rpartition("_")
    row_id = whole(number)
    if row_id is None:
        return None
    try:
        if filters.by_plan:
            day = dt.date.fromisoformat(at)
            return _past(
                TreatmentSession.planned_on > day,
                TreatmentSession.planned_on == day,
                TreatmentSession.id > row_id,
            )
        instant = dt.datetime.fromisoformat(at)
    except ValueError:
        return None
    if instant.tzinfo is None:
        return None
    return _past(
        TreatmentSession.occurred_at < instant,
        TreatmentSession.occurred_at == instant,
        TreatmentSession.id < row_id,
    )


def _past(
    beyond: sa.ColumnElement[bool], level: sa.ColumnElement[bool], tie: sa.ColumnElement[bool]
) -> sa.ColumnElement[bool]:
    return sa.or_(beyond, sa.and_(level, tie))


def formulations_used(clinic: Clinic) -> list[tuple[int, str]]:
    """Return (id, name) of the formulations that ``clinic`` has sessions of, by name."""
    rows = db.session.execute(_formulations_used(), {"clinic_id": clinic.id})
    return [(row.id, row.name) for row in rows]


@cache
def _formulations_used() -> sa.Select[int, str]:
    given_here = sa.exists().where(
        TreatmentSession.formulation_id == Formulation.id,
        TreatmentSession.clinic_id == sa.bindparam("clinic_id"),
    )
    return sa.select(Formulation.id, Formulation.name).where(given_here).order_by(Formulation.name)


def sessions_of_reference(clinic: Clinic, reference: str) -> list[TreatmentSession]:
    """Return the clinic's latest sessions of a patient reference, however it was written."""
    when = sa.func.coalesce(
        sa.func.date(TreatmentSession.occurred_at), sa.func.date(TreatmentSession.planned_on)
    )
    return list(
        db.session.scalars(
            sa.select(TreatmentSession)
            .options(
                joinedload(TreatmentSession.formulation), selectinload(TreatmentSession.overrides)
            )
            .where(
                TreatmentSession.clinic_id == clinic.id,
                TreatmentSession.reference_key == reference_key(reference),
            )
            .order_by(when.desc(), TreatmentSession.id.desc())
            .limit(PAGE_SIZE)
        )
    )


def session_of(clinic: Clinic, session_id: int) -> TreatmentSession | None:
    """Return a session of ``clinic`` with its lines, what its recipe says and its course."""
    return db.session.scalar(
        sa.select(TreatmentSession)
        .options(
            joinedload(TreatmentSession.formulation),
            joinedload(TreatmentSession.recorded_by),
            joinedload(TreatmentSession.course).joinedload(Course.protocol),
            joinedload(TreatmentSession.version)
            .selectinload(FormulationVersion.lines)
            .joinedload(FormulationLine.item),
            selectinload(TreatmentSession.lines).options(
                joinedload(SessionLine.item), joinedload(SessionLine.lot)
            ),
            selectinload(TreatmentSession.overrides),
        )
        .where(TreatmentSession.id == session_id, TreatmentSession.clinic_id == clinic.id)
    )


def overrides_of(session_ids: Collection[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return by session what it was warned of and went on from: (message, reason) each."""
    rows = db.session.execute(
        sa.select(SessionOverride.session_id, SessionOverride.message, SessionOverride.reason)
        .where(SessionOverride.session_id.in_(session_ids))
        .order_by(SessionOverride.id)
    )
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for row in rows:
        found[row.session_id] = (*found.get(row.session_id, ()), (row.message, row.reason))
    return found


def entry_of(session: TreatmentSession) -> Entry | None:
    """Return the entry that recording ``session`` wrote last."""
    return db.session.scalar(
        sa.select(Entry)
        .where(
            Entry.source_type == SESSION_SOURCE,
            Entry.source_id == session.id,
            Entry.kind == EntryKind.SESSION,
        )
        .order_by(Entry.id.desc())
        .limit(1)
    )


def drawn_by_entry(entry_id: int, currency: str) -> list[DrawnRow]:
    """Return what an entry took off the shelves, in the order it was taken.

    ``currency`` is the clinic's own, which its costs are in.
    """
    place = sa.orm.aliased(Location)
    end = sa.orm.aliased(Location)
    rows = db.session.execute(
        sa.select(Move, place.name, end.kind)
        .join(place, place.id == Move.from_location_id)
        .join(end, end.id == Move.to_location_id)
        .options(joinedload(Move.lot).joinedload(Lot.item))
        .where(
            Move.entry_id == entry_id,
            end.kind.in_((LocationKind.PATIENT, LocationKind.WASTE)),
        )
        .order_by(Move.id)
    )
    return [
        DrawnRow(
            item=move.lot.item,
            lot=move.lot,
            place=name,
            quantity=move.quantity,
            cause=move.cause,
            wasted=kind is LocationKind.WASTE,
            worth=Worth.of(currency, move.quantity, move.costed, move.cost_minor),
        )
        for move, name, kind in rows
    ]
