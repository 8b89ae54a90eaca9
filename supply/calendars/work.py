"""Reading clinics' calendars as they are due: each by itself, and none inside a transaction."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
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

BESIDE = 4
"""Calendars fetched beside one another."""

Fetch = Callable[[str], bytes]
"""Returns what stands at an address; called beside others, with no application context."""


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

    A few are fetched beside one another, so that one that hangs holds up no other. One that
    cannot be read, or whose events cannot be booked, stops no other: its clinic's people see why.
    """
    counts: Counter[str] = Counter()
    with ThreadPoolExecutor(BESIDE) as pool:
        for due, content in _fetched(pool, _due_ones(now), fetch, now, stop):
            counts["read" if _read(due, content, now) else "failed"] += 1
    return dict(counts)


def _fetched(
    pool: Executor,
    clinic_ids: Iterable[int],
    fetch: Fetch,
    now: dt.datetime,
    stop: threading.Event | None,
) -> Iterator[tuple[_Due, Future[bytes]]]:
    """Claim calendars as there is room to fetch them; yield each when its fetch has ended."""
    waiting: dict[Future[bytes], _Due] = {}
    left = iter(clinic_ids)
    while True:
        while len(waiting) < BESIDE and not (stop is not None and stop.is_set()):
            clinic_id = next(left, None)
            if clinic_id is None:
                break
            due = _claimed(clinic_id, now)
            if due is not None:
                waiting[pool.submit(fetch, due.address)] = due
        if not waiting:
            return
        ended, _others = wait(waiting, return_when=FIRST_COMPLETED)
        for content in ended:
            yield waiting.pop(content), content


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


def _read(due: _Due, content: Future[bytes], now: dt.datetime) -> bool:
    """Make the diary agree with a calendar that was fetched; return whether that was done."""
    window = following.window_from(local_date(now, due.timezone))
    try:
        found, whole = _sifted(due, content.result(), window)
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


def _sifted(due: _Due, content: bytes, window: following.Window) -> tuple[dict[str, Sifted], bool]:
    """Return what is kept of a calendar's events, and whether all was read; titles end here."""
    found = reading.read(content, window.first, window.last, due.timezone)
    return reading.sift(found.events, due.rules, due.mark), found.whole


def _note(due: _Due, trouble: Trouble, now: dt.datetime) -> None:
    with transaction():
        feeds.note_trouble(due.clinic_id, trouble, now)
