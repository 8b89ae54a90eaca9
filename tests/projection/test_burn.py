"""Burning stock: cases by hand, and any case against a slow and obvious simulation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from supply.projection.burn import (
    NEVER,
    Supplies,
    burn,
    expected_to_expire,
    first_day,
    in_drawing_order,
)


def supplies(*lots: tuple[float, int, int]) -> Supplies:
    """Return one item's supplies from (units, first day, last day)."""
    units, first, last = zip(*lots, strict=True)
    return Supplies(np.array([units], dtype=np.float64), np.array([first]), np.array([last]))


def need(days: int, *at: tuple[int, float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    by_day = np.zeros((1, days))
    for day, units in at:
        by_day[0, day] += units
    return by_day


def test_an_expiry_makes_stock_vanish_before_a_session() -> None:
    """Six vials are good through day 4; four are booked on day 3 and four on day 6."""
    burnt = burn(supplies((6, 0, 4)), need(8, (3, 4), (6, 4)))
    assert burnt.usable[0].tolist() == [6, 6, 6, 2, 2, 0, 0, 0]
    assert burnt.unmet[0].tolist() == [0, 0, 0, 0, 0, 0, 4, 0]
    assert burnt.expired.tolist() == [[2]]
    assert first_day(burnt.unmet > 0).tolist() == [6]


def test_a_lot_is_usable_through_its_expiry_day() -> None:
    burnt = burn(supplies((1, 0, 4)), need(6, (4, 1)))
    assert burnt.unmet.sum() == 0
    assert burnt.expired.tolist() == [[0]]


def test_an_order_that_comes_late_leaves_a_day_short() -> None:
    """Two there, three booked on day 2; the order comes on day 3 and serves what is left."""
    burnt = burn(supplies((2, 0, NEVER), (5, 3, NEVER)), need(6, (2, 3), (4, 3)))
    assert burnt.usable[0].tolist() == [2, 2, 0, 5, 2, 2]
    assert burnt.unmet[0].tolist() == [0, 0, 1, 0, 0, 0]


def test_the_lot_that_ends_first_goes_first_and_an_open_container_before_it() -> None:
    """Given in any order: dated 9, undated, open until 20, dated 5."""
    lots = supplies((4, 0, 9), (5, 0, NEVER), (1, 0, 20), (3, 0, 5))
    ordered = in_drawing_order(lots, np.array([[False, False, True, False]]))
    assert ordered.units.tolist() == [[1, 3, 4, 5]]
    burnt = burn(ordered, need(12, (0, 2), (6, 3)))
    assert burnt.left.tolist() == [[0, 2, 1, 5]]
    assert burnt.expired.tolist() == [[0, 2, 1, 0]]


def test_expiring_counts_only_what_use_would_not_reach() -> None:
    """Ten to day 10 and ten to day 30 at half a unit a day: 5 of the first, 5 of the second."""
    expiring = expected_to_expire(np.array([[10.0, 10.0]]), np.array([[5.0, 15.0]]))
    assert expiring.tolist() == [[5, 0]]
    expiring = expected_to_expire(np.array([[10.0, 10.0]]), np.array([[5.0, 10.0]]))
    assert expiring.tolist() == [[5, 5]]


@dataclass
class Box:
    units: int
    first: int
    last: int


def slow(boxes: list[Box], need: list[int]) -> tuple[list[int], list[int], list[int]]:
    """Draw unit by unit from the first box that may be drawn from."""
    boxes = [Box(box.units, box.first, box.last) for box in boxes]
    usable, unmet = [], []
    for day, wanted in enumerate(need):
        missing = 0
        for _ in range(wanted):
            may = [box for box in boxes if box.units and box.first <= day <= box.last]
            if may:
                may[0].units -= 1
            else:
                missing += 1
        usable.append(sum(box.units for box in boxes if box.first <= day <= box.last))
        unmet.append(missing)
    return usable, unmet, [box.units for box in boxes]


BOX = st.builds(
    Box, st.integers(0, 12), st.integers(0, 15), st.one_of(st.integers(0, 25), st.just(NEVER))
)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.lists(BOX, min_size=4, max_size=4),
            st.lists(st.integers(0, 6), min_size=20, max_size=20),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_it_burns_like_a_slow_and_obvious_simulation(
    rows: list[tuple[list[Box], list[int]]],
) -> None:
    """Several items at once, each as if it were alone."""
    stock = Supplies(
        np.array([[box.units for box in boxes] for boxes, _ in rows], dtype=np.float64),
        np.array([[box.first for box in boxes] for boxes, _ in rows]),
        np.array([[box.last for box in boxes] for boxes, _ in rows]),
    )
    burnt = burn(stock, np.array([wanted for _, wanted in rows], dtype=np.float64))
    for row, (boxes, wanted) in enumerate(rows):
        usable, unmet, left = slow(boxes, wanted)
        assert burnt.usable[row].tolist() == usable
        assert burnt.unmet[row].tolist() == unmet
        assert burnt.left[row].tolist() == left
        ended = [
            units if box.last < len(wanted) else 0 for units, box in zip(left, boxes, strict=True)
        ]
        assert burnt.expired[row].tolist() == ended


@settings(max_examples=100, deadline=None)
@given(
    lots=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 18)), min_size=1, max_size=4),
    daily=st.integers(0, 5),
)
def test_the_closed_form_of_expiring_is_what_the_days_come_to(
    lots: list[tuple[int, int]], daily: int
) -> None:
    lots = sorted(lots, key=lambda lot: lot[1])
    burnt = burn(
        supplies(*((units, 0, last) for units, last in lots)), np.full((1, 20), float(daily))
    )
    needed = np.array([[daily * (last + 1.0) for _units, last in lots]])
    units = np.array([[float(units) for units, _last in lots]])
    assert np.allclose(expected_to_expire(units, needed), burnt.expired)
