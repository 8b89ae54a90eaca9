"""How likely demand is to pass a stock: the negative binomial's tail, and what it would lose.

Unbooked demand over some days has mean ``mean`` and variance ``dispersion · mean``, as a negative
binomial (Poisson at dispersion 1): Nahmias & Smith, *Optimizing inventory levels in a two-echelon
retailer system with partial lost sales*, Management Science 40 (1994); Syntetos & Boylan,
*On the stock control performance of intermittent demand estimators*, IJPE 103 (2006).

Both functions are read off tables made once (a quarter of a second, at first use) from the exact
probabilities, because summing them anew for each item and day would cost a hundred times as much.
Logarithms are interpolated; the error stays under a few percent of the value, far below what is
known of any mean. Beyond the tables' reach quantities are scaled down, keeping mean, variance and
(while they can) skewness.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from supply.projection.arrays import Floats

LARGEST_MEAN = 64.0
LARGEST_DISPERSION = 32.0
LARGEST_STOCK = 640
"""Where the tables end; larger means are scaled down to them."""

MEANS = 112
"""Means are tabled evenly by their fourth root: densely near none, a third of a standard
deviation apart at the far end."""
SMALLEST_MEAN = 4
"""The first row that is made; smaller means read as this one."""
DISPERSIONS = 28
NEAR_POISSON = 0.1
"""Dispersions are tabled evenly by log(dispersion − 1 + this): close to 1 a little says much."""
WHOLE_STOCKS = 32
STOCK_RATIO = 1.06
"""Stocks are tabled one by one up to 32, then every 6 %."""
LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class Tables:
    """Logarithms over (mean, dispersion, stock), flat; the stocks tabled, the one below each whole
    stock, and one over the step to the next."""

    tail: NDArray[np.float32]
    lost: NDArray[np.float32]
    stocks: Floats
    below: NDArray[np.intp]
    steps: Floats


def tail(mean: Floats, dispersion: Floats, stock: Floats) -> Floats:
    """Return the probability that demand reaches ``stock`` units or more; 1 at or below none."""
    return _read(tables().tail, mean, dispersion, stock)


def lost_share(mean: Floats, dispersion: Floats, stock: Floats) -> Floats:
    """Return the share lost of what is demanded just after ``mean`` units were expected.

    It is the derivative by the mean of the loss function E(D − stock)⁺ (Axsäter, *Inventory
    Control*, 3rd ed., ch. 5): multiplied by a day's demand it says what that day loses.
    """
    return _read(tables().lost, mean, dispersion, stock)


def _read(table: NDArray[np.float32], mean: Floats, dispersion: Floats, stock: Floats) -> Floats:
    mean, dispersion, stock = _scaled(mean, dispersion, stock)
    made = tables()
    i, part_i = _place(_mean_index(mean), MEANS - SMALLEST_MEAN + 1)
    j, part_j = _place(_dispersion_index(dispersion), DISPERSIONS)
    k, part_k = _stock_place(made, stock)
    corner = (i * DISPERSIONS + j) * made.stocks.size + k
    up, across = DISPERSIONS * made.stocks.size, made.stocks.size
    low = _between(table, corner, part_k, across, part_j)
    high = _between(table, corner + up, part_k, across, part_j)
    shares: Floats = np.exp(low + (high - low) * part_i).astype(np.float64)
    return np.where(stock <= 0, 1.0, shares)


def _between(
    table: NDArray[np.float32],
    corner: NDArray[np.intp],
    part_k: Floats,
    across: int,
    part_j: Floats,
) -> Floats:
    near, after = _take(table, corner), _take(table, corner + 1)
    near += (after - near) * part_k
    corner = corner + across
    far, after = _take(table, corner), _take(table, corner + 1)
    far += (after - far) * part_k
    between: Floats = near + (far - near) * part_j
    return between


def _take(table: NDArray[np.float32], index: NDArray[np.intp]) -> Floats:
    return table.take(index, mode="clip").astype(np.float64)


def _place(index: Floats, length: int) -> tuple[NDArray[np.intp], Floats]:
    """Return the node below each index, and how far on to the next it is."""
    whole = np.clip(index, 0, length - 1.000001)
    below = whole.astype(np.intp)
    return below, whole - below


def _stock_place(made: Tables, stock: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Return the tabled stock below each stock, and how far on to the next it is."""
    within = np.clip(stock, 0, LARGEST_STOCK - 1e-6)
    below = made.below[within.astype(np.intp)]
    return below, (within - made.stocks[below]) * made.steps[below]


