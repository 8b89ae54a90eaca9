"""What sums Stripe takes, in the minor units it counts each currency in."""

from __future__ import annotations

from typing import Final

from tests.support.stripe_standin.errors import Refused, not_acted_on
from tests.support.stripe_standin.texts import names

LARGEST: Final = 99_999_999

_NO_DECIMALS: Final = names("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf")
_THREE_DECIMALS: Final = names("bhd jod kwd omr tnd")
_WHOLE_HUNDREDS: Final = frozenset({"isk", "ugx"})
_TWO_DECIMALS: Final = names(
    """aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd
    cad cdf chf cny cop crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd
    hnl htg huf idr ils inr iqd isk jmd kes kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk
    mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd
    rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu
    uzs wst xcd yer zar zmw"""
)
CURRENCIES: Final = _NO_DECIMALS | _THREE_DECIMALS | _TWO_DECIMALS

MINIMUM: Final = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17_500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50,
    "thb": 1000, "usd": 50,
}  # fmt: skip
"""The least a session may ask for; for other currencies it depends on the day's rate."""


def decimals(currency: str) -> int:
    """Return how many decimals Stripe counts a currency with."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def written(amount: int, currency: str) -> str:
    """Return a sum as people write it: ``12.50 eur``."""
    places = decimals(currency)
    whole, part = divmod(amount, 10**places)
    return f"{whole}.{part:0{places}d} {currency}" if places else f"{whole} {currency}"


def check_currency(currency: str, param: str) -> None:
    """Refuse what is no currency of Stripe's, in lower case."""
    if currency not in CURRENCIES:
        raise Refused(f"Invalid currency: {currency}", param=param)


def check_amount(amount: int, currency: str, param: str, *, least: int = 1) -> None:
    """Refuse a sum below ``least``, too large, or finer than the currency is settled in.

    Raises:
        Refused: the sum cannot be asked for in this currency.
    """
    if amount < least:
        message = f"Invalid integer: {amount} must be at least {least}"
        raise Refused(message, code="parameter_invalid_integer", param=param)
    if amount > LARGEST:
        message = f"Amount must be no more than {written(LARGEST, currency)}"
        raise Refused(message, code="amount_too_large", param=param)
    step = 10 if currency in _THREE_DECIMALS else 100 if currency in _WHOLE_HUNDREDS else 1
    if amount % step:
        message = f"Amounts in {currency} must be evenly divisible by {step}"
        raise Refused(message, code="parameter_invalid_integer", param=param)


def check_total(amount: int, currency: str) -> None:
    """Refuse a session's whole below the currency's minimum, or with more than eight digits."""
    if amount == 0:
        raise not_acted_on("a session that costs nothing")
    least = MINIMUM.get(currency, 1)
    if amount < least:
        raise Refused(
            "The Checkout Session's total amount due must add up to at least "
            + written(least, currency),
            code="amount_too_small",
        )
    check_amount(amount, currency, "line_items")
