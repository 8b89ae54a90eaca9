"""The one place that reads the clock; everything else is handed ``now``."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def now() -> dt.datetime:
    """Return the present instant in UTC."""
    return dt.datetime.now(dt.UTC)


def local_date(instant: dt.datetime, timezone: str) -> dt.date:
    """Return the calendar day of ``instant`` in ``timezone`` (an IANA name)."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def end_of_day(day: dt.date, timezone: str) -> dt.datetime:
    """Return the instant at which ``day`` ends in ``timezone``, in UTC."""
    following = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(timezone))
    return following.astimezone(dt.UTC)


def at_hour(day: dt.date, hour: int, timezone: str) -> dt.datetime:
    """Return the instant at which the wall clock in ``timezone`` shows ``hour`` on ``day``."""
    return dt.datetime.combine(day, dt.time(hour), ZoneInfo(timezone)).astimezone(dt.UTC)
