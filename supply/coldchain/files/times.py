"""Days and times as loggers write them, in whichever order; and instants on a clinic's clock."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 2000, 2099
RECENT = dt.timedelta(days=400)
FAR = 20
"""Days between two readings that follow one another which tell of a wrong order."""


class Order(StrEnum):
    """In which order a day is written."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
_DAY = re.compile(r"(\d{1,4})([./\-])(\d{1,2})\2(\d{1,4})", re.ASCII)
_NAMED = re.compile(r"(\d{1,2})[\s.\-/]*([a-z]{3})[a-z]*\.?[\s,.\-/]*(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([a-z]{3})[a-z]*\.?[\s\-]*(\d{1,2})(?:st|nd|rd|th)?,?[\s\-]*(\d{4})")
_TIME = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,]\d{1,9})?)?\s*(?:([ap])\.?\s?m\.?)?",
    re.ASCII,
)
_OFFSET = re.compile(r"\s*(?:(z|utc|gmt)|(?:gmt|utc)?\s*([+\-−])(\d{2}):?(\d{2})?)")
_IN_HEADING = re.compile(r"(?:gmt|utc)\s*([+\-−])\s*(\d{1,2})(?::?(\d{2}))?")


class Parts(NamedTuple):
    """A day by its three numbers as written, and the order where a name or four digits tell."""

    first: int
    second: int
    third: int
    order: Order | None


class Written(NamedTuple):
    """A time as it is written: its day, its clock, and its offset in minutes if it says one."""

    day: Parts
    clock: dt.time
    offset: int | None = None


@lru_cache(4096)
def read_day(cell: str) -> Parts | None:
    """Return a day as written; None where the cell is none."""
    text = cell.strip().lower()
    match = _DAY.fullmatch(text)
    if match:
        first, sign, second, third = match[1], match[2], int(match[3]), match[4]
        if len(first) > 2:
            return Parts(int(first), second, int(third), Order.YMD) if len(third) < 3 else None
        if len(third) == 3:
            return None
        order = Order.DMY if sign == "." and len(third) == 4 else None
        return Parts(int(first), second, int(third), order)
    if (match := _NAMED.fullmatch(text)) and match[2] in _MONTHS:
        return Parts(int(match[1]), _MONTHS[match[2]], int(match[3]), Order.DMY)
    if (match := _NAMED_FIRST.fullmatch(text)) and match[1] in _MONTHS:
        return Parts(_MONTHS[match[1]], int(match[2]), int(match[3]), Order.MDY)
    return None


@lru_cache(4096)
def read_clock(cell: str) -> tuple[dt.time, int | None] | None:
    """Return a time of day and the offset behind it; None where the cell is none."""
    text = cell.strip().lower()
    match = _TIME.match(text)
    if match is None:
        return None
    offset = _offset(text[match.end() :])
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[4] == "p" else 0)
    if offset is False or hour > 23 or minute > 59 or second > 59:
        return None
    return dt.time(hour, minute, second), offset


_MIDNIGHT = re.compile(r"(?<!\d)24([:.h])00(?:\1?00)?\s*$", re.ASCII | re.IGNORECASE)


def ends_the_day(cell: str) -> tuple[str, bool]:
    """Return a time with 24:00 as 00:00, and whether that is the next day's."""
    found = _MIDNIGHT.search(cell)
    return (f"{cell[: found.start()]}00:00", True) if found else (cell, False)


def _offset(rest: str) -> int | bool | None:
    """Return minutes from UTC; None without any, False where what follows is something else."""
    if not rest.strip():
        return None
    match = _OFFSET.fullmatch(rest)
    if match is None:
        return False
    return 0 if match[1] else _minutes(match[2], match[3], match[4])


def _minutes(sign: str, hours: str, minutes: str | None) -> int:
    whole = int(hours) * 60 + int(minutes or 0)
    return whole if sign == "+" else -whole


def offset_in_heading(heading: str) -> int | None:
    """Return the offset that a heading names, in minutes: "Date Time, GMT-05:00"."""
    match = _IN_HEADING.search(heading.lower())
    return _minutes(match[1], match[2], match[3]) if match else None


def read_both(cell: str) -> Written | None:
    """Return a day and time written in one cell; None where it holds something else."""
    text = cell.strip().replace("T", " ", 1) if cell[:4].isdigit() else cell.strip()
    text = text.replace("t", " ", 1) if text[:4].isdigit() and text[10:11] == "t" else text
    words = text.replace(",", " ").split()
    for cut in range(min(len(words) - 1, 4), 0, -1):
        day = read_day(" ".join(words[:cut]))
        clock = read_clock(" ".join(words[cut:])) if day else None
        if day and clock:
            return Written(day, *clock)
    return None


def date_of(parts: Parts, order: Order) -> dt.date | None:
    """Return the day that ``parts`` are in an order; None where there is no such day."""
    order = parts.order or order
    numbers = {
        Order.YMD: (parts.first, parts.second, parts.third),
        Order.DMY: (parts.third, parts.second, parts.first),
        Order.MDY: (parts.third, parts.first, parts.second),
    }
    year, month, day = numbers[order]
    year += 2000 if year < 100 else 0
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def orders_of(days: Sequence[Parts], today: dt.date) -> list[Order]:
    """Return the orders in which ``days`` make sense, the likeliest first; one: it is certain.

    A day that does not exist tells, and one that lies ahead. So does a jump: readings follow one
    another, and in the wrong order months pass between two of them.
    """
    told = {one.order for one in days if one.order}
    if len(told) == 1 and all(one.order for one in days):
        return list(told)
    latest = today + dt.timedelta(days=1)
    possible = {}
    for order in Order:
        dates = [date for one in days if (date := date_of(one, order))]
        if dates and len(dates) == len(days) and max(dates) <= latest:
            possible[order] = dates
    recent = [order for order in possible if max(possible[order]) > latest - RECENT]
    orders = sorted(recent or possible, key=lambda order: _jump(possible[order]))
    if len(orders) > 1:
        near, far = (_jump(possible[order]) for order in orders[:2])
        if far > max(3 * near, FAR):
            return orders[:1]
    return orders


def _jump(dates: Sequence[dt.date]) -> int:
    """Return the most days between two that follow one another."""
    return max((abs((b - a).days) for a, b in pairwise(dates)), default=0)


def instants(
    local: Iterable[dt.datetime], zone: ZoneInfo, offset: int | None
) -> Iterator[dt.datetime]:
    """Yield the instants of times on a clock, which are in order.

    With an ``offset`` (minutes) that is theirs; otherwise they are the zone's. An hour that the
    clock shows twice, when summer time ends, is the first until the clock goes back or the
    instant would not follow, then the second. A time that it never shows is read as if it had
    not been put forward yet.
    """
    fixed = None if offset is None else dt.timezone(dt.timedelta(minutes=offset))
    before: dt.datetime | None = None
    shown: dt.datetime | None = None
    for one in local:
        if fixed is not None:
            at = one.replace(tzinfo=fixed).astimezone(dt.UTC)
        else:
            at = one.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
            later = one.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)
            twice = later > at
            if twice and before is not None and shown is not None and (at <= before or one < shown):
                at = later
        yield at
        before, shown = at, one
