"""Sums are read and written with the decimals of ISO 4217."""

from decimal import Decimal

import pytest

from supply.money import InvalidMoneyError, Money, parse_minor, precision, round_minor


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *dict.fromkeys(("EUR", "RSD", "ALL", "LBP", "HUF", "MGA", "YER"), 2).items(),
        *dict.fromkeys(("IQD", "KWD", "TND"), 3).items(),
        *dict.fromkeys(("JPY", "ISK"), 0).items(),
        ("CLF", 4),
    ],
)
def test_a_currency_has_the_decimals_of_the_standard(currency: str, decimals: int) -> None:
    assert precision(currency) == decimals


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1250.50", "RSD", 125050), ("1250.505", "IQD", 1250505), ("1250", "JPY", 1250)],
)
def test_a_sum_is_read_and_written_whole(text: str, currency: str, minor: int) -> None:
    assert parse_minor(text, currency) == minor
    assert Money(minor, currency).as_json() == {"amount": text, "currency": currency}


def test_more_decimals_than_there_are_is_refused() -> None:
    with pytest.raises(InvalidMoneyError, match="RSD has 2 decimals"):
        parse_minor("1250.505", "RSD")


@pytest.mark.parametrize(
    ("exact", "minor"),
    [("332.4999", 332), ("332.5", 332), ("333.5", 334), ("333.5001", 334), ("-0.5", 0)],
)
def test_a_computed_sum_is_rounded_half_to_even(exact: str, minor: int) -> None:
    assert round_minor(Decimal(exact)) == minor
