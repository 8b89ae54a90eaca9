"""What stock cost: shares of a balance's cost, exact to the minor unit.

A receipt brings its cost with it, in the clinic's own currency. Whatever leaves a place takes its
share of what the stock there cost, rounded half to even, and the last of it takes all that is
left: what went out adds up to what came in. The share is written into the move when it happens
and never looked at again, so later receipts reprice nothing.

Stock whose cost nobody told (an opening balance, goods without an order) is *not known*, never
zero: beside each cost stands for how much of the quantity it is the cost.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from supply.quantity import ZERO, from_thousandths, to_thousandths


class Cost(NamedTuple):
    """``minor`` units of the clinic's currency for ``costed`` (base unit) of a quantity.

    Of the rest of the quantity the cost is not known.
    """

    costed: Decimal = ZERO
    minor: int = 0


NOT_KNOWN = Cost()


class Costed(Protocol):
    """A balance row, as far as costs need it."""

    @property
    def quantity(self) -> Decimal:
        """All that is there."""

    @property
    def costed(self) -> Decimal:
        """For how much of it the cost is known."""

    @property
    def cost_minor(self) -> int:
        """What that much cost."""


def share(there: Decimal, cost: Cost, quantity: Decimal) -> Cost:
    """Return what ``quantity`` of ``there``, which cost ``cost``, takes of it; all takes all."""
    if quantity >= there or not cost.costed:
        return cost
    if cost.costed == there:
        return Cost(quantity, _part(cost.minor, quantity, there))
    whole, taken, known = map(to_thousandths, (there, quantity, cost.costed))
    part = max(_rounded(known * taken, whole), known - (whole - taken))
    costed = from_thousandths(min(part, taken))
    return Cost(costed, _part(cost.minor, costed, cost.costed))


def alike(cost: Cost, quantity: Decimal) -> Cost:
    """Return the cost of ``quantity`` more of what cost ``cost``; not known where that is not."""
    if not cost.costed:
        return NOT_KNOWN
    return Cost(quantity, _part(cost.minor, quantity, cost.costed))


def given_back(there: Decimal, cost: Cost, quantity: Decimal, wanted: Cost) -> Cost:
    """Return what ``quantity`` takes out of a place again: ``wanted``, as far as it is there.

    An undo gives back what the entry brought. Where others have drawn from the mix since, what
    is left bounds it, so that nothing is left over when the place is empty.
    """
    least = max(cost.costed - (there - quantity), ZERO)
    costed = min(max(wanted.costed, least), cost.costed, quantity)
    if costed == cost.costed:
        return cost
    return Cost(costed, min(wanted.minor, cost.minor) if costed else 0)


def _part(minor: int, part: Decimal, whole: Decimal) -> int:
    return _rounded(minor * to_thousandths(part), to_thousandths(whole))


def _rounded(numerator: int, denominator: int) -> int:
    """Return the quotient of two whole numbers, half to even."""
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
        return quotient + 1
    return quotient


class Running:
    """What lies in each place, and what it cost, while an entry's moves are gone through."""

    def __init__(self, rows: Mapping[Any, Costed]) -> None:
        """Begin with the balance ``rows`` that were locked."""
        self._there = {
            place: (row.quantity, Cost(row.costed, row.cost_minor)) for place, row in rows.items()
        }

    def take(self, place: Hashable, quantity: Decimal, wanted: Cost | None = None) -> Cost:
        """Take ``quantity`` out of ``place``; return its share, or ``wanted`` (see given_back)."""
        there, cost = self._there.get(place, (ZERO, NOT_KNOWN))
        if wanted is None:
            taken = share(there, cost, quantity)
        else:
            taken = given_back(there, cost, quantity, wanted)
        left = Cost(cost.costed - taken.costed, cost.minor - taken.minor)
        self._there[place] = (there - quantity, left)
        return taken

    def put(self, place: Hashable, quantity: Decimal, cost: Cost) -> None:
        """Add ``quantity`` to ``place``, with what it cost."""
        there, before = self._there.get(place, (ZERO, NOT_KNOWN))
        sum_ = Cost(before.costed + cost.costed, before.minor + cost.minor)
        self._there[place] = (there + quantity, sum_)

    def more_of(self, place: Hashable, quantity: Decimal) -> Cost:
        """Return the cost of ``quantity`` found in ``place``: as what lies there cost."""
        return alike(self._there.get(place, (ZERO, NOT_KNOWN))[1], quantity)
