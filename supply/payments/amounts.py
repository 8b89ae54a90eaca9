"""Sums as Stripe counts them: not every currency has there the decimals it has here."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from flask_babel import gettext as _

from supply.money import Money, precision

_NO_DECIMALS: Final = (
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
)  # fmt: skip
_THREE_THERE: Final = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_WHOLE_HUNDREDS: Final = frozenset({"ISK", "UGX"})
"""Two decimals there, which have to be noughts."""

MOST: Final = 99_999_999
"""Eight digits, whatever the currency."""

_LEAST: Final[Mapping[str, str]] = {
    "USD": "0.50", "EUR": "0.50", "CHF": "0.50", "AUD": "0.50", "CAD": "0.50", "NZD": "0.50",
    "SGD": "0.50", "BRL": "0.50", "INR": "0.50", "GBP": "0.30", "BGN": "1.00", "DKK": "2.50",
    "AED": "2.00", "PLN": "2.00", "RON": "2.00", "MYR": "2.00", "SEK": "3.00", "NOK": "3.00",
    "HKD": "4.00", "MXN": "10", "THB": "10", "CZK": "15.00", "JPY": "50", "HUF": "175.00",
}  # fmt: skip
"""The least that can be charged, from Stripe's page on supported currencies; others have none."""


def decimals_there(currency: str) -> int:
    """Return how many decimals Stripe counts ``currency`` in."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_THERE else 2


def to_stripe(money: Money) -> int:
    """Return a sum as Stripe counts it.

    Raises:
        ValueError: Stripe cannot charge exactly this sum; see :func:`why_not`.
    """
    if why_not(money) is not None:
        raise ValueError(f"{money} cannot be charged by card")
    return counted(money)


def counted(money: Money) -> int:
    """Return a sum, such as a part of one that was charged, as Stripe counts it.

    Raises:
        ValueError: it has decimals that Stripe does not count.
    """
    number = money.amount.scaleb(decimals_there(money.currency))
    if number != number.to_integral_value():
        raise ValueError(f"{money} has more decimals than a card can be charged")
    return int(number)


def countable(money: Money) -> Money:
    """Return as much of a sum as Stripe counts, for what goes back: three decimals end in 0."""
    step = 10 ** max(precision(money.currency) - decimals_there(money.currency), 0)
    if money.currency in _THREE_THERE:
        step = 10
    return Money(money.minor - money.minor % step, money.currency)


def from_stripe(number: int, currency: str) -> Money:
    """Return a sum that Stripe counts as ``number`` of ``currency``, in any case.

    Raises:
        ValueError: it has decimals that the currency does not have here.
    """
    code = currency.upper()
    minor = Decimal(number).scaleb(precision(code) - decimals_there(code))
    if minor != minor.to_integral_value():
        raise ValueError(f"{number} {code} has more decimals than {code} has")
    return Money(int(minor), code)


def why_not(money: Money) -> str | None:
    """Return why a sum cannot be charged by card, in words; None where it can."""
    currency = money.currency
    least = Decimal(_LEAST.get(currency, "0"))
    number = money.amount.scaleb(decimals_there(currency))
    if money.minor <= 0 or money.amount < least:
        return str(_("This sum is too small for a card."))
    if number > MOST:
        return str(_("This sum is too large for a card."))
    odd = number != number.to_integral_value()
    if currency in _THREE_THERE:
        odd = odd or number % 10 != 0
    if currency in _WHOLE_HUNDREDS:
        odd = odd or number % 100 != 0
    if odd:
        return str(_("Cards cannot be charged such a fraction of %(currency)s.", currency=currency))
    return None
