"""Temperatures as loggers write them: point or comma, with or without a unit beside."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import lru_cache

COLDEST, WARMEST = -10_000, 10_000

_NUMBER = re.compile(
    r"([+\-−–]?)\s*(\d{1,4}(?:[.,]\d{1,9})?|[.,]\d{1,9})\s*"
    r"(°\s*[CF]|º\s*[CF]|℃|℉|deg\.?\s*[CF]|[CF]|Celsius|Fahrenheit)?",
    re.IGNORECASE,
)


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
