"""Sums as Stripe counts them."""

import pytest

from supply.money import Money
from supply.payments.amounts import countable, from_stripe, to_stripe, why_not


@pytest.mark.parametrize(
    ("money", "counted"),
    [
        (Money(1999, "EUR"), 1999),
        (Money(1999, "JPY"), 1999),
        (Money(500, "ISK"), 50000),
        (Money(500, "UGX"), 50000),
        (Money(12500, "RSD"), 12500),
        (Money(1230, "KWD"), 1230),
        (Money(99_999_999, "EUR"), 99_999_999),
    ],
)
def test_a_sum_is_counted_with_the_decimals_of_stripe(money: Money, counted: int) -> None:
    assert to_stripe(money) == counted
    assert from_stripe(counted, money.currency.lower()) == money


@pytest.mark.parametrize(
    ("money", "said"),
    [
        (Money(49, "EUR"), "This sum is too small for a card."),
        (Money(29, "GBP"), "This sum is too small for a card."),
        (Money(49, "JPY"), "This sum is too small for a card."),
        (Money(0, "RSD"), "This sum is too small for a card."),
        (Money(100_000_000, "EUR"), "This sum is too large for a card."),
        (Money(1_000_000, "ISK"), "This sum is too large for a card."),
        (Money(1234, "KWD"), "Cards cannot be charged such a fraction of KWD."),
        (Money(1001, "IQD"), "Cards cannot be charged such a fraction of IQD."),
    ],
)
def test_what_cannot_be_charged_is_said(app: object, money: Money, said: str) -> None:
    assert why_not(money) == said
    with pytest.raises(ValueError, match="cannot be charged by card"):
        to_stripe(money)


@pytest.mark.parametrize(
    ("money", "back"),
    [
        (Money(1235, "EUR"), 1235),
        (Money(1235, "KWD"), 1230),
        (Money(1235, "IQD"), 1230),
        (Money(1235, "ISK"), 1235),
        (Money(1235, "MGA"), 1200),
        (Money(9, "KWD"), 0),
    ],
)
def test_as_much_goes_back_as_can_be_counted(money: Money, back: int) -> None:
    assert countable(money) == Money(back, money.currency)


def test_a_fraction_we_have_no_unit_for_is_refused() -> None:
    with pytest.raises(ValueError, match="more decimals than ISK has"):
        from_stripe(50_050, "isk")
