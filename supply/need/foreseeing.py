"""What items at clinics will need and have, and what to order: said of each of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

from supply.alerts.scope import Place, Scope
from supply.db import AnyRow
from supply.inventory.queries import Usable
from supply.need.bookings import Taking
from supply.need.buying import best
from supply.need.laying_out import COVER, Layout
from supply.need.lead_times import span
from supply.need.reading import Read, Supposed, Target, read
from supply.need.supplies import Coming
from supply.projection.proposing import judge_many

__all__ = ["AHEAD", "COVER", "Foresight", "Supposed", "Target", "foresee"]

AHEAD: Final = 90
"""Days looked ahead: a course of weekly sessions, and the longest lead time after it."""

LEAST_LEFT: Final = 0.05
"""Units below which nothing is said to be left of a lot: what is expected is no whole number."""


class Foresight(Layout):
    """Some items at clinics, this morning: see :func:`foresee`."""

    def __init__(self, scope: Scope, targets: Sequence[Target], rows: Read, days: int) -> None:
        """Decide on what was read."""
        super().__init__(scope, targets, rows, days)
        self.offers = rows.prices
        self.made = judge_many(self.known, self.ahead)
        self._hurry()

    def _hurry(self) -> None:
        """Choose another supplier where the usual one would come too late, and decide anew."""
        changed = False
        for row, target in enumerate(self.targets):
            offers = self._read.offers.get(target.pair, ())
            short = int(self.made.first_short[row])
            if len(offers) > 1 and short >= 0:
                found = best(offers, short)
                if found != self.chosen[row]:
                    self.chosen[row], changed = found, True
        if changed:
            del self.ahead
            self.made = judge_many(self.known, self.ahead)

    def is_used(self, row: int) -> bool:
        """Return whether an item is used or booked at all."""
        return bool(self.made.rate[row] > 0 or self.booked[row].any())

    def item(self, row: int) -> AnyRow:
        """Return the row of an item: its name, code, unit, container and content."""
        return self._read.items[self.targets[row].item_id]

    def day(self, row: int, ahead: int) -> dt.date | None:
        """Return the clinic's day so many days ahead; None for never."""
        here: Place = self.scope.places[self.targets[row].clinic_id]
        return None if ahead < 0 else here.today + dt.timedelta(days=int(ahead))

    def order_by(self, row: int) -> dt.date | None:
        """Return the last day on which ordering is likely to come in time; None for never."""
        if not self.is_used(row):
            return None
        return self.day(row, 0 if bool(self.made.firing[row]) else int(self.made.order_by[row]))

    def base(self, row: int, units: float) -> Decimal:
        """Return units in the item's base unit, to what can be said of it."""
        return Decimal(str(round(units * float(self.unit[row]), 3)))

    def lacking(self, row: int, days: int) -> Decimal:
        """Return by how much need is expected to be above what there is or comes, in some days."""
        needed = float(self.booked[row][:days].sum()) + float(self.made.rate[row]) * days
        return self.base(row, needed - float(self.made.position[row]))

    def available(self, row: int) -> Decimal:
        """Return what may be drawn now, in the base unit."""
        usable = self._read.usable.get(self.targets[row].pair, ())
        return sum((one.quantity for one in usable), Decimal("0.000"))

    def coming_of(self, row: int) -> Sequence[Coming]:
        """Return what open orders still bring of it."""
        return self._read.coming.get(self.targets[row].pair, ())

    def takings_of(self, row: int) -> Sequence[Taking]:
        """Return what booked sessions take of it, by day."""
        return self._read.takings.get(self.targets[row].pair, ())

    def usable_of(self, row: int) -> Sequence[Usable]:
        """Return what may be drawn of it, lot by lot."""
        return self._read.usable.get(self.targets[row].pair, ())

    def learned(self, row: int) -> Any:
        """Return what was learned of it as it is kept; None where nothing is yet."""
        return self._read.learned.get(self.targets[row].pair)

    def is_borrowed(self, row: int) -> bool:
        """Return whether its use is lent by sister clinics, or by the treatments it goes into."""
        learned = self.learned(row)
        return learned is not None and bool(learned.borrowed)

    def reckoned_from(self, row: int) -> dict[str, Any] | None:
        """Return the sessions that its use is reckoned from; None where it is known otherwise."""
        learned = self.learned(row)
        if learned is None or learned.reckoned_from is None:
            return None
        return {**learned.reckoned_from, "days": learned.days}

    def takes(self, row: int) -> tuple[int, int]:
        """Return within how many days nine of ten orders of it come: (from, to)."""
        return span(self._lead(row))

    def ending(self, row: int) -> list[tuple[int, dt.date, Decimal]]:
        """Return (lot, its last day, what is expected to be left) in the order they end."""
        expiring = self.made.expiring[row]
        lots, last = self.shelves.lots[row], self.shelves.supplies.last_day[row]
        found = []
        for column in np.flatnonzero(expiring > LEAST_LEFT):
            day = self.day(row, int(last[column]))
            if lots[column] and day is not None:
                found.append((int(lots[column]), day, self.base(row, expiring[column])))
        return sorted(found, key=lambda one: (one[1], one[0]))


def foresee(
    scope: Scope,
    targets: Sequence[Target],
    supposed: Supposed | None = None,
    *,
    days: int = AHEAD,
    at_once: bool = False,
) -> Foresight:
    """Return what items at clinics of ``scope`` will need and have over the coming days.

    A fixed number of statements, however many items there are. What past use taught is read as it
    was learned last: see :func:`supply.need.learning.learn`. With ``at_once`` what no sweep has
    come upon yet is read from the ledger, item by item.
    """
    rows = read(scope, targets, supposed or Supposed(), days, at_once=at_once)
    return Foresight(scope, targets, rows, days)
