"""One item's days ahead, and many items at once."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from benchmarks.projection import some_items
from supply.projection.arrays import Floats
from supply.projection.burn import NEVER, Supplies
from supply.projection.outlook import Item, look_ahead
from supply.projection.proposing import Items, Proposals, propose

DAYS = 30


def lots(*of: tuple[float, int]) -> Supplies:
    """Return one item's lots from (units, last day)."""
    units, last = zip(*of, strict=True)
    zeros = np.zeros((1, len(of)), dtype=np.int64)
    return Supplies(np.array([units], dtype=np.float64), zeros, np.array([last]))


def booked(*at: tuple[int, float]) -> Floats:
    by_day = np.zeros(DAYS)
    for day, units in at:
        by_day[day] += units
    return by_day


def lead(*days: int, longest: int = 12) -> Floats:
    shares = np.zeros(longest)
    for taken in days:
        shares[taken - 1] += 1 / len(days)
    return shares


def item(supplies: Supplies, by_day: Floats, rate: float = 0.0, dispersion: float = 1.5) -> Item:
    return Item(
        supplies=supplies,
        ordered=np.zeros(0),
        waited=np.zeros(0, dtype=np.int64),
        lead=lead(5),
        booked=by_day,
        rate=rate,
        dispersion=dispersion,
        service_level=0.95,
    )


def test_bookings_alone_leave_no_doubt() -> None:
    """12 needed by day 14, 9 there: short on the day of the fourth session of three vials."""
    outlook = look_ahead(item(lots((9, NEVER)), booked((2, 3), (6, 3), (10, 3), (14, 3))))
    assert outlook.usable[[1, 2, 6, 10, 14]].tolist() == [9, 6, 3, 0, 0]
    assert np.array_equal(outlook.low, outlook.usable)
    assert np.array_equal(outlook.high, outlook.usable)
    assert (outlook.first_short, outlook.first_short_cautious) == (14, 14)


def test_what_will_expire_unused_is_said_lot_by_lot() -> None:
    outlook = look_ahead(item(lots((5, 8), (6, 20), (4, NEVER)), booked((3, 2), (15, 1))))
    assert outlook.expiring.tolist() == [3, 5, 0]
    assert outlook.usable[[8, 9, 20, 21]].tolist() == [13, 10, 9, 4]
    assert outlook.first_short == -1


def test_a_late_order_makes_the_days_until_it_comes_uncertain() -> None:
    """Placed three days ago; half such orders take 5 days, half 9: it comes on day 2 or day 6.

    If early it serves the two of day 4 and leaves three; if late those are lost and five are left.
    """
    waiting = replace(
        item(lots((1, NEVER)), booked((1, 1), (4, 2))),
        ordered=np.array([5.0]),
        waited=np.array([3]),
        lead=lead(5, 9),
    )
    outlook = look_ahead(waiting)
    assert outlook.low[[1, 2, 5, 6]].tolist() == [0, 0, 0, 3]
    assert outlook.high[[1, 2, 4, 6]].tolist() == [0, 5, 3, 5]
    assert (outlook.first_short, outlook.first_short_cautious) == (-1, 4)


def test_nine_in_ten_courses_stay_within_the_range() -> None:
    """Negative binomial use drawn day by day, against the range of stock that cannot run out."""
    rate, dispersion, stock = 1.5, 2.5, 500.0
    outlook = look_ahead(item(lots((stock, NEVER)), booked(), rate, dispersion))
    random = np.random.default_rng(5)
    share = 1 / dispersion
    drawn = random.negative_binomial(rate / (dispersion - 1), share, (4000, DAYS)).cumsum(axis=1)
    left = stock - drawn
    for day in (6, 13, 29):
        within = (outlook.low[day] <= left[:, day]) & (left[:, day] <= outlook.high[day])
        assert 0.87 <= within.mean() <= 0.96
        assert outlook.usable[day] == pytest.approx(stock - rate * (day + 1))


def test_unbooked_use_runs_out_where_it_says() -> None:
    outlook = look_ahead(item(lots((10, NEVER)), booked(), rate=1.0))
    assert outlook.first_short == 10
    assert outlook.first_short_cautious < 10
    assert (outlook.low <= outlook.usable).all()
    assert (outlook.usable <= outlook.high).all()


