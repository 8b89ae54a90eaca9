"""What a spreadsheet shows of a cell, and whether that is what it holds.

A number is kept only where what stands on the screen says the same: in a column of text its
digits, in a column of numbers its value. Anything else is refused, for the lot as printed, or
the number as meant, is lost.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply import money
from supply.tables import cells, formats
from supply.tables.kinds import Kind, Misleading

_EXACT_DIGITS = 15
"""Digits of a whole number that a spreadsheet keeps; it loses those beyond."""

_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_PADDED = re.compile(r"0+")
_NUMBER = re.compile(r"[#?0,]*[#?0](?:\.([#?0]+))?|\.([#?0]+)")
_DAY_WRITTEN = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?", re.ASCII)

_DAYS = (Kind.DATE, Kind.MOMENT)

_UNSAYABLE = {"f": _l("This cell is a formula. Paste its value instead."), "e": cells.IS_ERROR}

_LONGEST_NUMBER = 309
"""Digits of the largest number a spreadsheet holds."""

_MINUTES_A_DAY = 24 * 60

_HALF_A_SECOND = Decimal("0.008")
"""Of a minute: a spreadsheet's parts of a day are not exact."""

_MOST_DIGITS = 400
"""The same, with all decimals it can show."""


def text_of(kind: Kind, cell: list[str], *, from_1904: bool) -> str:
    """Return what a cell says in a column of ``kind``, as its format shows it.

    ``cell`` is the kind of cell, its content and its number format; ``from_1904`` says where
    the workbook's dates begin.

    Raises:
        Misleading: a formula, an error, or a value that its format does not show as it is.
    """
    what, raw, form = cell
    if what in _UNSAYABLE:
        raise Misleading(str(_UNSAYABLE[what]))
    if what == "b":
        return _flag(kind, raw)
    if what == "t":
        return _dressed(kind, raw, form)
    if what == "d":
        return _day_of_text(kind, raw, form)
    return _figure(kind, _value(raw), form, from_1904=from_1904)


def _figure(kind: Kind, value: Decimal, form: str, *, from_1904: bool) -> str:
    section = formats.for_number(form, (value > 0) - (value < 0))
    if kind is Kind.TIME:
        return _time_of_number(value, section)
    if section.is_date:
        return _day_of_number(kind, value, section, from_1904=from_1904)
    if kind in (Kind.NUMBER, Kind.MONEY):
        return _number(kind, value, section)
    if kind in (Kind.CODE, Kind.TEXT):
        return _digits(value, form)
    return format(value, "f")


def _value(raw: str) -> Decimal:
    """Return a number as it shows: a spreadsheet knows 15 digits, what follows is noise."""
    raw = raw.strip()
    if not _FLOAT.fullmatch(raw):
        raise Misleading(_("This cell cannot be read. Enter its value again."))
    # A long whole number is written out in full and read as it stands.
    if raw.isdigit() and _EXACT_DIGITS < len(raw) <= _LONGEST_NUMBER:
        return Decimal(raw)
    value = Decimal(format(float(raw), ".15g"))
    if not value.is_finite():
        raise Misleading(str(cells.IS_ERROR))
    return value


def _flag(kind: Kind, raw: str) -> str:
    if kind is not Kind.FLAG:
        message = _("This cell is a yes-or-no value. Format it as text and enter it again.")
        raise Misleading(message)
    return "yes" if raw in ("1", "true") else "no"


def _dressed(kind: Kind, raw: str, form: str) -> str:
    """Return a text whose format may print something else, or nothing."""
    if not formats.shows_text(form):
        message = _("This cell's number format shows something else. Format it as text.")
        raise Misleading(message)
    return cells.text_of(kind, raw)


def _digits(value: Decimal, form: str) -> str:
    """Return a number in a column of text: its digits, with the zeros its format shows."""
    pattern = form.strip()
    whole = value == value.to_integral_value()
    if not whole or value < 0 or value >= 10**_EXACT_DIGITS:
        raise Misleading(_as_printed())
    digits = format(value, "f").partition(".")[0]
    if _PADDED.fullmatch(pattern):
        return digits.zfill(len(pattern))
    if formats.sections(form) not in (formats.sections(""), formats.sections("@")):
        raise Misleading(_as_printed())
    return digits


