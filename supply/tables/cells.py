"""Cells that are text: what was typed, without what files and spreadsheets put around it."""

from __future__ import annotations

import re

from flask_babel import gettext as _

from supply import text
from supply.tables.shown import Kind, Misleading

LIVE = re.compile(r"'*[=+\-@\t\r]")
"""Beginnings that a spreadsheet may take for a formula."""

_QUOTED_FORMULA = re.compile(r'="([^"]*)"')
_MARKED = re.compile(r"'+ *[\d=+\-@]")
_EXPONENT = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+\d{2,3}|[+-]?\d[.,]\d+E-\d{2,3}", re.IGNORECASE)
_MONTHS = (
    "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mrz|mär|mai|okt|dez|janv|févr|mars|avr|juin"
    "|juil|août|sept|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott"
)
_DAY_AND_MONTH = re.compile(
    rf"\d{{1,2}}[-. ]{{1,2}}(?:{_MONTHS})\.?|(?:{_MONTHS})\.?[-. ]\d{{2}}", re.IGNORECASE
)


def text_of(kind: Kind, cell: str) -> str:
    """Return a text cell as it is kept in a column of ``kind``.

    Takes off ``="…"`` and the apostrophe that mark digits as text, and what cannot be seen.

    Raises:
        Misleading: control characters; a code that a spreadsheet has turned into an exponent
            or a day.
    """
    plain = text.clean(cell)
    if plain[:1] in ("=", "'"):
        plain = _unmarked(kind, plain)
    if text.has_control(plain):
        raise Misleading(_("This cell holds characters that cannot be kept. Retype it."))
    if kind is not Kind.CODE:
        return plain if kind is Kind.TEXT else text.code(plain)
    if "\n" in plain:
        raise Misleading(_("This cell holds more than one line. Keep one."))
    if _EXPONENT.fullmatch(plain) or _DAY_AND_MONTH.fullmatch(plain):
        raise Misleading(
            _("A spreadsheet has changed “%(text)s”. Enter it as text, as printed.", text=plain)
        )
    return text.code(plain)


def _unmarked(kind: Kind, plain: str) -> str:
    if match := _QUOTED_FORMULA.fullmatch(plain):
        return match[1].strip()
    if plain[0] == "'" and (kind is Kind.CODE or _MARKED.match(plain)):
        return plain[1:].strip()
    return plain
