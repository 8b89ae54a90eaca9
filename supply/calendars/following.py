"""Making what is booked at a clinic agree with its own calendar.

An event that the calendar has changed changes its session; one that it has not is left alone,
so what people here do with a session stands until the calendar says something new of it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.actor import SYSTEM, Actor
from supply.calendars.models import CalendarEvent
from supply.calendars.reading import Sifted
from supply.calendars.terms import EventState
from supply.db import db
from supply.diary.bookings import Booking, take_in
from supply.formulations.models import Formulation, FormulationVersion
from supply.treatments.terms import SessionStatus

DAYS_AHEAD = 120
KEPT_FOR = dt.timedelta(days=30)
"""How long after its day an event is known here."""

_STATUS = {EventState.BOOKED: SessionStatus.PLANNED}


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a calendar that are followed, both with it."""

    first: dt.date
    last: dt.date


def window_from(today: dt.date) -> Window:
    """Return which days are followed on ``today``."""
    return Window(today, today + dt.timedelta(days=DAYS_AHEAD))


def external_id(key: str) -> str:
    """Return how the diary calls a booking that stands for an event."""
    return f"calendar-{key}"


def follow(
    clinic: Clinic,
    found: Mapping[str, Sifted],
    window: Window,
    *,
    whole: bool = True,
    now: dt.datetime,
) -> dict[str, int]:
    """Book, change and cancel at ``clinic`` what its calendar says: all of it, or none.

    Of an event only what was sifted is kept. One without a formulation or a patient reference
    waits for a person. One that is no longer in the ``whole`` of a calendar is
    cancelled. Locks the clinic's events, then its sessions, in primary-key order. Returns how
    many events are in each state.
    """
    known = _known(clinic, found, window)
    usable = _usable(clinic.practice_id)
    changed: list[CalendarEvent] = []
    for key, one in found.items():
        event = known.get(key)
        if event is None and not one.cancelled:
            event = _new(clinic, one)
        if event is not None and one.sequence >= event.sequence and _take(event, one, usable):
            changed.append(event)
    if whole:
        changed += _vanished(known, found, window)
    _book(clinic, changed, usable, SYSTEM, now)
    old = sa.delete(CalendarEvent).where(
        CalendarEvent.clinic_id == clinic.id, CalendarEvent.day < window.first - KEPT_FOR
    )
    db.session.execute(old)
    return _counted(clinic, window)


def _known(clinic: Clinic, found: Mapping[str, Sifted], window: Window) -> dict[str, CalendarEvent]:
    rows = db.session.scalars(
        sa.select(CalendarEvent)
        .where(
            CalendarEvent.clinic_id == clinic.id,
            sa.or_(CalendarEvent.day >= window.first, CalendarEvent.key.in_(list(found))),
        )
        .order_by(CalendarEvent.id)
        .with_for_update()
    )
    return {event.key: event for event in rows}


def _usable(practice_id: int) -> dict[int, str]:
    """Return the codes of the practice's formulations that can be given, by id."""
    said = sa.exists().where(FormulationVersion.formulation_id == Formulation.id)
    rows = db.session.execute(
        sa.select(Formulation.id, Formulation.code).where(
            Formulation.practice_id == practice_id, Formulation.archived_at.is_(None), said
        )
    )
    return {row.id: row.code for row in rows}


def _new(clinic: Clinic, one: Sifted) -> CalendarEvent:
    event = CalendarEvent(
        clinic_id=clinic.id,
        key=one.key,
        sequence=one.sequence,
        day=one.day,
        time=one.time,
        state=EventState.GONE,
    )
    db.session.add(event)
    return event


def _take(event: CalendarEvent, one: Sifted, usable: Collection[int]) -> bool:
    """Make an event say what the calendar does; return whether its session has to follow."""
    before = _booked_as(event)
    event.sequence, event.day, event.time = one.sequence, one.day, one.time
    event.formulation_id = one.formulation_id or event.formulation_id
    event.reference = one.reference or event.reference
    if event.state is not EventState.IGNORED:
        event.state = EventState.GONE if one.cancelled else state_of(event, usable)
    return _booked_as(event) != before


def state_of(event: CalendarEvent, usable: Collection[int]) -> EventState:
    """Return whether all is known of an event that a session needs."""
    whole = event.formulation_id in usable and event.reference
    return EventState.BOOKED if whole else EventState.WAITING


def _booked_as(event: CalendarEvent) -> tuple[object, ...] | None:
    """Return what a session would say of an event; None where there is none for it."""
    if event.state is not EventState.BOOKED:
        return None
    return event.day, event.time, event.formulation_id, event.reference


def _vanished(
    known: Mapping[str, CalendarEvent], found: Mapping[str, Sifted], window: Window
) -> list[CalendarEvent]:
    """Note what is no longer in the calendar; return those a session stood for."""
    gone = []
    for key, event in known.items():
        if key not in found and window.first <= event.day <= window.last:
            if event.state is EventState.BOOKED:
                gone.append(event)
            if event.state is not EventState.IGNORED:
                event.state = EventState.GONE
    return gone


def _book(
    clinic: Clinic,
    events: Iterable[CalendarEvent],
    usable: Mapping[int, str],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Say to the diary what has become of ``events``."""
    db.session.flush()
    wanted = [
        Booking(
            external_id=external_id(event.key),
            patient_reference=event.reference,
            formulation=usable[event.formulation_id],
            day=event.day,
            time=event.time,
            status=_STATUS.get(event.state, SessionStatus.CANCELLED),
        )
        for event in events
        if event.reference and event.formulation_id is not None and event.formulation_id in usable
    ]
    if wanted:
        take_in(clinic, wanted, actor=actor, now=now)


def _counted(clinic: Clinic, window: Window) -> dict[str, int]:
    rows = db.session.execute(
        sa.select(CalendarEvent.state, sa.func.count())
        .where(CalendarEvent.clinic_id == clinic.id, CalendarEvent.day >= window.first)
        .group_by(CalendarEvent.state)
    )
    return {state.value: count for state, count in rows}


def book_event(clinic: Clinic, event: CalendarEvent, *, actor: Actor, now: dt.datetime) -> bool:
    """Book an event that now has all it needs; return whether it had."""
    usable = _usable(clinic.practice_id)
    event.state = state_of(event, usable)
    if event.state is not EventState.BOOKED:
        return False
    _book(clinic, [event], usable, actor, now)
    return True