def _scaled(mean: Floats, dispersion: Floats, stock: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the three within the tables: the same distance in standard deviations, scaled."""
    scale = np.maximum(mean / LARGEST_MEAN, dispersion / LARGEST_DISPERSION)
    large = scale > 1
    if not large.any():
        return mean, dispersion, stock
    scale = np.where(large, scale, 1.0)
    small_mean = mean / scale
    small = np.maximum(dispersion / scale, 1.0)
    distance = (stock - mean) / np.sqrt(np.maximum(mean * dispersion, LEAST))
    moved = small_mean + distance * np.sqrt(small_mean * small)
    return small_mean, small, np.where(large & (stock > 0), moved, stock)


def _mean_index(mean: Floats) -> Floats:
    root: Floats = np.sqrt(np.sqrt(np.maximum(mean, 0))) * (MEANS / LARGEST_MEAN**0.25)
    return root - SMALLEST_MEAN


def _dispersion_index(dispersion: Floats) -> Floats:
    span = np.log((LARGEST_DISPERSION - 1 + NEAR_POISSON) / NEAR_POISSON)
    above = np.log(np.maximum(dispersion - 1, 0) / NEAR_POISSON + 1)
    index: Floats = above * ((DISPERSIONS - 1) / span)
    return index


@cache
def tables() -> Tables:
    """Return the tables, made at first use from the exact probabilities."""
    means = (np.arange(SMALLEST_MEAN, MEANS + 1) / MEANS) ** 4 * LARGEST_MEAN
    largest = LARGEST_DISPERSION - 1 + NEAR_POISSON
    dispersions = 1 - NEAR_POISSON + np.geomspace(NEAR_POISSON, largest, DISPERSIONS)
    stocks = _tabled_stocks()
    made = [_curves(mean, dispersions, stocks) for mean in means]
    tails, losts = (np.concatenate([pair[n].ravel() for pair in made]) for n in (0, 1))
    below = np.searchsorted(stocks, np.arange(LARGEST_STOCK), side="right") - 1
    return Tables(tails, losts, stocks.astype(np.float64), below, 1 / np.diff(stocks))


def _tabled_stocks() -> NDArray[np.intp]:
    """Return the whole stocks that are tabled, one by one at first, then ever further apart."""
    ratios = WHOLE_STOCKS * STOCK_RATIO ** np.arange(80)
    far = np.unique(np.rint(ratios[ratios < LARGEST_STOCK]).astype(np.intp))
    return np.concatenate([np.arange(WHOLE_STOCKS), far, [LARGEST_STOCK]])


def _curves(
    mean: float, dispersions: Floats, stocks: NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the logarithms of both functions for one mean, by dispersion and stock."""
    step = 1e-4
    reach = exact_tails(mean, dispersions)
    more = losses(exact_tails(mean * (1 + step), dispersions)) - losses(reach)
    share = np.clip(more / (step * mean), LEAST, 1)
    tail_curve, lost_curve = (
        np.log(np.maximum(curve[:, stocks], LEAST)).astype(np.float32) for curve in (reach, share)
    )
    return tail_curve, lost_curve


def exact_tails(mean: float, dispersions: Floats) -> Floats:
    """Return P(D ≥ x) for x from 0 to :data:`LARGEST_STOCK`, a row for each dispersion."""
    demands = np.arange(LARGEST_STOCK + 1)
    excess = np.maximum(dispersions - 1, 1e-9)[:, None]
    size = mean / excess
    ratios = (size + demands) / (demands + 1) * (excess / (1 + excess))
    logs = np.concatenate([-size * np.log1p(excess), np.log(ratios[:, :-1])], axis=1).cumsum(axis=1)
    reversed_tails = np.exp(logs)[:, ::-1].cumsum(axis=1)
    tails: Floats = np.minimum(reversed_tails[:, ::-1], 1.0)
    return tails


def losses(tails: Floats) -> Floats:
    """Return E(D − x)⁺ for each x, from P(D ≥ x): the sum of the tails above x."""
    above: Floats = tails[:, ::-1].cumsum(axis=1)[:, ::-1] - tails
    return above
