"""When a clinic is open: its days of the week."""

from __future__ import annotations

import datetime as dt


def is_open(opening_days: int, day: dt.date) -> bool:
    """Return whether a clinic with these ``opening_days`` (bits, Monday lowest) is open on it."""
    return bool(opening_days >> day.weekday() & 1)


def next_open(opening_days: int, day: dt.date) -> dt.date:
    """Return ``day``, or the first day after it on which the clinic is open."""
    while opening_days and not is_open(opening_days, day):
        day += dt.timedelta(days=1)
    return day
