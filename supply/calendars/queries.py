"""Reading what a clinic's calendar has brought."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.calendars.models import CalendarEvent, CalendarFeed
from supply.calendars.terms import EventState
from supply.db import db
from supply.web import waiting

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Queue:
    """Events that wait for a person, the next first; ``more`` are not among them."""

    events: Sequence[CalendarEvent]
    more: int


def feed_of(clinic: Clinic) -> CalendarFeed | None:
    """Return the calendar that a clinic follows, with its rules."""
    query = sa.select(CalendarFeed).where(CalendarFeed.clinic_id == clinic.id)
    return db.session.scalars(query).one_or_none()


def counted(clinic: Clinic, today: dt.date) -> dict[EventState, int]:
    """Return how many events from ``today`` on are in each state."""
    rows = db.session.execute(
        sa.select(CalendarEvent.state, sa.func.count())
        .where(CalendarEvent.clinic_id == clinic.id, CalendarEvent.day >= today)
        .group_by(CalendarEvent.state)
    )
    return {state: count for state, count in rows}  # noqa: C416 - a row is no pair to mypy


def waiting_events(clinic: Clinic, today: dt.date) -> Queue:
    """Return the events from ``today`` on that wait for a person."""
    found = db.session.scalars(
        sa.select(CalendarEvent)
        .where(
            CalendarEvent.clinic_id == clinic.id,
            CalendarEvent.state == EventState.WAITING,
            CalendarEvent.day >= today,
        )
        .order_by(
            CalendarEvent.day, CalendarEvent.time.is_(None), CalendarEvent.time, CalendarEvent.id
        )
    ).all()
    return Queue(found[:SHOWN], len(found) - min(len(found), SHOWN))


@waiting.counts("diary.diary")
def _waiting() -> waiting.Count:
    return (
        sa.select(sa.func.count())
        .where(
            CalendarEvent.clinic_id == waiting.HERE,
            CalendarEvent.state == EventState.WAITING,
            CalendarEvent.day >= waiting.TODAY,
        )
        .scalar_subquery()
    )
