"""Numbers, how much is billed, which invoice a credit is for."""

import pytest

from supply.invoicing.rules import Left, allocate, number, to_bill


def test_a_number_says_whose_and_when() -> None:
    assert number("dermal", 2026, 7) == "DERMAL-2026-00007"
    assert number("dermal", 2026, 123456) == "DERMAL-2026-123456"


@pytest.mark.parametrize(
    ("sent", "owed", "billed", "packs"),
    [
        (10, 10, 0, 10),
        (4, 10, 6, 4),
        (2, 10, 10, 0),  # lost on the way and sent again: it was charged when it first left
        (5, 10, 8, 2),
        (5, 8, 10, 0),
    ],
)
def test_only_what_is_owed_and_not_yet_billed_is_charged(
    sent: int, owed: int, billed: int, packs: int
) -> None:
    assert to_bill(sent, owed=owed, billed=billed) == packs


def test_a_credit_is_for_the_parcels_invoice_then_the_newest() -> None:
    lines = [Left(1, 10, 3), Left(2, 20, 5), Left(3, 30, 2)]
    assert list(allocate(4, lines, 10)) == [(1, 3), (3, 1)]
    assert list(allocate(4, lines, None)) == [(3, 2), (2, 2)]
    assert list(allocate(99, lines, None)) == [(3, 2), (2, 5), (1, 3)]
    assert list(allocate(0, lines, None)) == []
    assert list(allocate(-2, lines, None)) == []
