"""Need by day: bookings in the containers they use up."""

from __future__ import annotations

import numpy as np

from supply.projection.burn import NEVER, Supplies
from supply.projection.need import by_day, expected, lapsing, whole_containers


def test_a_single_dose_uses_up_its_ampoule() -> None:
    """0.12 ml of a 5 ml ampoule takes 5 ml, 5 ml one ampoule, 5.1 ml two."""
    taken = whole_containers(np.array([0.12, 5.0, 5.1, 0.0]), np.array([5.0]))
    assert taken.tolist() == [5, 5, 10, 0]


def test_thirds_of_a_container_are_not_rounded_up_twice() -> None:
    assert whole_containers(np.array([0.1 * 3]), np.array([0.1])).tolist() == [3 * 0.1]


def test_bookings_stand_on_their_day() -> None:
    item, day = np.array([0, 1, 1, 0, 0]), np.array([2, 0, 0, -1, 4])
    spread = by_day(item, day, np.array([1.0, 2.0, 3.0, 9.0, 9.0]), items=2, days=4)
    assert spread.tolist() == [[0, 0, 1, 0], [5, 0, 0, 0]]


def uses(days: int, **at: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    spread = np.zeros((1, days))
    for day, units in at.items():
        spread[0, int(day[1:])] = units
    return spread


Column = tuple[float, int, bool]


def there(*columns: Column) -> tuple[Supplies, np.ndarray[tuple[int, int], np.dtype[np.bool_]]]:
    """Return one item's supplies from (units, last day, whether it is open)."""
    units, last, opened = zip(*columns, strict=True)
    first = np.zeros((1, len(columns)), dtype=np.int64)
    return Supplies(np.array([units], dtype=np.float64), first, np.array([last])), np.array(
        [opened]
    )


NOTHING = there((0, NEVER, False))


def test_uses_inside_the_window_share_a_vial() -> None:
    """A 10 ml vial good for 28 days: three uses of 2 ml inside, 4 ml lapse on its last day."""
    booked = uses(60, d3=2, d10=2, d20=2)
    lapsed = lapsing(booked, np.array([10.0]), np.array([28]), *NOTHING)
    assert np.flatnonzero(lapsed[0]).tolist() == [30]
    assert lapsed[0, 30] == 4


def test_a_use_after_the_window_opens_another() -> None:
    booked = uses(70, d3=2, d31=2)
    lapsed = lapsing(booked, np.array([10.0]), np.array([28]), *NOTHING)
    assert {int(day): lapsed[0, day] for day in np.flatnonzero(lapsed[0])} == {30: 8, 58: 8}


def test_what_is_open_is_used_first_and_its_own_end_is_not_said_twice() -> None:
    """3 ml are open until day 5: they cover day 4; day 6 opens a new vial, good to day 33."""
    booked = uses(60, d4=2, d6=2)
    lapsed = lapsing(booked, np.array([10.0]), np.array([28]), *there((3, 5, True)))
    assert {int(day): lapsed[0, day] for day in np.flatnonzero(lapsed[0])} == {33: 8}


def test_what_ends_with_its_lot_is_not_said_twice_and_the_next_use_opens_another() -> None:
    """Opened on day 4 of a lot that ends on day 8; day 10 opens one of the other, good to 37."""
    booked = uses(60, d4=2, d10=2)
    lapsed = lapsing(
        booked, np.array([10.0]), np.array([28]), *there((10, 8, False), (10, 90, False))
    )
    assert {int(day): lapsed[0, day] for day in np.flatnonzero(lapsed[0])} == {37: 8}


def test_a_vial_used_up_leaves_nothing_to_lapse() -> None:
    booked = uses(40, d1=6, d2=6, d3=8)
    lapsed = lapsing(booked, np.array([10.0]), np.array([28]), *NOTHING)
    assert not lapsed.any()


def test_waste_comes_on_top_of_booked_and_unbooked() -> None:
    needed = expected(np.array([[0.0, 4.0]]), np.array([1.0]), np.array([0.1]))
    assert np.allclose(needed, [[1.1, 5.5]])
