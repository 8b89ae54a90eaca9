"""One item's days ahead: what is expected to be usable, its range, and when it falls short.

Demand to date takes its quantiles at once on all days, and arrivals theirs: every pair of levels is
one course of events, burnt like the expected one. So each day's range is right by itself, with
lots, expiries and late orders as they are, and needs no chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from supply.projection.arrays import Floats, Whole
from supply.projection.burn import NEVER, Burnt, Supplies, burn, first_day
from supply.projection.chance import tail
from supply.projection.lead_times import still_to_wait

LOW: Final = 0.05
HIGH: Final = 0.95
DEMAND_LEVELS: Final = (np.arange(16) + 0.5) / 16
ARRIVAL_LEVELS: Final = (np.arange(4) + 0.5) / 4
WHOLE: Final = 64
"""Demands are looked at one by one up to this many units, then ever further apart."""
SHORT: Final = 1e-6
"""Units below which nothing is called short."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item, as known this morning."""

    supplies: Supplies
    """What is usable, (1, lots), in drawing order."""
    ordered: Floats
    """Units on order, (orders,)."""
    waited: Whole
    """Days since each was placed, (orders,)."""
    lead: Floats
    """Shares of the lead time by days 1.., (longest,)."""
    booked: Floats
    """Units booked by day, today first, waste among them, (days,)."""
    rate: float
    """Unbooked units a day, waste among them."""
    dispersion: float
    """Variance over mean of unbooked use."""
    service_level: float
    """How sure the clinic wants to be of not running out."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The days ahead, today first."""

    usable: Floats
    """Units expected to be usable at each day's close, (days,)."""
    low: Floats
    """In one case of twenty it is less, (days,)."""
    high: Floats
    """In one case of twenty it is more, (days,)."""
    first_short: int
    """First day on which need is expected unmet; −1 if none."""
    first_short_cautious: int
    """The same if demand and arrivals go as badly as the service level wants to be safe from."""
    expiring: Floats
    """Units expected to be left when a lot ends within the days, (lots,)."""


def look_ahead(item: Item) -> Outlook:
    """Return how an item is expected to last over the days of its bookings."""
    levels = _levels(item)
    need = _needs(item, levels[:, 0])
    burnt = burn(_supplies(item, levels[:, 1]), need)
    expected, scenarios = burnt.usable[0], burnt.usable[2:]
    low, high = np.quantile(scenarios, (LOW, HIGH), axis=0, method="hazen")
    short = _first_short(burnt)
    return Outlook(
        usable=expected,
        low=np.minimum(low, expected),
        high=np.maximum(high, expected),
        first_short=int(short[0]),
        first_short_cautious=int(short[1]),
        expiring=burnt.expired[0, : item.supplies.units.shape[1]],
    )


def _first_short(burnt: Burnt) -> Whole:
    return first_day(burnt.unmet > SHORT)


def _levels(item: Item) -> Floats:
    """Return (level of demand, level of arrival) by course of events.

    The first is the expected one, the second as bad as the service level; then every pair.
    """
    arrivals = ARRIVAL_LEVELS if item.ordered.size else np.array([0.5])
    pairs = np.array(np.meshgrid(DEMAND_LEVELS, arrivals)).reshape(2, -1).T
    cautious = (item.service_level, item.service_level)
    return np.vstack([(0.5, 0.5), cautious, pairs])


def _needs(item: Item, levels: Floats) -> Floats:
    """Return need by course of events and day: booked, and unbooked at its level."""
    days = np.arange(1.0, item.booked.size + 1)
    means: Floats = item.rate * days
    unbooked = np.diff(quantiles(means, item.dispersion, levels), axis=1, prepend=0.0)
    unbooked[0] = item.rate
    needs: Floats = item.booked + unbooked
    return needs


def quantiles(means: Floats, dispersion: float, levels: Floats) -> Floats:
    """Return demand to date at each level, (levels, days), never falling.

    Args:
        means: units expected by each day, (days,).
        dispersion: variance over mean.
        levels: probabilities that demand stays at or below, (levels,).
    """
    most = float(means.max(initial=0.0))
    reach = most + 10 * np.sqrt(most * dispersion) + 12 * dispersion
    far = np.geomspace(WHOLE, max(reach, WHOLE + 1), 48)[1:]
    demands = np.concatenate([np.arange(min(WHOLE, int(reach) + 1) + 1), np.rint(far)])
    reached = tail(means[:, None], np.array([[dispersion]]), demands[None, :].astype(np.float64))
    likely = (reached[None, :, :] > (1 - levels)[:, None, None]).sum(axis=2)
    at_level = demands[np.maximum(likely - 1, 0)] * (means > 0)
    rising: Floats = np.maximum.accumulate(at_level.astype(np.float64), axis=1)
    return rising


def _supplies(item: Item, levels: Floats) -> Supplies:
    """Return what is there, and what is on order at its day by course of events."""
    courses, orders = levels.size, item.ordered.size
    arrival = arrival_days(
        np.broadcast_to(item.lead, (orders, item.lead.size)), item.waited, levels
    )
    there = item.supplies
    return Supplies(
        units=np.hstack(
            [np.repeat(there.units, courses, 0), np.broadcast_to(item.ordered, (courses, orders))]
        ),
        first_day=np.hstack([np.repeat(there.first_day, courses, 0), arrival]),
        last_day=np.hstack(
            [np.repeat(there.last_day, courses, 0), np.full((courses, orders), NEVER)]
        ),
    )


def arrival_days(lead: Floats, waited: Whole, levels: Floats) -> Whole:
    """Return the day by which each open order has come with each probability, (levels, orders).

    Args:
        lead: shares of each order's lead time by days 1.., (orders, longest).
        waited: days since each was placed, (orders,).
        levels: probabilities, (levels,).
    """
    by_then = still_to_wait(lead, waited).cumsum(axis=1)
    before = by_then[None, :, :] < levels[:, None, None] - 1e-9
    days: Whole = before.sum(axis=2)
    return days