def _as_printed() -> str:
    message = _(
        "This cell is a number, and may not be what is printed. Format it as text and enter it"
        " again."
    )
    return str(message)


def _number(kind: Kind, value: Decimal, section: formats.Section) -> str:
    """Return a number in a column of numbers, if its format shows all of it."""
    words = section.words.replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    if value == 0 and "-" in words and not section.pattern.strip("?"):
        words = words.replace("-", "")  # accountants write a dash for nothing
        _check_words(value, section, words)
        return "0"
    _check_words(value, section, words)
    if not section.is_general:
        _check_decimals(value, section.pattern)
    shown = format(value, "f")
    return f"{shown} {words}" if words and kind is Kind.MONEY else shown


def _check_words(value: Decimal, section: formats.Section, words: str) -> None:
    """Refuse what is printed beside a number and is neither a currency nor its own sign."""
    own = words.strip("()+-") if value < 0 else words.removeprefix("+")
    if section.strange or (own and not money.is_sign(own)):
        message = _("This cell's number format shows something else. Format it as a number.")
        raise Misleading(message)


def _check_decimals(value: Decimal, pattern: str) -> None:
    match = _NUMBER.fullmatch(pattern)
    if match is None or pattern.endswith(",") or (value == 0 and "0" not in pattern):
        message = _("This cell's number format shows something else. Format it as a number.")
        raise Misleading(message)
    places = len(match[1] or match[2] or "")
    with localcontext(prec=_MOST_DIGITS):
        shown = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    if shown != value:
        raise Misleading(
            _(
                "This cell shows %(shown)s but holds %(held)s. Enter the number that is meant.",
                shown=format(shown, "f"),
                held=format(value, "f"),
            )
        )


def _day_of_number(kind: Kind, value: Decimal, section: formats.Section, *, from_1904: bool) -> str:
    if kind not in _DAYS:
        raise Misleading(_date_instead(kind))
    if not section.is_whole_date or section.strange:
        raise Misleading(_part_of_date())
    begin = dt.date(1904, 1, 1) if from_1904 else dt.date(1899, 12, 30)
    # The 29th of February 1900, which spreadsheets believe in, is day 60.
    if value < 0 or (not from_1904 and value < 61):
        raise Misleading(_("There is no such day."))
    try:
        day = (begin + dt.timedelta(days=int(value))).isoformat()
    except OverflowError as error:
        raise Misleading(_("There is no such day.")) from error
    if kind is Kind.MOMENT and section.shows_hours and value % 1:
        return f"{day} {_hours_of(value % 1)}"
    return day


def _time_of_number(value: Decimal, section: formats.Section) -> str:
    """Return a part of a day as its hours and minutes, if those are what its cell shows."""
    if section.strange or not section.shows_time_alone:
        raise Misleading(_no_time())
    return _hours_of(value)


def _hours_of(value: Decimal) -> str:
    minutes = (value * _MINUTES_A_DAY).quantize(Decimal(1), ROUND_HALF_UP)
    whole = abs(minutes - value * _MINUTES_A_DAY) < _HALF_A_SECOND
    if not whole or not 0 <= minutes < _MINUTES_A_DAY:
        raise Misleading(_no_time())
    hour, minute = divmod(int(minutes), 60)
    return f"{hour:02}:{minute:02}"


def _no_time() -> str:
    return str(_("This cell is not a time of day alone. Write it as 09:30."))


def _day_of_text(kind: Kind, raw: str, form: str) -> str:
    if kind not in _DAYS:
        raise Misleading(_date_instead(kind))
    match = _DAY_WRITTEN.fullmatch(raw)
    section = formats.for_number(form, 1)
    if match is None or not (section.is_general or section.is_whole_date):
        raise Misleading(_part_of_date())
    if kind is Kind.MOMENT:
        return cells.text_of(kind, raw.replace("T", " "))
    return match[1]


def _part_of_date() -> str:
    return str(_("This cell shows only a part of the date. Write it as 2027-01-31."))


def _date_instead(kind: Kind) -> str:
    if kind in (Kind.NUMBER, Kind.MONEY):
        return str(_("This cell is a date. Format it as a number and enter it again."))
    message = _(
        "This cell is a date, and what was typed is lost. Format it as text and enter it again."
    )
    return str(message)
