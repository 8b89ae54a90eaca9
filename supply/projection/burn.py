"""Stock used up day by day, first expired first out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from supply.projection.arrays import Flags, Floats, Whole

NEVER: Final = 1_000_000
"""The last day of what has no date."""


@dataclass(frozen=True, slots=True)
class Supplies:
    """What there is and what comes, (items, columns), each row in the order it is drawn."""

    units: Floats
    """Usable units; 0 where an item has fewer columns."""
    first_day: Whole
    """When it can be used from: 0 for what is there, the day of arrival for what is on order."""
    last_day: Whole
    """Until when: the expiry day, an open container's last whole day, or :data:`NEVER`."""


@dataclass(frozen=True, slots=True)
class Burnt:
    """How supplies last."""

    usable: Floats
    """Units usable at the close of each day, (items, days)."""
    unmet: Floats
    """Units needed that day and not there, (items, days)."""
    left: Floats
    """Units left of each column when it ended or after the last day, (items, columns)."""
    expired: Floats
    """Units of each column unused at its end, where that falls within the days."""


def in_drawing_order(supplies: Supplies, opened: Flags) -> Supplies:
    """Return supplies as they are drawn: open containers first, by their end, then by expiry.

    Equal ends stay in the order given (by receipt).
    """
    key = supplies.last_day + np.where(opened, 0, 2 * NEVER)
    order = np.argsort(key, axis=1, kind="stable")
    return Supplies(
        np.take_along_axis(supplies.units, order, axis=1),
        np.take_along_axis(supplies.first_day, order, axis=1),
        np.take_along_axis(supplies.last_day, order, axis=1),
    )


def burn(supplies: Supplies, need: Floats) -> Burnt:
    """Return how supplies last under ``need`` by day, (items, days); what is unmet is lost."""
    items, days = need.shape
    left = supplies.units.copy()
    usable, unmet = np.empty((items, days)), np.empty((items, days))
    for day in range(days):
        there = left * ((supplies.first_day <= day) & (day <= supplies.last_day))
        reached = np.add.accumulate(there, axis=1)
        total, wanted = reached[:, -1], need[:, day]
        taken = np.maximum(wanted[:, None] - reached + there, 0.0)
        np.minimum(taken, there, out=taken)
        left -= taken
        met = np.minimum(wanted, total)
        usable[:, day] = total - met
        unmet[:, day] = wanted - met
    expired = np.where(supplies.last_day < days, left, 0.0)
    return Burnt(usable, unmet, left, expired)


def expected_to_expire(units: Floats, needed: Floats) -> Floats:
    """Return units of each lot expected to expire unused, (items, lots), in drawing order.

    All that is drawn up to and with a lot has to be used by the lot's end; what that is short of
    is gone by then. It counts no arrivals, which are drawn after, and so no days.

    Args:
        units: of each lot, (items, lots).
        needed: units needed until its end, that day among them, (items, lots).
    """
    gone = np.maximum.accumulate(np.maximum(units.cumsum(axis=1) - needed, 0.0), axis=1)
    return np.diff(gone, axis=1, prepend=0.0)


def first_day(happens: Flags) -> Whole:
    """Return the first day on which something happens, (items,); −1 where it never does."""
    day: Whole = np.where(happens.any(axis=1), happens.argmax(axis=1), -1).astype(np.int64)
    return day
