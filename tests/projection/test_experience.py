"""What past use teaches, by cases that can be worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from supply.projection import experience
from supply.projection.arrays import Floats
from supply.projection.experience import (
    KEEP,
    LONG_RUN,
    PRIOR_PREDICTED,
    PRIOR_UNITS,
    dispersion,
    learn,
    none,
    observe,
    own_dispersion,
    pooled_dispersion,
    rate_today,
)

LEAD = np.array([6.0])
NO_DAYS = (np.zeros((1, 0)), np.zeros((1, 0), dtype=bool))


def all_days(units: Floats) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    return np.ones(units.shape, dtype=bool)


def rate_of(units: Floats, prior_units: float = 0.0) -> float:
    known = learn(units, all_days(units), LEAD)
    return float(rate_today(known, *NO_DAYS, prior_units=prior_units)[0])


def test_steady_use_is_its_own_rate_at_every_half_life() -> None:
    assert rate_of(np.full((1, 364), 2.0)) == pytest.approx(2.0)


def test_the_prior_units_are_spread_over_all_days() -> None:
    """Nothing used in 364 days: 3 units in 364 days, of which the long run weighs its share."""
    expected = LONG_RUN * PRIOR_UNITS / 364
    assert rate_of(np.zeros((1, 364)), PRIOR_UNITS) == pytest.approx(expected, rel=0.02)
    assert rate_of(np.zeros((1, 364))) == 0


def test_a_half_life_halves_what_a_day_counts() -> None:
    """Brown's smoothing: seven units yesterday and none before, against a closed form."""
    units = np.zeros((1, 14))
    units[0, -1] = 7.0
    known = learn(units, all_days(units), LEAD)
    keep = KEEP[0]
    assert known.units[0, 0] == pytest.approx(7.0)
    assert known.days[0, 0] == pytest.approx((1 - keep**14) / (1 - keep))


def test_days_that_opened_empty_are_left_out() -> None:
    """Two a day, and forty days without any stock: the rate stays two."""
    units = np.full((1, 364), 2.0)
    taught = all_days(units)
    units[0, 200:240], taught[0, 200:240] = 0.0, False
    known = learn(units, taught, LEAD)
    assert rate_today(known, *NO_DAYS, prior_units=0.0)[0] == pytest.approx(2.0)
    units[0, 239] = 60.0
    late = learn(units, taught, LEAD)
    assert rate_today(late, *NO_DAYS, prior_units=0.0)[0] == pytest.approx(2.0)
    units[0, 239] = 0.0
    with_them = learn(units, all_days(units), LEAD)
    assert rate_today(with_them, *NO_DAYS, prior_units=0.0)[0] < 1.98


def test_a_changed_rate_is_followed_by_the_half_life_that_erred_least() -> None:
    """From 1 a day to 5 for 12 weeks: well above the long-run mean, on its way to 5."""
    units = np.concatenate([np.full((1, 280), 1.0), np.full((1, 84), 5.0)], axis=1)
    long_run = float(units.mean())
    learned = (rate_of(units) - LONG_RUN * long_run) / (1 - LONG_RUN)
    assert learned == pytest.approx(5.0, abs=0.3)


def test_what_falls_out_of_use_fades() -> None:
    """Obsolescence: after half a year without use less than a tenth of the rate is left."""
    units = np.concatenate([np.full((1, 364), 2.0), np.zeros((1, 182))], axis=1)
    learned = rate_of(units) - LONG_RUN * float(units.mean())
    assert 0 <= learned < 0.1


def test_days_since_the_last_week_count_at_once() -> None:
    units = np.full((1, 371), 2.0)
    whole, rest = units[:, :364], units[:, 364:367]
    known = learn(whole, all_days(whole), LEAD)
    assert rate_today(known, rest, all_days(rest), prior_units=0.0)[0] == pytest.approx(2.0)
    rest = rest + 10
    assert rate_today(known, rest, all_days(rest), prior_units=0.0)[0] > 2.05


def test_learning_at_once_is_learning_week_by_week() -> None:
    random = np.random.default_rng(1)
    units = random.poisson(1.5, (5, 59)).astype(np.float64)
    taught, lead = random.random((5, 59)) < 0.8, np.array([3.0, 6.0, 9.0, 13.0, 20.0])
    known = none(lead)
    for begin in range(3, 59, 7):
        known = observe(known, units[:, begin : begin + 7], taught[:, begin : begin + 7])
    at_once = learn(units, taught, lead)
    assert np.allclose(at_once.errors, known.errors)
    assert np.allclose(at_once.squares, known.squares)
    assert at_once.window.tolist() == [1, 1, 2, 2, 3]


def test_dispersion_is_variance_over_mean_of_windows() -> None:
    """Poisson use has 1, use in clumps of four has 4 (compound Poisson)."""
    random = np.random.default_rng(2)
    single = random.poisson(2.0, (400, 728)).astype(np.float64)
    clumps = 4 * random.poisson(0.5, (400, 728)).astype(np.float64)
    lead = np.full(400, 6.0)
    for ratio, units in {1.0: single, 4.0: clumps}.items():
        known = learn(units, all_days(units), lead)
        assert float(np.median(own_dispersion(known))) == pytest.approx(ratio, rel=0.15)
        assert pooled_dispersion(known) == pytest.approx(ratio, rel=0.15)


def test_an_items_own_dispersion_is_shrunk_by_what_little_it_predicted() -> None:
    known = learn(np.zeros((1, 35)), np.ones((1, 35), dtype=bool), LEAD)
    few = dispersion(known, np.array([3.0]))[0]
    assert few == pytest.approx(3.0, rel=0.05)
    assert known.predicted[0] < 0.1 * PRIOR_PREDICTED
    assert dispersion(known, np.array([0.4]))[0] == 1.0


def test_nothing_known_is_usual() -> None:
    known = none(np.array([4.0]))
    assert pooled_dispersion(known) == experience.USUAL_DISPERSION
    assert np.isnan(own_dispersion(known)).all()


def test_a_new_item_borrows_a_rate_until_its_own_use_outweighs_it() -> None:
    """Half a unit a day borrowed as sixty days of use; four weeks of two a day, then a year."""
    borrowed = np.array([0.5])
    nothing = np.zeros((1, 0))
    new = learn(nothing, all_days(nothing), LEAD, borrowed)
    assert rate_today(new, *NO_DAYS, prior_units=0.0)[0] == pytest.approx(0.5)
    for days, low, high in ((28, 0.8, 1.9), (728, 1.9, 2.0)):
        used = np.full((1, days), 2.0)
        known = learn(used, all_days(used), LEAD, borrowed)
        assert low < rate_today(known, *NO_DAYS, prior_units=0.0)[0] < high


def test_where_nothing_is_borrowed_nothing_is_known() -> None:
    nothing = np.zeros((1, 0))
    new = learn(nothing, all_days(nothing), LEAD, np.zeros(1))
    assert rate_today(new, *NO_DAYS, prior_units=0.0)[0] == 0
