"""Decisions on the diary: on which days a course's sessions fall, its weeks, and what moved."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from supply.accounts.opening import next_open

DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 3), dt.date(2099, 12, 27)
"""A Monday and a Sunday: the days that the diary has pages for."""

_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(
    # "0.45" is a part of a day that lost its format, not a quarter to one.
    r"(?!0\.)([01]?\d|2[0-3])(?:[:.]([0-5]\d)(?::00)?(?: ?([ap])\.?m\.?)?| ?h ?([0-5]\d)?)",
    re.IGNORECASE | re.ASCII,
)
_MOVE = re.compile(r"(\d{1,18}) ([\d-]{10}) ([\d:]{5}|-) ([\d-]{10}) ([\d:]{5}|-)", re.ASCII)


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


@dataclass(frozen=True, slots=True)
class When:
    """A day, and the time on the clinic's clock where one is known."""

    day: dt.date
    time: dt.time | None

    def __str__(self) -> str:
        """Return it as :func:`read_moves` reads it."""
        return f"{self.day.isoformat()} {self.time.isoformat('minutes') if self.time else '-'}"


@dataclass(frozen=True, slots=True)
class Moved:
    """A session that was moved: when it was booked for, and when it is now."""

    session_id: int
    was: When
    now: When


def written_moves(moves: Sequence[Moved]) -> str:
    """Return moves as the text by which their undoing names them."""
    return ",".join(f"{move.session_id} {move.was} {move.now}" for move in moves)


def read_moves(text: str) -> list[Moved] | None:
    """Return the moves that a text names; None where it names none."""
    moves = []
    for part in text.split(","):
        match = _MOVE.fullmatch(part)
        if match is None:
            return None
        try:
            moves.append(Moved(int(match[1]), _when(match[2], match[3]), _when(match[4], match[5])))
        except ValueError:
            return None
    return moves


def _when(day: str, time: str) -> When:
    return When(dt.date.fromisoformat(day), None if time == "-" else dt.time.fromisoformat(time))


def read_time(text: str) -> dt.time | None:
    """Return the time that a text is ("9:30", "09.30", "2:15 pm", "9h30"); None for any other."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    hour, half = int(match[1]), (match[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return dt.time(hour, int(match[2] or match[4] or 0))


def monday_of(day: dt.date) -> dt.date:
    """Return the first day of the week that ``day`` lies in."""
    return day - dt.timedelta(days=day.weekday())


def week_name(day: dt.date) -> str:
    """Return the name of the week that ``day`` lies in: "2026-W48"."""
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02}"


def read_week(text: str) -> dt.date | None:
    """Return the Monday of a week by its name; None where there is no such week."""
    match = _WEEK.fullmatch(text)
    if match is None:
        return None
    try:
        monday = dt.date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        return None
    return monday if FIRST_DAY <= monday <= LAST_DAY else None


def read_day(text: str) -> dt.date | None:
    """Return a day that the diary has a page for; None for any other text."""
    if not _DAY.fullmatch(text):
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None
