"""Which products match and what each facet would leave: on the sheets of suppliers, in memory."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import reduce
from itertools import dropwhile
from operator import and_, or_

from supply.catalogue.finding.sheets import Bits, Sheet
from supply.catalogue.finding.values import FACETS, IN_STOCK, Value

Chosen = Mapping[str, Collection[Value]]
"""By facet the values of which a product has one."""

Place = tuple[int | str, int]
"""Where a product stands in a list: how it is sorted, and its id."""


@dataclass(slots=True)
class Shelf:
    """A supplier's sheet with its code, and which of its products match."""

    code: str
    sheet: Sheet
    matching: Bits = 0
    without: dict[str, Bits] = field(default_factory=dict)
    """By facet that something is chosen of: what matches but for that choice."""
    here: Bits = 0
    """What the clinic has in stock."""

    def match(self, chosen: Chosen, found: Set[int] | None, in_stock: Set[int]) -> None:
        """Find what matches: found by words (None: no words), and having a value of each facet."""
        start = self.sheet.everything if found is None else self.sheet.bits_of(found)
        self.here = self.sheet.bits_of(in_stock)
        bits = {facet: self._having_any(facet, values) for facet, values in chosen.items()}
        self.matching = reduce(and_, bits.values(), start)
        self.without = {
            facet: reduce(and_, (b for other, b in bits.items() if other != facet), start)
            for facet in bits
        }

    def _having_any(self, facet: str, values: Collection[Value]) -> Bits:
        return reduce(or_, (self._having(facet).get(value, 0) for value in values), 0)

    def _having(self, facet: str) -> Mapping[Value, Bits]:
        if facet == "supplier":
            return {self.code: self.sheet.everything}
        if facet == "stock":
            return {IN_STOCK: self.here}
        return self.sheet.having.get(facet, {})

    def count_into(self, counts: dict[str, dict[Value, int]]) -> None:
        """Add what choosing each value would leave of this supplier's products."""
        for facet in FACETS:
            base = self.without.get(facet, self.matching)
            if not base:
                continue
            sums = counts[facet]
            for value, bits in self._having(facet).items():
                if both := bits & base:
                    sums[value] = sums.get(value, 0) + both.bit_count()


def count(shelves: Collection[Shelf]) -> dict[str, dict[Value, int]]:
    """Return by facet and value how many products choosing it would leave, none left out of 0."""
    counts: dict[str, dict[Value, int]] = {facet: {} for facet in FACETS}
    for shelf in shelves:
        shelf.count_into(counts)
    return counts


def in_order(
    shelves: Collection[Shelf], levels: Mapping[int, int] | None, after: Place | None
) -> Iterator[Place]:
    """Yield the matching products after a place: by name, or the best found by words first."""
    if levels is None:
        by_name: Iterator[Place] = heapq.merge(
            *(shelf.sheet.entries(shelf.matching) for shelf in shelves)
        )
        return by_name if after is None else dropwhile(lambda place: place <= after, by_name)
    ranked: list[Place] = sorted(
        (-levels[key], key)
        for shelf in shelves
        if shelf.matching
        for _name, key in shelf.sheet.entries(shelf.matching)
    )
    return iter(ranked) if after is None else (place for place in ranked if place > after)
