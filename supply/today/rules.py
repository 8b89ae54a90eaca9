"""Which booked sessions cannot be given with what there is: a pure decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from supply.quantity import ZERO


@dataclass(frozen=True, slots=True)
class Shortage:
    """An item that runs out before the sessions booked with it do; quantities in base unit."""

    item_id: int
    first_day: dt.date
    """The day of the first session that is short."""
    sessions: int
    """How many sessions are short from then on."""
    needed: Decimal
    available: Decimal

    @property
    def missing(self) -> Decimal:
        """How much more is needed."""
        return self.needed - self.available


def shortages(
    needs: Iterable[tuple[int, dt.date, int, Decimal]], available: Mapping[int, Decimal]
) -> list[Shortage]:
    """Return the items short for booked sessions, the first short day first.

    ``needs`` are (session id, day, item id, quantity) by day; each takes its share of what is
    available, in that order.
    """
    total: dict[int, Decimal] = {}
    first: dict[int, dt.date] = {}
    short: dict[int, int] = {}
    for _session, day, item_id, quantity in needs:
        total[item_id] = total.get(item_id, ZERO) + quantity
        if total[item_id] > available.get(item_id, ZERO):
            first.setdefault(item_id, day)
            short[item_id] = short.get(item_id, 0) + 1
    found = [
        Shortage(item_id, day, short[item_id], total[item_id], available.get(item_id, ZERO))
        for item_id, day in first.items()
    ]
    return sorted(found, key=lambda shortage: (shortage.first_day, shortage.item_id))
