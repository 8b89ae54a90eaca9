"""Decisions on the diary: on which days the sessions of a course fall."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from supply.accounts.opening import next_open


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
