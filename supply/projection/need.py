"""What is needed by day: bookings on their day, in the containers they use up, and usual waste."""

from __future__ import annotations

import numpy as np

from supply.projection.arrays import Flags, Floats, Whole
from supply.projection.burn import NEVER, Supplies

ROUNDING = 1e-9
"""What floats may lie above a whole number and still be it."""


def whole_containers(units: Floats, content: Floats) -> Floats:
    """Return what single-dose uses take from stock: whole containers, in the units given.

    A session that needs 0.12 ml of a 5 ml ampoule uses up 5 ml.
    """
    taken: Floats = np.ceil(units / content - ROUNDING) * content
    return taken


def by_day(item: Whole, day: Whole, units: Floats, items: int, days: int) -> Floats:
    """Return units by item and day, (items, days), from one row a booking.

    Bookings before today or beyond the last day are left out.
    """
    spread = np.zeros((items, days))
    within = (day >= 0) & (day < days)
    np.add.at(spread, (item[within], day[within]), units[within])
    return spread


def lapsing(
    uses: Floats, content: Floats, window: Whole, supplies: Supplies, opened: Flags
) -> Floats:
    """Return what lapses in containers yet to be opened, by the day they are last usable.

    Uses within one container's time share it; what is left of it then is waste, which has to be
    stocked like use. What is open already, and what ends with its lot, is not in it: the burn
    knows those ends. Where supplies do not suffice, containers are opened that are still to be
    bought.

    Args:
        uses: units used by day, (items, days).
        content: units in a container, (items,).
        window: days an open container is usable, the day of opening among them, (items,).
        supplies: what there is and comes, (items, columns), in drawing order.
        opened: which columns are containers that are open now, (items, columns).
    """
    lapsed = np.zeros_like(uses)
    there = supplies.units.copy()
    left, until, ends = (np.zeros(content.size), *np.full((2, content.size), NEVER))
    for day in range(uses.shape[1]):
        alive = (supplies.first_day <= day) & (day <= supplies.last_day)
        wanted, taken = _drawn(uses[:, day], there, alive & opened)
        there -= taken
        used = np.minimum(wanted, left)
        left, wanted = left - used, wanted - used
        missing = np.ceil(wanted / content - ROUNDING) * content
        beyond, taken = _drawn(missing, there, alive & ~opened)
        there -= taken
        opening = missing > 0
        last = np.where(taken > ROUNDING, supplies.last_day, 0).max(axis=1, initial=0)
        last = np.where(beyond > ROUNDING, NEVER, last)
        left = np.where(opening, missing - wanted, left)
        ends = np.where(opening, last, ends)
        until = np.where(opening, np.minimum(day + window - 1, last), until)
        lapsed[:, day] = np.where((until == day) & (until < ends), left, 0.0)
        left = np.where(until <= day, 0.0, left)
    return lapsed


def _drawn(wanted: Floats, there: Floats, may: Flags) -> tuple[Floats, Floats]:
    """Return what of ``wanted`` is not to be had, and what is taken of each column that ``may``."""
    usable = there * may
    before = np.add.accumulate(usable, axis=1) - usable
    taken = np.clip(wanted[:, None] - before, 0.0, usable)
    return np.maximum(wanted - taken.sum(axis=1), 0.0), taken


def expected(booked: Floats, rate: Floats, waste: Floats) -> Floats:
    """Return units expected to leave stock by day, (items, days).

    Args:
        booked: units by day, (items, days).
        rate: unbooked units a day, (items,).
        waste: units usually wasted for each unit used, (items,).
    """
    needed: Floats = (booked + rate[:, None]) * (1 + waste)[:, None]
    return needed
