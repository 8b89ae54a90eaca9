"""Pure decisions of settling: where a payment may go, what it settles, how old a debt is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from supply.open_items.terms import PaymentState

MOVES: Mapping[PaymentState, frozenset[PaymentState]] = {
    PaymentState.ANNOUNCED: frozenset(
        {PaymentState.CONFIRMED, PaymentState.DENIED, PaymentState.WITHDRAWN}
    ),
    PaymentState.CONFIRMED: frozenset({PaymentState.ANNOUNCED, PaymentState.WITHDRAWN}),
    PaymentState.DENIED: frozenset({PaymentState.ANNOUNCED}),
    PaymentState.WITHDRAWN: frozenset(),
}
"""Where a payment may go from where it stands; back to announced is taking an answer back."""


def may_move(before: PaymentState, after: PaymentState, *, announced: bool) -> bool:
    """Return whether a payment may go from ``before`` to ``after``.

    ``announced``: the practice said it. One that the supplier wrote down by itself was never
    announced: it is taken back whole, and one that was announced is not.
    """
    if before is PaymentState.CONFIRMED:
        wanted = PaymentState.ANNOUNCED if announced else PaymentState.WITHDRAWN
        return after is wanted
    return after in MOVES[before]


@dataclass(frozen=True, slots=True)
class Open:
    """What is open of an item, in minor units."""

    item_id: int
    minor: int


def spread(minor: int, items: Iterable[Open]) -> list[Open]:
    """Return which part of ``minor`` goes to which of ``items``, in their order."""
    parts = []
    for item in items:
        part = min(minor, item.minor)
        if part > 0:
            parts.append(Open(item.item_id, part))
            minor -= part
    return parts


AGES = (0, 30, 60)
"""Days overdue at most of each age but the last: not due, 1-30, 31-60; then over 60."""


def age(due_on: dt.date | None, today: dt.date) -> int:
    """Return the age of a debt as its place in :data:`AGES`; past the last is the oldest."""
    late = (today - due_on).days if due_on else 0
    return next((place for place, most in enumerate(AGES) if late <= most), len(AGES))
