"""What a spreadsheet shows of a cell, and whether that is what it holds.

A number is kept only where what stands on the screen says the same: in a column of text its
digits, in a column of numbers its value. Anything else is refused, for the lot as printed, or
the number as meant, is lost.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from flask_babel import gettext as _


class Kind(enum.StrEnum):
    """What a column holds."""

    CODE = "code"
    """Typed to mean one thing, character by character: SKUs, lots, GTINs."""
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"
    """Yes or no."""


_EXACT_DIGITS = 15
"""Digits of a whole number that a spreadsheet keeps; it loses those beyond."""

_NOISE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?:\$[^\]]*|Black|Blue|Cyan|Green|Magenta|Red|White|'
                    r"Yellow|Color ?\d+)\]", re.IGNORECASE)  # fmt: skip
_PLAIN = re.compile(r"(?:General|Standard|@|0|#)?", re.IGNORECASE)
_PADDED = re.compile(r"0+")
_NUMBER = re.compile(r"[#0,]*[#0](?:\.([#0]+))?")
_DATE_LETTERS = re.compile(r"[dmyge]", re.IGNORECASE)


class Misleading(ValueError):
    """A cell whose content is not what is meant; the message says what to do."""


def text_of(kind: Kind, cell: list[str], *, from_1904: bool) -> str:
    """Return what a cell that is no text says in a column of ``kind``.

    ``cell`` is the kind of cell, its content and its number format; ``from_1904`` says where
    the workbook's dates begin.

    Raises:
        Misleading: a formula, an error, or a value that its format does not show as it is.
    """
    what, raw, form = cell
    if what == "f":
        raise Misleading(_("This cell is a formula. Paste its value instead."))
    if what == "e":
        raise Misleading(_("This cell shows an error. Enter its value."))
    if what == "b":
        return _flag(kind, raw)
    if what == "d":
        return _day_of_text(kind, raw)
    value = _value(raw)
    if _is_date(form):
        return _day_of_number(kind, value, form, from_1904=from_1904)
    if kind is Kind.NUMBER:
        return _number(value, form)
    if kind in (Kind.CODE, Kind.TEXT):
        return _digits(value, form)
    return format(value, "f")


def _value(raw: str) -> Decimal:
    """Return a number as it shows: a spreadsheet knows 15 digits, what follows is noise."""
    try:
        number = float(raw)
        value = Decimal(format(number, ".15g"))
    except (ValueError, InvalidOperation) as error:
        raise Misleading(_("This cell cannot be read. Enter its value again.")) from error
    if not value.is_finite():
        raise Misleading(_("This cell shows an error. Enter its value."))
    # A long whole number is written out in full and read as it stands.
    if raw.isascii() and raw.isdigit() and len(raw) > _EXACT_DIGITS:
        return Decimal(raw)
    return value


def _flag(kind: Kind, raw: str) -> str:
    if kind is not Kind.FLAG:
        message = _("This cell is a yes-or-no value. Format it as text and enter it again.")
        raise Misleading(message)
    return "yes" if raw in ("1", "true") else "no"


def _digits(value: Decimal, form: str) -> str:
    """Return a number in a column of text: its digits, with the zeros its format shows."""
    bare = _bare(form)
    whole = value == value.to_integral_value()
    if not whole or value < 0 or value >= 10**_EXACT_DIGITS:
        raise Misleading(_as_printed())
    if _PADDED.fullmatch(bare) and bare == form.strip():
        return format(value, "f").partition(".")[0].zfill(len(bare))
    if not _PLAIN.fullmatch(bare) or bare != form.strip():
        raise Misleading(_as_printed())
    return str(int(value))


def _as_printed() -> str:
    message = _(
        "This cell is a number, and may not be what is printed. Format it as text and enter it"
        " again."
    )
    return str(message)


def _number(value: Decimal, form: str) -> str:
    """Return a number in a column of numbers, if its format shows all of it."""
    bare = _bare(form.partition(";")[0]).strip()
    if not form or (bare and _PLAIN.fullmatch(bare) and bare not in ("0", "#")):
        return format(value, "f")
    match = _NUMBER.fullmatch(_without_currency(bare))
    if match is None or bare.endswith(","):
        message = _("This cell's number format shows something else. Format it as a number.")
        raise Misleading(message)
    shown = value.quantize(Decimal(1).scaleb(-len(match[1] or "")), ROUND_HALF_UP)
    if shown != value:
        raise Misleading(
            _(
                "This cell shows %(shown)s but holds %(held)s. Enter the number that is meant.",
                shown=format(shown, "f"),
                held=format(value, "f"),
            )
        )
    return format(value, "f")


def _bare(form: str) -> str:
    """Return a number format without colours, quoted words, fillers and currencies."""
    return _NOISE.sub("", form)


def _without_currency(bare: str) -> str:
    return bare.strip(" ()-+$€£¥\u00a0\u202f")


def _is_date(form: str) -> bool:
    first = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", form.partition(";")[0])
    if _PLAIN.fullmatch(first.strip()):
        return False
    return bool(_DATE_LETTERS.search(first.replace("General", ""))) or "h" in first.lower()


def _day_of_number(kind: Kind, value: Decimal, form: str, *, from_1904: bool) -> str:
    if kind is not Kind.DATE:
        raise Misleading(_date_instead(kind))
    letters = set(re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", form).lower())
    if "d" not in letters or "m" not in letters or not letters & {"y", "e"}:
        message = _("This cell shows only a part of the date. Write it as 2027-01-31.")
        raise Misleading(message)
    begin = dt.date(1904, 1, 1) if from_1904 else dt.date(1899, 12, 30)
    days = int(value)
    # The 29th of February 1900, which spreadsheets believe in, is day 60.
    if not from_1904 and days <= 60:
        raise Misleading(_("There is no such day."))
    try:
        return (begin + dt.timedelta(days=days)).isoformat()
    except OverflowError as error:
        raise Misleading(_("There is no such day.")) from error


def _day_of_text(kind: Kind, raw: str) -> str:
    if kind is not Kind.DATE:
        raise Misleading(_date_instead(kind))
    return raw.partition("T")[0]


def _date_instead(kind: Kind) -> str:
    if kind is Kind.NUMBER:
        return str(_("This cell is a date. Format it as a number and enter it again."))
    message = _(
        "This cell is a date, and what was typed is lost. Format it as text and enter it again."
    )
    return str(message)
