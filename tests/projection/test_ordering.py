"""When to order and how much, against sums over the exact probabilities and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from supply.projection.arrays import Floats
from supply.projection.ordering import (
    Terms,
    decide,
    first_day_to_order,
    how_many,
    kappa_for,
    reorder_line,
)
from supply.projection.trigger import Need, fires, lost_by_waiting
from tests.projection.test_chance import lost

FOREVER = 10_000.0


def one(value: float) -> Floats:
    return np.array([value], dtype=np.float64)


def booked(days: int, *at: tuple[int, float]) -> Floats:
    by_day = np.zeros((1, days))
    for day, units in at:
        by_day[0, day] += units
    return by_day


def takes(*shares: tuple[int, float], longest: int = 12) -> Floats:
    lead = np.zeros((1, longest))
    for days, share in shares:
        lead[0, days - 1] = share
    return lead


def terms(
    *,
    pack: float = 1,
    least: int = 1,
    life: float = FOREVER,
    cover: float = 14,
    kappa: float = 0.002,
    breaks: tuple[tuple[int, float], ...] = ((1, 100.0),),
) -> Terms:
    return Terms(
        pack=one(pack),
        least=np.array([least]),
        shelf_life=one(life),
        cover=one(cover),
        kappa=one(kappa),
        break_packs=np.array([[packs for packs, _price in breaks]]),
        price=np.array([[price for _packs, price in breaks]]),
    )


def need(rate: float, by_day: Floats | None = None, dispersion: float = 1.0) -> Need:
    return Need(one(rate), one(dispersion), booked(40) if by_day is None else by_day)


@pytest.mark.parametrize(
    ("rate", "dispersion", "position"), [(0.3, 1.0, 4), (0.3, 2.0, 4), (2.0, 1.5, 18)]
)
def test_waiting_loses_what_one_more_day_of_lead_time_would(
    rate: float, dispersion: float, position: int
) -> None:
    """E(D₇ − x)⁺ − E(D₆ − x)⁺ at six days, summed exactly."""
    exact = lost(position, 7 * rate, dispersion) - lost(position, 6 * rate, dispersion)
    found = lost_by_waiting(need(rate, dispersion=dispersion), one(position), takes((6, 1.0)))[0]
    assert found == pytest.approx(exact, rel=0.05)


def test_lead_times_are_weighed_by_their_shares() -> None:
    some, position = need(0.5), one(5.0)
    short, long, both = (
        lost_by_waiting(some, position, lead)[0]
        for lead in (takes((3, 1.0)), takes((9, 1.0)), takes((3, 0.75), (9, 0.25)))
    )
    assert both == pytest.approx(0.75 * short + 0.25 * long)


def test_a_booking_on_the_day_that_only_today_reaches_counts_as_it_stands() -> None:
    """Five days' lead, eight booked on day 5, five there: three lost, and nothing on other days."""
    lead = takes((5, 1.0))
    for day, expected in ((4, 0.0), (5, 3.0), (6, 0.0)):
        some = need(0.0, booked(40, (day, 8)))
        found = lost_by_waiting(some, one(5), lead)[0]
        assert found == pytest.approx(expected if expected else 0, abs=1e-3)


def test_bookings_and_unbooked_use_together_are_summed_exactly() -> None:
    """4 booked on day 5, 10 there, ½ a day: G(6 days, 10 − 4) − G(5 days, 10)."""
    exact = lost(6, 6 * 0.5, 1.0) - lost(10, 5 * 0.5, 1.0)
    some = need(0.5, booked(40, (5, 4)))
    found = lost_by_waiting(some, one(10), takes((5, 1.0)))[0]
    assert found == pytest.approx(exact, rel=0.1)


def test_what_is_booked_and_cannot_be_met_already_is_ordered_at_once() -> None:
    some = need(0.0, booked(40, (2, 3)))
    lead, cost = takes((9, 1.0)), one(50.0)
    assert fires(some, one(2), lead, cost).tolist() == [True]
    assert fires(some, one(3), lead, cost).tolist() == [False]


def test_the_quick_bound_hides_no_firing() -> None:
    random = np.random.default_rng(4)
    items = 400
    some = Need(
        random.uniform(0.01, 3, items),
        random.uniform(1, 5, items),
        random.binomial(3, 0.05, (items, 40)).astype(np.float64),
    )
    lead = random.dirichlet(np.ones(12), items)
    position, cost = random.uniform(1, 40, items), random.uniform(0.001, 0.3, items)
    short = some.booked[:, :13].sum(axis=1) > position
    exact = (lost_by_waiting(some, position, lead) > cost) | short
    found = fires(some, position, lead, cost)
    assert (found[~short] == exact[~short]).all()
    assert 40 < found.sum() < 360


