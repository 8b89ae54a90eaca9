"""Quantities and sums as people type them: in their own locale, and never guessed."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import get_currency_symbol, get_decimal_symbol, get_group_symbol
from flask_babel import get_locale
from flask_babel import gettext as _

from supply.money import InvalidMoneyError, parse_minor, precision
from supply.quantity import InvalidQuantityError, Unit, parse

_SPACES = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009'’](?=\d{3}(?!\d))")
"""What stands between thousands beside point and comma."""

_SUM = re.compile(r"(\d{1,3}([.,])\d{3}(?:\2\d{3})*|\d+)(?:([.,])(\d*))?")

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


def read_sum(text: str, currency: str) -> int:
    """Read a sum that a person typed, in minor units of ``currency``.

    Takes every form the product writes: "1500", "1,500.00", "€1,500.00", "1 500,00 €". A number
    whose one sign could stand before thousands or before decimals is read as the reader's
    language writes it, and refused where it writes neither.

    Raises:
        InvalidMoneyError: no sum, ambiguous, too many decimals or too large.
    """
    bare = _without_currency(text.strip(), currency)
    match = _SUM.fullmatch(_SPACES.sub("", bare))
    if match is None or (match[2] is not None and match[2] == match[3]):
        example = f"{1500:.{precision(currency)}f}"
        raise InvalidMoneyError(_("Enter a sum, such as %(example)s.", example=example))
    whole, group, decimals = match[1], match[2], match[4]
    if group and decimals is None and whole.count(group) == 1:
        whole = _one_sign(whole, group, precision(currency))
    elif group:
        whole = whole.replace(group, "")
    return parse_minor(f"{whole}.{decimals}" if decimals else whole, currency)


def _one_sign(number: str, sign: str, decimals: int) -> str:
    """Return "1,500" as the number it is in the reader's language.

    Three digits are no cents: where the language has them for decimals, someone slipped.
    """
    locale = get_locale() or "en"
    if sign == get_group_symbol(locale):
        return number.replace(sign, "")
    if sign == get_decimal_symbol(locale) and decimals >= 3:
        return number.replace(sign, ".")
    message = _("Is that a thousand or one? Write it without the sign in between.")
    raise InvalidMoneyError(message)


def _without_currency(text: str, currency: str) -> str:
    for sign in (currency, get_currency_symbol(currency, get_locale() or "en")):
        for bare in (text.removeprefix(sign), text.removesuffix(sign)):
            if bare != text:
                return bare.strip()
    return text


def typed(value: Decimal) -> str:
    """Return ``value`` as a field shows it for editing: plain, without trailing zeros."""
    return f"{value.normalize():f}"
