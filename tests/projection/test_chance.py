"""The tables against sums of the exact probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest

from supply.projection.chance import lost_share, tail
from supply.projection.outlook import quantiles


def probability(demand: int, mean: float, dispersion: float) -> float:
    """P(D = demand) of the negative binomial; Poisson at dispersion 1 (textbook formulas)."""
    if dispersion == 1:
        return math.exp(demand * math.log(mean) - mean - math.lgamma(demand + 1))
    size, share = mean / (dispersion - 1), 1 / dispersion
    ways = math.lgamma(size + demand) - math.lgamma(size) - math.lgamma(demand + 1)
    return math.exp(ways + size * math.log(share) + demand * math.log(1 - share))


def reached(stock: int, mean: float, dispersion: float) -> float:
    return 1 - sum(probability(demand, mean, dispersion) for demand in range(stock))


def lost(stock: int, mean: float, dispersion: float) -> float:
    """E(D − stock)⁺."""
    return (
        mean
        - stock
        + sum((stock - demand) * probability(demand, mean, dispersion) for demand in range(stock))
    )


def one(value: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([value])


CASES = [
    (0.05, 1.0, 1),
    (0.7, 1.0, 2),
    (0.7, 1.0, 4),
    (3.0, 1.0, 6),
    (3.0, 2.5, 6),
    (8.0, 1.3, 12),
    (8.0, 6.0, 25),
    (40.0, 1.0, 55),
    (40.0, 12.0, 90),
    (60.0, 3.0, 70),
]


@pytest.mark.parametrize(("mean", "dispersion", "stock"), CASES)
def test_the_tail_is_the_negative_binomials(mean: float, dispersion: float, stock: int) -> None:
    found = tail(one(mean), one(dispersion), one(stock))[0]
    assert found == pytest.approx(reached(stock, mean, dispersion), rel=0.03)


@pytest.mark.parametrize(("mean", "dispersion", "stock"), CASES)
def test_what_is_lost_is_the_slope_of_the_loss_function(
    mean: float, dispersion: float, stock: int
) -> None:
    step = 0.01 * mean
    slope = (lost(stock, mean + step, dispersion) - lost(stock, mean - step, dispersion)) / 2 / step
    found = lost_share(one(mean), one(dispersion), one(stock))[0]
    assert found == pytest.approx(slope, rel=0.03)


def test_at_dispersion_one_both_are_poissons_tail() -> None:
    """P(D ≥ 3) at mean 2 is 1 − 5e⁻² = 0.3233 (tables of the Poisson distribution)."""
    assert tail(one(2.0), one(1.0), one(3.0))[0] == pytest.approx(0.3233, rel=0.01)
    assert lost_share(one(2.0), one(1.0), one(3.0))[0] == pytest.approx(0.3233, rel=0.01)


@pytest.mark.parametrize(("mean", "dispersion"), [(2000.0, 1.5), (2000.0, 40.0), (90.0, 200.0)])
def test_beyond_the_tables_scaling_keeps_the_distances(mean: float, dispersion: float) -> None:
    stock = math.floor(mean + 1.5 * math.sqrt(mean * dispersion))
    found = tail(one(mean), one(dispersion), one(stock))[0]
    assert found == pytest.approx(reached(stock, mean, dispersion), rel=0.12)


def test_without_stock_all_is_lost_and_more_stock_loses_less() -> None:
    assert tail(one(0.2), one(2.0), one(0.0))[0] == 1
    assert lost_share(one(0.2), one(2.0), one(-3.0))[0] == 1
    stocks = np.arange(0.0, 60.0, 0.5)
    shares = lost_share(one(9.0), one(2.0), stocks)
    assert (np.diff(shares) <= 1e-9).all()
    rising = lost_share(np.linspace(0.01, 150, 300), one(2.0), one(40.0))
    assert (np.diff(rising) >= -1e-9).all()


def test_quantiles_are_the_smallest_demands_that_are_likely_enough() -> None:
    """Poisson with mean 3: P(D ≤ 2) = .423, P(D ≤ 3) = .647, P(D ≤ 6) = .966, P(D ≤ 7) = .988."""
    found = quantiles(one(3.0), 1.0, np.array([0.42, 0.5, 0.95, 0.98]))[:, 0]
    assert found.tolist() == [2, 3, 6, 7]
