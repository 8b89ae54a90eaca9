"""Days as files write them: year, month, day, in whole numbers."""

from __future__ import annotations

import datetime as dt
import re

from flask_babel import gettext as _

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_FIRST_YEAR = 2000
"""Nothing that files are about is older."""


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