def rows(items: Items, row: int) -> Items:
    there, terms, one = items.supplies, items.terms, slice(row, row + 1)
    return Items(
        **{
            name: getattr(items, name)[one]
            for name in (one_of.name for one_of in fields(Items))
            if name not in {"supplies", "terms"}
        },
        supplies=Supplies(there.units[one], there.first_day[one], there.last_day[one]),
        terms=type(terms)(*(getattr(terms, name)[one] for name in type(terms).__slots__)),
    )


def test_an_item_is_proposed_the_same_alone_and_among_many() -> None:
    items = some_items(np.random.default_rng(6), 40)
    together = propose(items)
    assert 0 < together.firing.sum() < 40
    for row in range(0, 40, 3):
        alone = propose(rows(items, row))
        for name in Proposals.__slots__:
            mine, theirs = getattr(alone, name)[0], getattr(together, name)[row]
            assert np.allclose(mine, theirs), name


def known(**change: object) -> Items:
    """Return one item used once every other day for two years, with eight left."""
    quiet = some_items(np.random.default_rng(7), 1)
    used = np.zeros((1, 728))
    used[0, ::2] = 1.0
    base = replace(
        quiet,
        used=used,
        taught=np.ones((1, 728), dtype=bool),
        booked=np.zeros((1, 90)),
        waste=np.zeros(1),
        supplies=lots((8, NEVER)),
        ordered=np.zeros((1, 1)),
        waited=np.zeros((1, 1), dtype=np.int64),
        lead=lead(5, longest=12)[None, :],
        terms=replace(quiet.terms, pack=np.array([1.0]), shelf_life=np.array([500.0])),
    )
    return replace(base, **change)  # type: ignore[arg-type]


def test_what_the_ledger_shows_is_projected_and_proposed() -> None:
    """Half a unit a day, eight left: short on day 16; ordered some days before five days ahead."""
    made = propose(known())
    assert made.rate[0] == pytest.approx(0.5, rel=0.05)
    assert made.first_short.tolist() == [16]
    assert 0 < made.order_by[0] < 11
    assert made.position.tolist() == [8]
    assert made.firing.tolist() == [False]


def test_order_by_is_where_today_becomes_the_day() -> None:
    """Moved to the day it named, with what is expected to be left then, it says today."""
    made = propose(known())
    day = int(made.order_by[0])
    rate = 0.5
    for later, firing in ((day + 2, True), (max(day - 3, 0), False)):
        left = known(supplies=lots((8 - rate * later, NEVER)))
        assert propose(left).firing.tolist() == [firing]


def test_stock_that_ends_before_an_order_could_come_does_not_count() -> None:
    """Eight more end on day 3: one and a half are used of them, the rest is not counted on."""
    made = propose(known(supplies=lots((8, 3), (8, NEVER))))
    assert made.expiring[0].tolist() == pytest.approx([6, 0], abs=0.1)
    assert made.position[0] == pytest.approx(10, abs=0.1)


def test_a_lot_that_ends_later_brings_order_by_forward_once_it_nears() -> None:
    forty = propose(known(supplies=lots((40, NEVER)))).order_by[0]
    ending = propose(known(supplies=lots((30, 25), (10, NEVER)))).order_by[0]
    assert 0 < ending < forty


def test_what_is_on_order_counts_and_comes_on_its_middle_day() -> None:
    waiting = known(supplies=lots((1, NEVER)), ordered=np.array([[20.0]]))
    made = propose(waiting)
    assert made.position.tolist() == [21]
    assert made.firing.tolist() == [False]
    assert made.first_short.tolist() == [2]


def test_an_item_used_only_by_bookings_is_not_expected_to_run_out_otherwise() -> None:
    by_day = np.zeros((1, 90))
    by_day[0, 40] = 4
    made = propose(known(used=np.zeros((1, 728)), booked=by_day, supplies=lots((4, NEVER))))
    assert made.first_short.tolist() == [-1]
    assert made.rate.tolist() == [0]


def test_no_items_are_no_proposals() -> None:
    assert propose(rows(known(), 1)).packs.tolist() == []
