"""Pure decisions on moving stock: what goes from which place, which holds follow, whose clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from supply.quantity import ZERO


@dataclass(frozen=True, slots=True)
class HeldPart:
    """How much of a hold follows the stock; ``left`` stays (None: a hold of all that is there)."""

    hold_id: int
    follows: Decimal
    left: Decimal | None


def take(wanted: Decimal, free: Sequence[Decimal]) -> list[Decimal]:
    """Return how much of ``wanted`` to take of each source in order, at most what is free of it."""
    taken = []
    for there in free:
        part = min(max(there, ZERO), wanted)
        taken.append(part)
        wanted -= part
    return taken


def following(
    there: Decimal, moved: Decimal, holds: Sequence[tuple[int, Decimal | None]]
) -> list[HeldPart]:
    """Return what follows of the ``holds`` (id, quantity) on sealed stock of one lot in one place.

    What is free moves first; only what is moved beyond that takes its hold along. A hold of all
    that is there follows whatever moves, and stays on the rest.
    """
    found = [HeldPart(hold_id, moved, None) for hold_id, quantity in holds if quantity is None]
    counted = [(hold_id, quantity) for hold_id, quantity in holds if quantity is not None]
    held = sum((quantity for _id, quantity in counted), ZERO)
    beyond = min(moved - max(there - held, ZERO), held)
    for hold_id, quantity in counted:
        part = min(quantity, beyond)
        if part > 0:
            found.append(HeldPart(hold_id, part, quantity - part))
            beyond -= part
    return found


def shorter_clock(discard_at: dt.datetime | None, there: dt.datetime | None) -> dt.datetime | None:
    """Return when a container must go that lasts until one instant here and another ``there``."""
    return min(filter(None, (discard_at, there)), default=None)


@dataclass(frozen=True, slots=True)
class Count:
    """What one line says arrived: how much of which lot."""

    lot_id: int
    quantity: Decimal


def too_many(left: Mapping[int, Decimal], said: Sequence[Count]) -> dict[int, Decimal]:
    """Return by row of ``said`` how much is left of its lot, where the rows say more than that."""
    sums: dict[int, Decimal] = {}
    found = {}
    for row, one in enumerate(said):
        sums[one.lot_id] = sums.get(one.lot_id, ZERO) + one.quantity
        if sums[one.lot_id] > left.get(one.lot_id, ZERO):
            found[row] = left.get(one.lot_id, ZERO)
    return found
