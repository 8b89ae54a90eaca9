"""Cells that are text: what was typed, without what files and spreadsheets put around it."""

from __future__ import annotations

import re

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply import text
from supply.tables.kinds import Kind, Misleading

IS_ERROR = _l("This cell shows an error. Enter its value.")

LIVE = re.compile(r"'*[=+\-@\t\r]")
"""Beginnings that a spreadsheet may take for a formula."""

_QUOTED_FORMULA = re.compile(r'="((?:[^"]|"")*)"')
_ERROR = re.compile(r"#(?:N/[ADB]|NV|Н/Д|[¡¿]?[^\W\d_]+(?:/0)?[!?]|#{2,})", re.IGNORECASE)
"""What spreadsheets in many languages write where a formula failed or a column is too narrow."""

_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?Z?", re.ASCII)
_EXPONENT = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+\d{2,3}|[+-]?\d[.,]\d+E-\d{2,3}", re.IGNORECASE)
_MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mrz|mär|mai|okt|dez|janv|févr|mars|avr|juin"
    "|juil|août|sept|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott|maj|avg|jūn|jūl|fev|out|ian|mei"
    "|sty|lut|kwi|cze|lip|sie|wrz|paź|lis|gru|янв|фев|мар|апр|май|июн|июл|авг|сен|окт|ноя|дек"
)
_DAY_AND_MONTH = re.compile(
    rf"\d{{1,2}}[-. ]{{1,2}}(?:{_MONTHS})\.?|(?:{_MONTHS})\.?[-. ]\d{{2}}", re.IGNORECASE
)


def needs_mark(plain: str) -> bool:
    """Return whether a spreadsheet would take a text for something else, or hide its beginning.

    Such a text is written with an apostrophe before it, which reading takes off again.
    """
    if plain.startswith("'") or LIVE.match(plain):
        return True
    return _ERROR.fullmatch(plain) is not None or _is_changed(plain)


def text_of(kind: Kind, cell: str) -> str:
    """Return a text cell as it is kept in a column of ``kind``.

    Takes off ``="…"`` and the apostrophe that mark digits as text, and what cannot be seen.

    Raises:
        Misleading: control characters; an error that a spreadsheet has written; a code that it
            has turned into an exponent or a day.
    """
    plain = text.clean(cell)
    if text.has_control(plain) or text.has_stack(cell):
        raise Misleading(_("This cell holds characters that cannot be kept. Retype it."))
    marked = _unmarked(kind, plain) if plain[:1] in ("=", "'") else None
    if marked is not None:
        plain = marked
    elif plain.startswith("#") and _ERROR.fullmatch(plain):
        raise Misleading(str(IS_ERROR))
    if kind is Kind.TEXT:
        return plain
    if kind is Kind.CODE:
        if "\n" in plain:
            raise Misleading(_("This cell holds more than one line. Keep one."))
        if marked is None and _is_changed(plain):
            message = _(
                "A spreadsheet has changed “%(text)s”. Enter it as text, as printed.", text=plain
            )
            raise Misleading(message)
    if kind in (Kind.DATE, Kind.MOMENT) and (midnight := _MIDNIGHT.fullmatch(plain)):
        return midnight[1]
    return text.code(plain)


def _is_changed(plain: str) -> bool:
    """Return whether a code looks as spreadsheets write numbers and days: LIP-10 does not."""
    if _EXPONENT.fullmatch(plain):
        return True
    return _DAY_AND_MONTH.fullmatch(plain) is not None and not plain.isupper()


def _unmarked(kind: Kind, plain: str) -> str | None:
    """Return a text without its mark, or None where it has none."""
    if match := _QUOTED_FORMULA.fullmatch(plain):
        return match[1].replace('""', '"').strip()
    rest = plain[1:].strip()
    if plain[0] == "'" and (kind is not Kind.TEXT or needs_mark(rest)):
        return rest
    return None
