"""Between which moments losses are looked at, on a clinic's calendar: pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from supply.clock import end_of_day, local_date

A_DAY: Final = dt.timedelta(days=1)
A_QUARTER: Final = 91
"""Days that are looked at where nobody says how many."""


@dataclass(frozen=True, slots=True)
class Period:
    """Between which moments, the second not with it."""

    since: dt.datetime
    until: dt.datetime

    def days(self, timezone: str) -> tuple[dt.date, dt.date]:
        """Return its first and last day."""
        return local_date(self.since, timezone), local_date(self.until - A_DAY, timezone)


def period_of(
    first: dt.date | None, last: dt.date | None, timezone: str, now: dt.datetime
) -> Period:
    """Return the period between two days of a clinic, both with it; up to today unless said.

    What is an instant already is left as it is.
    """
    ends = last or local_date(now, timezone)
    day = local_date(ends, timezone) if isinstance(ends, dt.datetime) else ends
    begins = first or day - A_DAY * (A_QUARTER - 1)
    since = begins if isinstance(begins, dt.datetime) else end_of_day(begins - A_DAY, timezone)
    until = ends if isinstance(ends, dt.datetime) else end_of_day(ends, timezone)
    return Period(since, until)
