"""Quantities as people type them: in their own locale, and never guessed."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import get_decimal_symbol
from flask_babel import get_locale
from flask_babel import gettext as _

from supply.quantity import InvalidQuantityError, Unit, parse

_LOOKS_GROUPED = re.compile(r"[1-9]\d{0,2}([.,])\d{3}")


def read_quantity(text: str, unit: Unit, *, allow_zero: bool = False) -> Decimal:
    """Read a quantity in ``unit`` that a person typed: "2.5", or "2,5" as many write it.

    A number that could also be thousands ("1,000" where the decimal sign is a point) is refused.

    Raises:
        InvalidQuantityError: as :func:`supply.quantity.parse`, or ambiguous.
    """
    stripped = text.strip()
    grouped = _LOOKS_GROUPED.fullmatch(stripped)
    if grouped and grouped[1] != get_decimal_symbol(get_locale() or "en"):
        message = _("Is that a thousand or one? Write it without the sign in between.")
        raise InvalidQuantityError(message)
    if stripped.count(",") == 1 and "." not in stripped:
        stripped = stripped.replace(",", ".")
    return parse(stripped, unit, allow_zero=allow_zero)


def typed(value: Decimal) -> str:
    """Return ``value`` as a field shows it for editing: plain, without trailing zeros."""
    return f"{value.normalize():f}"
