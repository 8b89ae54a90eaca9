"""Decisions on courses: which days a protocol names, and on which its sessions fall."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from supply.accounts.opening import next_open
from supply.sentences import say

LAST_DAY = 3_650
"""The latest session day and the longest maintenance interval taken, in days."""


class InvalidDaysError(ValueError):
    """Words that name no session days; the message says what to write."""


def session_days(text: str) -> tuple[int, ...]:
    """Return the days that "0 14 28" names, counted from the first session.

    Raises:
        InvalidDaysError: no days or other words, a day named twice or out of order.
    """
    words = text.replace(",", " ").split()
    if not words or not all(word.isascii() and word.isdigit() for word in words):
        raise InvalidDaysError(say("Name the days with spaces between, such as 0 14 28."))
    days = tuple(int(word[:9]) for word in words)
    if list(days) != sorted(set(days)) or days[-1] > LAST_DAY:
        raise InvalidDaysError(
            say("Name each day once, from the first to the last, up to day %(last)s.",
                last=LAST_DAY)
        )  # fmt: skip
    return days


@dataclass(frozen=True, slots=True)
class Slot:
    """The day a session is planned on, and the day it was meant for."""

    day: dt.date
    meant: dt.date

    @property
    def shifted(self) -> bool:
        """Whether the clinic was closed on the day it was meant for."""
        return self.day != self.meant


def slots(wanted: Sequence[dt.date], opening_days: int) -> list[Slot]:
    """Return where sessions meant for the ``wanted`` days go: each to the next open day.

    Later days are counted from the start, not from a session that was shifted; two sessions
    never end on one day.
    """
    found: list[Slot] = []
    for meant in wanted:
        day = next_open(opening_days, meant)
        if found and day <= found[-1].day and meant > found[-1].meant:
            day = next_open(opening_days, found[-1].day + dt.timedelta(days=1))
        found.append(Slot(day, meant))
    return found
