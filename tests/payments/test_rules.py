"""What agrees, what goes back, when to ask again: decisions without a database."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supply.payments.rules import (
    Difference,
    Differs,
    Expected,
    Seen,
    differences,
    to_refund,
    wait_after,
)

SEEN = Seen("cs_1", "complete", True, 7515, "eur", "ORD-1-1", False)
ASKED = Expected(7515, "EUR", "ORD-1-1", False)

minor = st.integers(0, 10**8)


def test_what_agrees_has_no_differences() -> None:
    assert differences(ASKED, SEEN) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"amount": 7514}, Difference(Differs.AMOUNT, 7515, 7514)),
        ({"currency": "usd"}, Difference(Differs.CURRENCY, "eur", "usd")),
        ({"reference": ""}, Difference(Differs.REFERENCE, "ORD-1-1", "")),
        ({"live": True}, Difference(Differs.MODE, False, True)),
    ],
)
def test_each_difference_is_named(change: dict[str, object], found: Difference) -> None:
    assert differences(ASKED, replace(SEEN, **change)) == [found]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "wanted", "back"),
    [
        ([(1, 7515)], 7515, []),
        ([(1, 7515)], 5010, [(1, 2505)]),
        ([(1, 7515)], 0, [(1, 7515)]),
        ([(1, 7515)], 9000, []),
        ([(1, 5000), (2, 5000)], 5000, [(2, 5000)]),
        ([(1, 5000), (2, 3000)], 4000, [(2, 3000), (1, 1000)]),
        ([], 100, []),
    ],
)
def test_what_was_paid_last_goes_back_first(
    left: list[tuple[int, int]], wanted: int, back: list[tuple[int, int]]
) -> None:
    assert to_refund(left, wanted) == back


@given(st.lists(minor, max_size=5), minor)
def test_what_is_kept_is_what_is_wanted_or_all_there_is(paid: list[int], wanted: int) -> None:
    left = list(enumerate(paid))
    back = dict(to_refund(left, wanted))
    assert sum(paid) - sum(back.values()) == min(wanted, sum(paid))
    assert all(0 < part <= paid[index] for index, part in back.items())


def test_waiting_doubles_and_has_an_end() -> None:
    waits = [wait_after(attempts) for attempts in (1, 2, 3, 50)]
    assert waits == [dt.timedelta(minutes=m) for m in (1, 2, 4, 15)]
