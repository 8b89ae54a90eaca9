"""Exact money: integer minor units in the database, ``Decimal`` outside."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from babel.core import get_global
from babel.numbers import get_territory_currencies

from supply import countries
from supply.quantity import EXACT
from supply.sentences import say

MAXIMUM_MINOR = 10**12
"""Largest sum kept, in minor units; above it the input is a slip."""

_NONE = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THREE = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_DECIMALS = dict.fromkeys(_NONE, 0) | dict.fromkeys(_THREE, 3) | {"CLF": 4, "UYW": 4}
"""Currencies of ISO 4217 with other than two decimals."""

_SIGNS = {
    "€": "EUR", "£": "GBP EGP", "$": "USD AUD CAD HKD MXN NZD SGD TWD ARS CLP COP", "us$": "USD",
    "ca$": "CAD", "a$": "AUD", "¥": "JPY CNY", "kr": "DKK ISK NOK SEK", "zł": "PLN", "kč": "CZK",
    "ft": "HUF", "lei": "RON MDL", "din": "RSD", "дин": "RSD", "лв": "BGN", "ден": "MKD",
    "den": "MKD", "km": "BAM", "lek": "ALL", "₴": "UAH", "₺": "TRY", "tl": "TRY", "₽": "RUB",
    "₪": "ILS", "₹": "INR", "₩": "KRW", "₾": "GEL", "₼": "AZN", "₸": "KZT", "฿": "THB",
    "₫": "VND", "₱": "PHP", "fr": "CHF", "sfr": "CHF", "r": "ZAR", "r$": "BRL",
}  # fmt: skip
"""What people write beside a price, folded, and the currencies it may mean."""


class InvalidMoneyError(ValueError):
    """A sum that cannot be kept; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in one currency, in its minor units (cents; yen has none)."""

    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """The sum in major units, with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-precision(self.currency))

    def as_json(self) -> dict[str, str]:
        """Return the API's shape, ``{"amount": "12.50", "currency": "EUR"}``."""
        return {"amount": str(self.amount), "currency": self.currency}


def precision(currency: str) -> int:
    """Return how many decimals ``currency`` has by ISO 4217.

    Unicode's data says how many are usually shown, which for dinars or lek is none: prices
    have them all the same.
    """
    return _DECIMALS.get(currency, 2)


def is_currency(code: str) -> bool:
    """Return whether ``code`` is an ISO 4217 code that Unicode CLDR knows."""
    return code in get_global("all_currencies")


def is_sign(words: str) -> bool:
    """Return whether ``words`` beside a number are a currency's code or sign: "EUR", "€", "kr."."""
    return _bare_sign(words) in _SIGNS or is_currency(words.strip().upper())


def is_sign_of(words: str, currency: str) -> bool:
    """Return whether ``words`` beside a number may mean ``currency``."""
    if words.strip().upper() == currency:
        return True
    return currency in _SIGNS.get(_bare_sign(words), "").split()


def _bare_sign(words: str) -> str:
    return words.strip().removesuffix(".").casefold()


def currency_of_zone(timezone: str) -> str | None:
    """Return the currency of the country a time zone lies in; None where there is no country."""
    country = countries.of_zone(timezone)
    return next(iter(get_territory_currencies(country)), None) if country else None


def parse_minor(text: str, currency: str) -> int:
    """Read a sum such as ``"12.50"`` as minor units of ``currency``.

    Raises:
        InvalidMoneyError: not a number, negative, too many decimals or too large.
    """
    stripped = text.strip()
    try:
        value = Decimal(stripped) if stripped.replace(".", "", 1).isdecimal() else None
    except InvalidOperation:
        value = None
    if value is None:
        raise InvalidMoneyError(say("Enter a price, such as 12.50."))
    scaled = value.scaleb(precision(currency), EXACT)
    if scaled != scaled.to_integral_value():
        raise InvalidMoneyError(
            say(
                "%(currency)s has %(decimals)s decimals.",
                currency=currency,
                decimals=precision(currency),
            )
        )
    if scaled > MAXIMUM_MINOR:
        raise InvalidMoneyError(say("This sum is too large: check it."))
    return int(scaled)


def round_minor(value: Decimal) -> int:
    """Round a computed sum in minor units to whole ones, half to even."""
    return int(value.to_integral_value(rounding=ROUND_HALF_EVEN))
