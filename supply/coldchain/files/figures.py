"""Temperatures as loggers write them: point or comma, with or without a unit beside."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import lru_cache

COLDEST, WARMEST = -10_000, 10_000

_NUMBER = re.compile(
    r"([+\-−–]?)\s*(\d{1,4}(?:[.,]\d{1,9})?|[.,]\d{1,9})\s*"
    r"(°\s*[CF]|º\s*[CF]|℃|℉|deg\.?\s*[CF]|[CF]|Celsius|Fahrenheit)?"
    r"(?:\s*[*!↑↓▲▼]|\s+(?:hi|lo|high|low|h|l|alarm))?",
    re.IGNORECASE,
)
_NO_READING = re.compile(
    r"[\-–—_*?#.]+(?:[.,][\-–—_*?#]+)?|#?n/?[ac]\.?|nan|null|none|nil|e(?:rr(?:or)?)?[\s.\-]?\d{0,3}"
    r"|ol|open|short|hi|lo|high|low|(?:over|under)\s?(?:flow|range)?|fault|fail(?:ed|ure)?|missing|invalid"
    r"|(?:no|bad)\s(?:data|reading|sensor|probe|signal|value)|(?:sensor|probe)\s(?:error|fault|fail(?:ed|ure)?)"
    r"|(?:dis|not\s)connected|unplugged|kein\s?(?:wert|sensor)|fehler|erreur|aucun(?:e)?\s\w+",
    re.IGNORECASE,
)
"""What loggers write where their sensor gave nothing: unplugged, broken, out of its range."""

_NO_FIGURE = re.compile(
    r"-?9{3,}(?:\.9+)?|-127(?:\.9)?|-196\.6|-273(?:\.15?)?|-459\.67|850"
    r"|-?327\.6[78]|-3276\.8|3276\.7|-?888\.8"
)
"""Figures that stand for none: nothing is so cold or warm."""


class Degrees(StrEnum):
    """In what temperatures are written."""

    CELSIUS = "C"
    FAHRENHEIT = "F"


@lru_cache(4096)
def read_figure(cell: str) -> tuple[Decimal, Degrees | None] | None:
    """Return the number in a cell and the unit beside it; None where it is no temperature."""
    match = _NUMBER.fullmatch(cell)
    if match is None:
        return None
    sign, figure, unit = match.groups()
    number = Decimal(figure.replace(",", "."))
    return -number if sign and sign != "+" else number, unit_in(unit or "")


@lru_cache(4096)
def is_no_reading(cell: str) -> bool:
    """Return whether a cell says that the sensor gave nothing: "---", "NC", -999."""
    if _NO_READING.fullmatch(cell):
        return True
    figure = read_figure(cell)
    return figure is not None and _NO_FIGURE.fullmatch(f"{figure[0]:f}") is not None


def unit_in(words: str) -> Degrees | None:
    """Return the unit that a unit's sign or name means."""
    bare = words.strip().lower()
    if bare.endswith(("f", "℉", "fahrenheit")):
        return Degrees.FAHRENHEIT
    if bare.endswith(("c", "℃", "celsius")):
        return Degrees.CELSIUS
    return None


def hundredths(number: Decimal, unit: Degrees) -> int | None:
    """Return a temperature as whole hundredths of a degree Celsius; None where none is so."""
    celsius = (number - 32) * 5 / 9 if unit is Degrees.FAHRENHEIT else number
    found = int((celsius * 100).to_integral_value(ROUND_HALF_EVEN))
    return found if COLDEST <= found <= WARMEST else None