def test_order_by_is_the_last_day_that_still_reaches_a_session() -> None:
    """Six booked on day 20, two there, four days' lead and no other use: order on day 16."""
    some = need(0.0, booked(40, (20, 6)))
    day = first_day_to_order(some, one(2), takes((4, 1.0)), one(0.1), some.booked[:, :30])
    assert day.tolist() == [16]
    enough = first_day_to_order(some, one(6), takes((4, 1.0)), one(0.1), some.booked[:, :30])
    assert enough.tolist() == [-1]


def test_a_lead_time_that_may_be_longer_brings_order_by_forward() -> None:
    some = need(0.0, booked(40, (20, 6)))
    lead = takes((4, 0.8), (9, 0.2))
    day = first_day_to_order(some, one(2), lead, one(0.1), some.booked[:, :30])
    assert day.tolist() == [11]


def test_the_line_is_where_ordering_begins() -> None:
    some, lead, cost = need(1.0, dispersion=2.0), takes((5, 0.5), (8, 0.5)), one(0.03)
    line = reorder_line(some, lead, cost)
    assert 8 < line[0] < 20
    assert fires(some, line - 0.2, lead, cost).tolist() == [True]
    assert fires(some, line + 0.2, lead, cost).tolist() == [False]


def test_a_higher_service_level_orders_earlier() -> None:
    """κ = (1 − level)/cover: at the line the chance of being out is one less the level."""
    assert kappa_for(np.array([0.98]), one(14.0))[0] == pytest.approx(0.02 / 14)
    lead, some = takes((7, 1.0)), need(1.0)
    lines = [
        reorder_line(some, lead, kappa_for(one(level), one(14.0)) * 14)[0]
        for level in (0.8, 0.95, 0.99)
    ]
    assert lines == sorted(lines)
    chance = lost_by_waiting(some, one(lines[1]), lead)[0]
    assert chance == pytest.approx(0.05, rel=0.1)


def quantity(some: Need, position: float, asked: float, how: Terms) -> int:
    return int(how_many(some, one(position), takes((7, 1.0)), how, one(asked))[0])


def test_whole_packs_and_the_least_order() -> None:
    some = need(1.0)
    assert quantity(some, 5, 14, terms(pack=10)) == 2
    assert quantity(some, 5, 20, terms(pack=10)) == 2
    assert quantity(some, 5, 14, terms(pack=10, least=4)) == 4


def test_never_more_than_is_used_before_it_expires() -> None:
    """½ a day for 7 + 60 days is 33.5, ten are there: 23.5 units or four packs of five."""
    some = need(0.5)
    assert quantity(some, 10, 40, terms(pack=5, life=60)) == 4
    assert quantity(some, 10, 40, terms(pack=5)) == 8
    assert quantity(some, 100, 40, terms(pack=5, life=60)) == 1


def test_a_price_break_is_taken_where_it_saves_more_than_keeping_costs() -> None:
    """Two packs asked, five are 10 % less: 50 saved, 7 kept 25 days at a quarter a year cost 4."""
    some = need(1.0)
    breaks = ((1, 100.0), (5, 90.0))
    assert quantity(some, 5, 20, terms(pack=10, breaks=breaks)) == 5
    slight = ((1, 100.0), (5, 99.9))
    assert quantity(some, 5, 20, terms(pack=10, breaks=slight)) == 2
    assert quantity(some, 5, 20, terms(pack=10, breaks=breaks, life=40)) == 2
    none_yet = ((1, 100.0), (5, np.inf))
    assert quantity(some, 5, 20, terms(pack=10, breaks=none_yet)) == 2


def test_the_best_of_several_breaks_is_taken() -> None:
    some = need(5.0)
    breaks = ((1, 100.0), (5, 98.0), (10, 90.0), (500, 89.0))
    assert quantity(some, 5, 20, terms(pack=10, breaks=breaks)) == 10


def test_an_order_covers_its_days_booked_and_expected() -> None:
    """One a day for 14 days and eight booked on day 15; the line is passed by little."""
    some = need(1.0, booked(40, (15, 8)))
    lead = takes((7, 1.0))
    made = decide(some, one(10.0), lead, terms(kappa=0.002))
    assert made.firing.tolist() == [True]
    line = reorder_line(some, lead, one(0.002 * 22))[0]
    expected = 14 + 8 + (line - 10) / 4
    assert abs(made.packs[0] - expected) <= 1


def test_enough_for_now_orders_nothing() -> None:
    made = decide(need(1.0), one(60.0), takes((7, 1.0)), terms())
    assert made.firing.tolist() == [False]
    assert made.packs.tolist() == [0]
