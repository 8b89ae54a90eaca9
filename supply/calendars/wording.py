"""Calendars in words: why one is not read, and where a patient reference stands in a title."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.calendars.terms import ReferenceMark, Trouble

TROUBLES: Mapping[Trouble, LazyString] = {
    Trouble.ADDRESS: _l("No calendar may be read from this address. Paste a secret https address."),
    Trouble.AWAY: _l("The calendar could not be reached in time."),
    Trouble.REFUSED: _l("The address is no longer good. Paste the calendar's present one."),
    Trouble.TOO_LARGE: _l("The calendar is too large to be read."),
    Trouble.NO_CALENDAR: _l("What stands at the address is no calendar in iCal format."),
    Trouble.EMPTY: _l("The calendar is empty, so nothing was cancelled for it."),
    Trouble.OURS: _l("The calendar was read, and its bookings could not be kept."),
}

MARKS: Mapping[ReferenceMark, LazyString] = {
    ReferenceMark.HASH: _l("After a #, as in “Biorevitalisation #A-102”"),
    ReferenceMark.SQUARE: _l("In square brackets, as in “Biorevitalisation [A-102]”"),
    ReferenceMark.ROUND: _l("In round brackets, as in “Biorevitalisation (A-102)”"),
}
