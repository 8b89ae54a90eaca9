"""How long orders take: what was seen, shrunk to what is stated."""

from __future__ import annotations

import numpy as np

from supply.projection.lead_times import (
    around,
    counted,
    learned,
    longest_days,
    mean_days,
    still_to_wait,
)
from supply.projection.outlook import arrival_days


def test_the_stated_time_is_spread_by_the_pooled_ratios() -> None:
    shares = around(np.array([4.0, 10.0]), np.array([0.5, 1.0, 1.0, 1.5]), longest=12)
    assert shares[0].tolist() == [0, 0.25, 0, 0.5, 0, 0.25, 0, 0, 0, 0, 0, 0]
    assert shares[1].tolist() == [0, 0, 0, 0, 0.25, 0, 0, 0, 0, 0.5, 0, 0.25]


def test_no_order_leaves_the_stated_time_and_many_leave_little_of_it() -> None:
    """Four pseudo-orders of 10 days: after 4 orders of 2 days half, after 36 a tenth."""
    prior = around(np.array([10.0]), np.array([1.0]), longest=12)
    seen = counted(np.array([[2, 2, 2, 2, 0]]), longest=12)
    assert mean_days(learned(seen * 0, prior)).tolist() == [10]
    assert mean_days(learned(seen, prior)).tolist() == [6]
    assert np.allclose(mean_days(learned(seen * 9, prior)), [2.8])


def test_a_products_own_record_is_shrunk_to_its_suppliers() -> None:
    supplier = learned(counted(np.array([[4] * 12]), 12), around(np.array([8.0]), np.ones(1), 12))
    assert np.allclose(mean_days(supplier), [5])
    product = learned(counted(np.array([[9] * 4]), 12), supplier)
    assert np.allclose(mean_days(product), [7])


def test_a_time_beyond_the_longest_counts_as_the_longest() -> None:
    assert counted(np.array([[90, 3]]), longest=5).tolist() == [[0, 0, 1, 0, 1]]


def test_waiting_leaves_only_what_is_longer() -> None:
    """Half take 3 days, half 6: after 4 days it is 2 more, for certain."""
    lead = counted(np.array([[3, 6]]), 8)
    assert still_to_wait(lead, np.array([0]))[0].tolist()[:7] == [0, 0, 0, 0.5, 0, 0, 0.5]
    assert still_to_wait(lead, np.array([3]))[0].tolist()[:4] == [0.5, 0, 0, 0.5]
    assert still_to_wait(lead, np.array([4]))[0].tolist()[:3] == [0, 0, 1]


def test_an_order_that_outlasted_all_is_taken_to_come_tomorrow() -> None:
    lead = counted(np.array([[3, 6]]), 8)
    assert still_to_wait(lead, np.array([7]))[0].tolist()[:2] == [0, 1]
    assert still_to_wait(lead, np.array([400]))[0].tolist()[:2] == [0, 1]


def test_arrivals_by_how_sure_one_wants_to_be() -> None:
    lead = counted(np.array([[3, 3, 4, 8]]), 10)
    days = arrival_days(lead, np.array([0]), np.array([0.25, 0.5, 0.6, 0.9]))
    assert days[:, 0].tolist() == [3, 3, 4, 8]


def test_the_longest_is_the_last_that_is_likely() -> None:
    shares = np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.2, 0.79995, 0.00005]])
    assert longest_days(shares).tolist() == [2, 3]
