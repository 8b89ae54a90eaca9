"""Pure decisions of invoicing: numbers, how much is billed, which invoice a credit is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


def number(supplier_code: str, year: int, sequence: int) -> str:
    """Return a document's number: the supplier's code, the year, and the count within both."""
    return f"{supplier_code.upper()}-{year}-{sequence:05d}"


def to_bill(sent: int, *, owed: int, billed: int) -> int:
    """Return how many packs of a line that left just now are charged.

    Of those owed, only packs not billed yet: what is sent again after a loss or a claim was
    charged when it first left.
    """
    return max(0, min(sent, owed - billed))


@dataclass(frozen=True, slots=True)
class Left:
    """A line of an invoice with the packs on it that no credit note has taken back."""

    line_id: int
    shipment_id: int | None
    packs: int


def allocate(
    packs: int, lines: Iterable[Left], shipment_id: int | None
) -> Iterator[tuple[int, int]]:
    """Yield (line id, packs) to credit: of that shipment's invoice first, then the newest.

    Never more than is left; ``lines`` are all of one order line.
    """
    order = sorted(lines, key=lambda left: (left.shipment_id != shipment_id, -left.line_id))
    for left in order:
        taken = min(packs, left.packs)
        if taken > 0:
            yield left.line_id, taken
            packs -= taken
