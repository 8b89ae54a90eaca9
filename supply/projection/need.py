"""What is needed by day: bookings on their day, in the containers they use up, and usual waste."""

from __future__ import annotations

import numpy as np

from supply.projection.arrays import Floats, Whole

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
    uses: Floats, content: Floats, window: Whole, open_units: Floats, open_until: Whole
) -> Floats:
    """Return what lapses in containers yet to be opened, by the day they are last usable.

    Uses within one container's time share it; what is left of it then is waste, which has to be
    stocked like use. What lapses in containers open already is not in it: the burn knows their
    ends.

    Args:
        uses: units used by day, (items, days).
        content: units in a container, (items,).
        window: days an open container is usable, the day of opening among them, (items,).
        open_units: what remains in containers open now, (items,).
        open_until: the last day they are usable, (items,).
    """
    lapsed = np.zeros_like(uses)
    left, until = open_units.copy(), open_until.copy()
    new = np.zeros(left.size, dtype=bool)
    for day in range(uses.shape[1]):
        over = until < day
        left[over] = 0.0
        beyond = np.maximum(uses[:, day] - left, 0.0)
        opened = np.ceil(beyond / content - ROUNDING)
        left = np.maximum(left + opened * content - uses[:, day], 0.0)
        opening = opened > 0
        until = np.where(opening, day + window - 1, until)
        new |= opening
        ending = new & (until == day)
        lapsed[:, day] = np.where(ending, left, 0.0)
    return lapsed


def expected(booked: Floats, rate: Floats, waste: Floats) -> Floats:
    """Return units expected to leave stock by day, (items, days).

    Args:
        booked: units by day, (items, days).
        rate: unbooked units a day, (items,).
        waste: units usually wasted for each unit used, (items,).
    """
    needed: Floats = (booked + rate[:, None]) * (1 + waste)[:, None]
    return needed
