"""When to order: today, if waiting until tomorrow costs more than owning the packs a day earlier.

Marginal analysis (Hadley & Whitin, *Analysis of Inventory Systems*, 1963; the cost of a day's
delay instead of a service target, Axsäter, *Inventory Control*, ch. 5): what is placed today can be
used from the day it arrives; placed tomorrow, it misses that one day. The day's need, booked and
expected, is lost as far as the stock does not reach it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from supply.projection.arrays import Flags, Floats, Whole
from supply.projection.chance import lost_share, tail
from supply.projection.lead_times import UNLIKELY, longest_days

HALF_DAY: Final = 0.5
ROUNDING: Final = 1e-9
HALF_UNIT: Final = 0.5
PARTS: Final = (np.arange(3) + 0.5) / 3
"""Where in a booking the chance of reaching it is looked at."""


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed of each item from today on."""

    rate: Floats
    """Unbooked units expected a day, (items,)."""
    dispersion: Floats
    """Variance over mean of unbooked use, at least 1, (items,)."""
    booked: Floats
    """Units booked by day, today first, (items, days)."""


def lost_by_waiting(need: Need, position: Floats, lead: Floats) -> Floats:
    """Return units expected to be lost if the order is placed tomorrow instead of today.

    Args:
        need: of the items.
        position: units that can be counted on: usable and on order, (items,).
        lead: shares of lead times by days 1.., (items, longest).
    """
    booked = reaching(need.booked, lead.shape[1] + 1)
    until = np.cumsum(booked, axis=1)
    items, column = np.nonzero(lead > UNLIKELY)
    days = column + 1.0
    rate, spread = need.rate[items], need.dispersion[items]
    due = booked[items, column + 1]
    left = position[items] - until[items, column]
    lost = rate * lost_share(rate * (days + HALF_DAY), spread, left - due)
    has = np.flatnonzero(due > 0)
    if has.size:
        lost[has] += _booked_lost((rate * days)[has], spread[has], left[has], due[has])
    return np.bincount(items, lost * lead[items, column], position.size).astype(np.float64)


def _booked_lost(mean: Floats, dispersion: Floats, left: Floats, due: Floats) -> Floats:
    """Return units of those due that are expected to be lost, unbooked use going before them.

    What the stock cannot cover is lost for sure; each unit beyond as likely as demand reaches it.
    """
    unsure = np.minimum(due, np.maximum(left, 0.0))
    reached = np.zeros_like(due)
    for part in PARTS:
        reached += tail(mean, dispersion, left - unsure + HALF_UNIT + part * unsure)
    lost: Floats = due - unsure + unsure * reached / PARTS.size
    return lost


def reaching(booked: Floats, days: int) -> Floats:
    """Return the first ``days`` columns, with nothing booked beyond those given."""
    missing = days - booked.shape[1]
    return np.pad(booked, ((0, 0), (0, missing))) if missing > 0 else booked[:, :days]


def fires(need: Need, position: Floats, lead: Floats, cost: Floats) -> Flags:
    """Return whether to order today: waiting loses more than ``cost`` units.

    Also where what is booked before the order would come cannot be met already: the session may
    be moved, but not be given without.

    Args:
        need: of the items.
        position: see :func:`lost_by_waiting`.
        lead: shares of lead times by days 1.., (items, longest).
        cost: what it costs to own the order a day earlier, in lost units.
    """
    longest = longest_days(lead)
    booked = reaching(need.booked, lead.shape[1] + 1)
    firing = _short_by(booked, position, longest)
    close = np.flatnonzero(~firing & (_at_most_lost(need, position, longest) > cost))
    if close.size:
        near = Need(need.rate[close], need.dispersion[close], booked[close])
        firing[close] = lost_by_waiting(near, position[close], lead[close]) > cost[close]
    return firing


def _short_by(booked: Floats, position: Floats, day: Whole) -> Flags:
    """Return whether what is booked up to a day, today 0, is more than the position."""
    until = np.take_along_axis(booked.cumsum(axis=1), day[:, None], axis=1)[:, 0]
    short: Flags = until > np.maximum(position, 0) + ROUNDING
    return short


def _at_most_lost(need: Need, position: Floats, longest: Whole) -> Floats:
    """Return a bound on what waiting may lose, quick to tell: as if every order took longest."""
    booked = reaching(need.booked, int(longest.max(initial=0)) + 1).sum(axis=1)
    share = lost_share(need.rate * (longest + 1), need.dispersion, position - booked)
    most: Floats = (need.rate + booked) * share
    return most
