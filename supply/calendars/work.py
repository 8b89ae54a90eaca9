"""Reading clinics' calendars as they are due: each by itself, and none inside a transaction."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.calendars import feeds, following, reading
from supply.calendars.models import CalendarFeed
from supply.calendars.reading import Rule, Sifted
from supply.calendars.refusals import FeedError
from supply.calendars.terms import ReferenceMark, Trouble
from supply.clock import local_date
from supply.db import db, transaction
from supply.outage import outage_of

log = logging.getLogger(__name__)

AT_A_TIME = 20
"""Calendars of one run, so that other jobs get their turn; the rest is due in the next."""

Fetch = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class _Due:
    """What is to be known of a calendar while no transaction is open."""

    clinic_id: int
    address: str
    mark: ReferenceMark
    rules: list[Rule]
    timezone: str


def run(now: dt.datetime, fetch: Fetch, stop: threading.Event | None = None) -> dict[str, int]:
    """Read the calendars that are due; return how many were read, and how many were not.

    One that cannot be read, or whose events cannot be booked, stops no other: its clinic's people
    see why.
    """
    counts: Counter[str] = Counter()
    for clinic_id in _due_ones(now):
        if stop is not None and stop.is_set():
            break
        due = _claimed(clinic_id, now)
        if due is not None:
            counts["read" if _read(due, fetch, now) else "failed"] += 1
    return dict(counts)


def _due_ones(now: dt.datetime) -> list[int]:
    query = (
        sa.select(CalendarFeed.clinic_id)
        .where(CalendarFeed.next_at <= now)
        .order_by(CalendarFeed.next_at)
        .limit(AT_A_TIME)
    )
    found = list(db.session.scalars(query))
    db.session.rollback()
    return found


def _claimed(clinic_id: int, now: dt.datetime) -> _Due | None:
    with transaction():
        feed = feeds.claim(clinic_id, now)
        if feed is None:
            return None
        rules = [Rule(rule.words, rule.formulation_id) for rule in feed.rules]
        return _Due(clinic_id, feed.address, feed.mark, rules, feed.clinic.timezone)


def _read(due: _Due, fetch: Fetch, now: dt.datetime) -> bool:
    """Read one calendar and make the diary agree with it; return whether that was done."""
    window = following.window_from(local_date(now, due.timezone))
    try:
        found, whole = _sifted(due, fetch, window)
        with transaction():
            clinic = db.session.get_one(Clinic, due.clinic_id)
            following.follow(clinic, found, window, whole=whole, now=now)
            feeds.note_read(due.clinic_id, now)
    except FeedError as error:
        _note(due, error.trouble, now)
        return False
    except Exception as error:
        if outage_of(error) is not None:
            raise
        # Neither the address nor a title may be in a log, and a message may have either.
        log.error("the calendar of clinic %s failed: %s", due.clinic_id, type(error).__name__)
        _note(due, Trouble.OURS, now)
        return False
    return True


def _sifted(due: _Due, fetch: Fetch, window: following.Window) -> tuple[dict[str, Sifted], bool]:
    """Return what is kept of a calendar's events, and whether all was read; titles end here."""
    content = fetch(due.address)
    found = reading.read(content, window.first, window.last, due.timezone)
    return reading.sift(found.events, due.rules, due.mark), found.whole


def _note(due: _Due, trouble: Trouble, now: dt.datetime) -> None:
    with transaction():
        feeds.note_trouble(due.clinic_id, trouble, now)
