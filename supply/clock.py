"""The one place that reads the clock; everything else is handed ``now``."""

from __future__ import annotations

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

UTC = ZoneInfo("UTC")


def now() -> dt.datetime:
    """Return the present instant in UTC."""
    return dt.datetime.now(dt.UTC)


def is_zone(timezone: str) -> bool:
    """Return whether ``timezone`` is the IANA name of a zone."""
    return timezone in _zones()


def zone(timezone: str) -> ZoneInfo:
    """Return the zone of that IANA name; UTC where there is none.

    A name put in past every check, or one this machine no longer knows, must not close the
    clinic's own pages: they go by UTC and say so.
    """
    return ZoneInfo(timezone) if is_zone(timezone) else UTC


def local_date(instant: dt.datetime, timezone: str) -> dt.date:
    """Return the calendar day of ``instant`` in ``timezone`` (an IANA name)."""
    return instant.astimezone(zone(timezone)).date()


def end_of_day(day: dt.date, timezone: str) -> dt.datetime:
    """Return the instant at which ``day`` ends in ``timezone``, in UTC."""
    following = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), zone(timezone))
    return following.astimezone(dt.UTC)


def at_hour(day: dt.date, hour: int, timezone: str) -> dt.datetime:
    """Return the instant at which the wall clock in ``timezone`` shows ``hour`` on ``day``."""
    return dt.datetime.combine(day, dt.time(hour), zone(timezone)).astimezone(dt.UTC)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
