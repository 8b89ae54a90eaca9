"""Pure decisions on a depot: which lots leave, first expired first, in whole packs."""

from __future__ import annotations

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from supply.inventory.rules import ShelfLife, Source, fefo, normalise_lot, shelf_life


class Show(enum.StrEnum):
    """Which lots of a depot are shown."""

    ALL = "all"
    SHORT = "short"
    """In date, and below the shelf life promised."""
    EXPIRED = "expired"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Packs of an order's line to be filled; ``usable_days`` is the shelf life promised.

    ``content`` and ``per_pack`` are what its pack holds; ``today`` is the clinic's day.
    """

    item_id: int
    packs: int
    per_pack: int
    content: Decimal
    usable_days: int | None
    today: dt.date


@dataclass(frozen=True, slots=True)
class Taken:
    """Sealed containers taken out of one place."""

    source: Source
    containers: int


@dataclass(frozen=True, slots=True)
class Pick:
    """Whole packs of one lot, and the places they are taken from."""

    lot_number: str
    expiry: dt.date | None
    packs: int
    taken: tuple[Taken, ...]


@dataclass(frozen=True, slots=True)
class Fill:
    """The picks that fill a need, what they leave short, and packs too near their expiry."""

    picks: tuple[Pick, ...]
    short: int
    too_near: int = 0


class Shelf:
    """What of a depot may leave, as needs are filled from it one after the other.

    What is expired or on hold is not among its ``sources``.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        """Put the sources in the order they leave, lot by lot."""
        self._left: dict[int, int] = {}
        self._lots: dict[tuple[int, int], list[Source]] = defaultdict(list)
        for source in fefo(sources):
            if source.container_id is None:
                self._lots[source.item_id, source.lot_id].append(source)
                self._left[source.balance_id] = int(source.quantity // source.content)

    def fill(self, wanted: Wanted) -> Fill:
        """Take what ``wanted`` asks for, lot after lot, as far as it goes."""
        picks: list[Pick] = []
        left, near = wanted.packs, 0
        for (item_id, _lot_id), places in self._lots.items():
            if item_id != wanted.item_id or places[0].content != wanted.content:
                continue
            packs = self._containers(places) // wanted.per_pack
            if shelf_life(places[0].expiry, wanted.usable_days, wanted.today) is ShelfLife.SHORT:
                near += packs
            elif left and packs:
                picks.append(self._pick(places, min(packs, left), wanted.per_pack))
                left -= picks[-1].packs
        return Fill(tuple(picks), left, near)

    def take(self, item_id: int, number: str, packs: int, per_pack: int) -> Pick | int:
        """Take ``packs`` of the lot ``number``, or return how many there are where too few are."""
        wanted = normalise_lot(number)
        for (of_item, _lot_id), places in self._lots.items():
            if of_item == item_id and normalise_lot(places[0].lot_number) == wanted:
                there = self._containers(places) // per_pack
                return self._pick(places, packs, per_pack) if packs <= there else there
        return 0

    def _containers(self, places: Sequence[Source]) -> int:
        return sum(self._left[source.balance_id] for source in places)

    def _pick(self, places: Sequence[Source], packs: int, per_pack: int) -> Pick:
        taken, left = [], packs * per_pack
        for source in places:
            containers = min(left, self._left[source.balance_id])
            if containers:
                self._left[source.balance_id] -= containers
                left -= containers
                taken.append(Taken(source, containers))
        return Pick(places[0].lot_number, places[0].expiry, packs, tuple(taken))


@dataclass(frozen=True, slots=True)
class Counted:
    """Sealed containers of a product, in packs."""

    containers: int
    per_pack: int

    @property
    def packs(self) -> int:
        """Whole packs."""
        return self.containers // self.per_pack

    @property
    def loose(self) -> int:
        """Containers beside whole packs."""
        return self.containers % self.per_pack


def free(sendable: int, promised: int) -> int:
    """Return how many packs may be promised anew: what may leave, without what is promised."""
    return max(sendable - promised, 0)
