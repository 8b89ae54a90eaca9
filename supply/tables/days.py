"""Days as files write them: year, month, day, in whole numbers; and as spreadsheets save them."""

from __future__ import annotations

import datetime as dt
import enum
import re
from collections.abc import Iterable

from flask_babel import gettext as _

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([./-]) ?(\d{1,2})\2 ?(\d{1,2})\.?", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([./-]) ?(\d{1,2})\2 ?(\d{4})\.?", re.ASCII)
_MONTHS = 12
_UNTOLD = ("America/", "US/", "Pacific/Honolulu", "Pacific/Guam", "Asia/Manila")
"""Time zones where the month is often written first."""
_FIRST_YEAR = 2000
"""Nothing that files are about is older."""


class Order(enum.Enum):
    """Which of day and month stands before the other."""

    DAY_FIRST = "day"
    MONTH_FIRST = "month"


def read_day(cell: str) -> dt.date:
    """Return the day that ``cell`` is; a spreadsheet's own days are written so already.

    Raises:
        ValueError: written otherwise, no such day, or a year before 2000; the message says so.
    """
    if not _DAY.fullmatch(cell):
        raise ValueError(_("Write the date as 2027-01-31 (year, month, day)."))
    try:
        day = dt.date.fromisoformat(cell)
    except ValueError as error:
        raise ValueError(_("There is no such day.")) from error
    if day.year < _FIRST_YEAR:
        # A spreadsheet takes 31.01.30 for 1930.
        raise ValueError(
            _("The year is %(year)s. Write all four digits of it.", year=f"{day.year:04}")
        )
    return day


def usual_order(timezone: str) -> Order | None:
    """Return what people in ``timezone`` write first; None where both are usual."""
    return None if timezone.startswith(_UNTOLD) else Order.DAY_FIRST


def order_of(cells: Iterable[str], usual: Order | None) -> Order | None:
    """Return what the days of a file write first: 23/02 tells, 01/02 does not.

    Where none tells it is what is usual; where some contradict nobody knows.
    """
    told = {order for cell in cells if (order := _told_by(cell))}
    return usual if not told else told.pop() if len(told) == 1 else None


def read_any_day(cell: str, order: Order | None) -> dt.date:
    """Return the day that ``cell`` is, as a spreadsheet anywhere saves it as text.

    With points the day stands first everywhere; else as ``order`` says, where the cell by itself
    does not tell.

    Raises:
        ValueError: as :func:`read_day` does, or it could be one of two days.
    """
    if match := _YEAR_FIRST.fullmatch(cell):
        return _day(match[1], match[3], match[4])
    match = _YEAR_LAST.fullmatch(cell)
    if match is None:
        return read_day(cell)
    first, second = match[1], match[3]
    order = Order.DAY_FIRST if match[2] == "." else _told_by(cell) or order
    if order is None and int(first) != int(second):
        message = _("“%(text)s” could be one of two days. Write it as 2027-01-31.", text=cell)
        raise ValueError(message)
    month, day = (first, second) if order is Order.MONTH_FIRST else (second, first)
    return _day(match[4], month, day)


def _told_by(cell: str) -> Order | None:
    """Return what stands first in a day that can only be written so; points tell of no other."""
    match = _YEAR_LAST.fullmatch(cell)
    if match is None or match[2] == ".":
        return None
    first, second = int(match[1]), int(match[3])
    if first > _MONTHS >= second:
        return Order.DAY_FIRST
    return Order.MONTH_FIRST if second > _MONTHS >= first else None


def _day(year: str, month: str, day: str) -> dt.date:
    return read_day(f"{year}-{month:0>2}-{day:0>2}")
