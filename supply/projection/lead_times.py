"""How long orders take: a supplier's own past, shrunk to what the catalogue states.

The share of each number of days is a Dirichlet mean: the supplier's own orders, and a few
pseudo-orders spread around the stated time as suppliers' times are spread around their means
(empirical Bayes, Efron & Morris, *Data analysis using Stein's estimator*, JASA 70, 1975).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from supply.projection.arrays import Floats, Whole

PSEUDO_ORDERS: Final = 4.0
"""Orders that the stated lead time counts for, beside those seen."""

UNLIKELY: Final = 1e-4
"""Shares of lead times below this are not looked at."""

USUAL_RATIOS: Final = np.array([0.55, 0.7, 0.8, 0.87, 0.93, 1.0, 1.05, 1.13, 1.3, 1.7])
"""Lead time over its supplier's mean, at ten even quantiles, where nothing is pooled yet."""


def around(stated: Floats, ratios: Floats, longest: int) -> Floats:
    """Return shares by days 1..``longest``, (suppliers, longest): ``ratios`` of each stated time.

    Args:
        stated: days the catalogue states, or a supplier's mean, (suppliers,).
        ratios: how times stand to their supplier's mean, pooled over suppliers, any length.
    """
    days = np.rint(stated[:, None] * ratios).astype(np.int64)
    return shares_of(counted(np.clip(days, 1, longest), longest))


def counted(days: Whole, longest: int) -> Floats:
    """Return how many orders took each number of days: (suppliers, orders) → (suppliers, longest).

    Negative or absurd days (dirty dates) are to be left out before: 0 stands for no order.
    """
    counts = np.zeros((days.shape[0], longest + 1))
    rows = np.broadcast_to(np.arange(days.shape[0])[:, None], days.shape)
    np.add.at(counts, (rows, np.clip(days, 0, longest)), 1.0)
    return counts[:, 1:]


def shares_of(counts: Floats) -> Floats:
    """Return counts as shares of their row."""
    shares: Floats = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)
    return shares


def learned(counts: Floats, prior: Floats, pseudo_orders: float = PSEUDO_ORDERS) -> Floats:
    """Return the shares of lead times, (rows, days): what was seen, shrunk to ``prior``.

    Called twice where a product has a record of its own: its supplier's shares are its prior.
    """
    return shares_of(counts + pseudo_orders * prior)


def mean_days(shares: Floats) -> Floats:
    """Return the mean lead time in days, (rows,)."""
    days: Floats = shares @ np.arange(1, shares.shape[1] + 1)
    return days


def longest_days(shares: Floats) -> Whole:
    """Return the longest lead time that is at all likely, in days, (rows,)."""
    days: Whole = shares.shape[1] - np.argmax(shares[:, ::-1] > UNLIKELY, axis=1)
    return days


def still_to_wait(shares: Floats, waited: Whole) -> Floats:
    """Return shares by days from today, 0 the first column, of orders that have waited already.

    Args:
        shares: of the lead time by days 1.., (orders, days).
        waited: days since the order was placed, (orders,); it has not come by this morning's post.

    An order that outlasted every lead time seen is taken to come tomorrow.
    """
    longest = shares.shape[1]
    days = np.arange(longest + 1)
    taken = waited[:, None] + days
    found = np.take_along_axis(shares, np.clip(taken - 1, 0, longest - 1), axis=1)
    left = np.where((taken >= 1) & (taken <= longest), found, 0.0)
    left[left.sum(axis=1) <= 0, 1] = 1.0
    return shares_of(left)
