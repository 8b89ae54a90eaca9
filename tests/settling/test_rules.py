"""What settles what, and how old a debt is: rules without a database."""

import datetime as dt

import pytest

from supply.open_items.rules import shares_of_note
from supply.open_items.terms import PaymentState
from supply.settling.rules import Open, age, may_move, spread

TODAY = dt.date(2026, 11, 22)

A, C, D, W = (
    PaymentState.ANNOUNCED,
    PaymentState.CONFIRMED,
    PaymentState.DENIED,
    PaymentState.WITHDRAWN,
)


@pytest.mark.parametrize("before", PaymentState)
@pytest.mark.parametrize("after", PaymentState)
@pytest.mark.parametrize("announced", [True, False])
def test_where_a_payment_may_go(before: PaymentState, after: PaymentState, announced: bool) -> None:
    allowed = {(A, C), (A, D), (A, W), (D, A)} | ({(C, A)} if announced else {(C, W)})
    assert may_move(before, after, announced=announced) is ((before, after) in allowed)


def test_a_sum_goes_to_the_first_as_far_as_it_goes() -> None:
    items = [Open(1, 100), Open(2, 0), Open(3, 50)]
    assert spread(120, items) == [Open(1, 100), Open(3, 20)]
    assert spread(500, items) == [Open(1, 100), Open(3, 50)]
    assert spread(0, items) == []


@pytest.mark.parametrize(
    ("total", "by_invoice", "shares"),
    [
        (100, [(7, 100)], {7: 100}),
        (100, [(7, 99)], {7: 100}),
        (101, [(9, 50), (7, 50)], {9: 50, 7: 51}),
        (49, [(9, 50), (7, 1)], {9: 49, 7: 0}),
        (10, [], {}),
    ],
)
def test_a_note_is_shared_out_to_the_cent(
    total: int, by_invoice: list[tuple[int, int]], shares: dict[int, int]
) -> None:
    assert shares_of_note(total, by_invoice) == shares


@pytest.mark.parametrize(
    ("late", "place"),
    [(-5, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (900, 3)],
)
def test_ages(late: int, place: int) -> None:
    assert age(TODAY - dt.timedelta(days=late), TODAY) == place


def test_a_credit_is_never_overdue() -> None:
    assert age(None, TODAY) == 0
