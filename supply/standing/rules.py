"""When a standing order is due: dates on the clinic's calendar, no clock. Pure."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from supply.standing.terms import Every

MOST_EVERY = 52
"""Most weeks or months between two."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Every so many weeks on a weekday (Monday is 0), or months on a day (1 to 31).

    A month without that day has it on its last. Counted from ``starts_on``, which it never comes
    before; after ``ends_on`` it does not come any more.
    """

    every: Every
    count: int
    on: int
    starts_on: dt.date
    ends_on: dt.date | None = None

    def dates(self) -> Iterator[dt.date]:
        """Yield every date on which it is due, in order; without end if it has none."""
        for day in self._weekly() if self.every is Every.WEEKS else self._monthly():
            if self.ends_on is not None and day > self.ends_on:
                return
            yield day

    def _weekly(self) -> Iterator[dt.date]:
        day = self.starts_on + dt.timedelta(days=(self.on - self.starts_on.weekday()) % 7)
        while day.year < dt.MAXYEAR - 1:
            yield day
            day += dt.timedelta(weeks=self.count)

    def _monthly(self) -> Iterator[dt.date]:
        first = 0 if _in_month(self.starts_on, 0, self.on) >= self.starts_on else 1
        months = first
        while self.starts_on.year + (months // 12) < dt.MAXYEAR - 1:
            yield _in_month(self.starts_on, months, self.on)
            months += self.count


def _in_month(start: dt.date, months: int, day: int) -> dt.date:
    """Return a day of the month so many after that of ``start``, its last if it has no such."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1]))


def next_due(rhythm: Rhythm, after: dt.date) -> dt.date | None:
    """Return the first date after ``after`` on which it is due; None where there is none."""
    return next((day for day in rhythm.dates() if day > after), None)


def last_due(rhythm: Rhythm, first: dt.date, today: dt.date) -> dt.date:
    """Return the last date from ``first`` to ``today`` on which it is due.

    What was missed before it, while nothing ran, is not made up for: one order, not five.
    """
    found = first
    for day in rhythm.dates():
        if day > today:
            break
        found = max(found, day)
    return found
