"""What a month's losses come to: pure rules over what the ledger says."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from supply.inventory.terms import WasteCause
from supply.quantity import ZERO

TOP = 5
"""Items that are named of a month."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What was lost of an item for one cause; of None, what counts and corrections missed.

    Negative where more was found than had been missed. ``unpriced`` of it has no known cost.
    """

    item_id: int
    name: str
    cause: WasteCause | None
    minor: int
    quantity: Decimal
    unpriced: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Month:
    """What was lost at a clinic in a month, and what was used shortly before it expired."""

    first: dt.date
    lost: Sequence[Lost] = ()
    used_in_time: int = 0
    """What it cost, in the currency's minor units."""

    @property
    def by_cause(self) -> Mapping[WasteCause, int]:
        """What was wasted by cause, the most costly first."""
        sums: dict[WasteCause, int] = defaultdict(int)
        for one in self.lost:
            if one.cause is not None:
                sums[one.cause] += one.minor
        return dict(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0].value)))

    @property
    def wasted(self) -> int:
        """What all that was wasted cost."""
        return sum(self.by_cause.values())

    @property
    def expired(self) -> int:
        """What of it expired on the shelf."""
        return self.by_cause.get(WasteCause.EXPIRED, 0)

    @property
    def left_over(self) -> int:
        """What of it was the rest of containers that serve one patient."""
        return self.by_cause.get(WasteCause.SINGLE_DOSE_REMAINDER, 0)

    @property
    def missing(self) -> int:
        """What counts and corrections missed cost, less what they found."""
        return sum(one.minor for one in self.lost if one.cause is None)

    @property
    def total(self) -> int:
        """What was wasted or missed."""
        return self.wasted + self.missing

    @property
    def is_unpriced(self) -> bool:
        """Whether some of what was lost has no known cost."""
        return any(one.unpriced for one in self.lost)

    @property
    def top(self) -> list[ItemLost]:
        """The items that cost most, the dearest first; those that cost nothing are left out."""
        items: dict[int, ItemLost] = {}
        for one in self.lost:
            items.setdefault(one.item_id, ItemLost(one.item_id, one.name)).add(one)
        found = (one for one in items.values() if one.minor > 0)
        return sorted(found, key=lambda one: (-one.minor, one.name, one.item_id))[:TOP]


@dataclass(slots=True)
class ItemLost:
    """What was lost of an item, for which cause most."""

    item_id: int
    name: str
    minor: int = 0
    quantity: Decimal = ZERO
    causes: dict[WasteCause | None, int] = field(default_factory=dict)

    def add(self, lost: Lost) -> None:
        """Count some of it."""
        self.minor += lost.minor
        self.quantity += lost.quantity
        self.causes[lost.cause] = self.causes.get(lost.cause, 0) + lost.minor

    @property
    def cause(self) -> WasteCause | None:
        """What most of it was lost for."""
        return max(self.causes, key=lambda cause: self.causes[cause])


def month_of(day: dt.date) -> dt.date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def before(first: dt.date) -> dt.date:
    """Return the first day of the month before the one that begins on ``first``."""
    return month_of(first - dt.timedelta(days=1))


def after(first: dt.date) -> dt.date:
    """Return the first day of the month after the one that begins on ``first``."""
    return month_of(first + dt.timedelta(days=31))
