"""Pure decisions of matching: in what an invoice differs from order and receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from supply.matching.terms import DifferenceKind


@dataclass(frozen=True, slots=True)
class BilledLine:
    """An invoice's line: packs asked for that no credit note has taken back, and their price."""

    line_id: int
    invoice_id: int
    shipment_id: int | None
    packs: int
    billed: int
    """Packs it was issued for."""
    pack_minor: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """Packs of an order's line of one shipment that claims are about."""

    open: int = 0
    """Received, and a claim is open."""
    missing: int = 0
    """Not received, and a claim is open."""
    replaced: int = 0
    """Received, and to be sent again."""
    gone: int = 0
    """Received, and credited or refunded."""
    said_sent: int = 0
    """Claimed as missing, and the supplier refused that."""


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """An order's line with all that was billed, received and claimed of it."""

    packs: int
    pack_minor: int
    billed: Sequence[BilledLine]
    received: Mapping[int, int]
    """Packs received by shipment id, good and damaged."""
    claimed: Mapping[int, Claimed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """In what an invoice's line differs: for so many packs."""

    line_id: int
    kind: DifferenceKind
    packs: int
    ordered_minor: int = 0
    """What a pack costs by the order, where that differs."""


def differences(line: OrderedLine) -> list[Difference]:
    """Match order, receipt and invoice of one line; return each difference, oldest invoice first.

    Packs that came in another shipment than the one billed, because they were sent again, make
    up for those that are missing, those of the oldest invoice first.
    """
    spare = _spare(line)
    found: list[Difference] = []
    ordered = line.packs
    for billed in line.billed:
        if not billed.packs:
            continue
        found += _prices(billed, line.pack_minor)
        over = max(0, billed.packs - max(0, ordered))
        ordered -= billed.packs
        if over:
            found.append(Difference(billed.line_id, DifferenceKind.NOT_ORDERED, over))
        short, spare = _short(billed, line, spare)
        found += short
    return found


def _prices(billed: BilledLine, ordered_minor: int) -> list[Difference]:
    if billed.pack_minor == ordered_minor:
        return []
    return [Difference(billed.line_id, DifferenceKind.PRICE, billed.packs, ordered_minor)]


def _usable(line: OrderedLine, shipment_id: int | None) -> int:
    """Return the packs of a shipment that came and are kept, or are said to have been in it."""
    claimed = line.claimed.get(shipment_id or 0, Claimed())
    came = line.received.get(shipment_id or 0, 0)
    return max(0, came - claimed.replaced - claimed.gone) + claimed.said_sent


def _spare(line: OrderedLine) -> int:
    """Return the packs that came in shipments beyond what was billed of these."""
    billed = {one.shipment_id or 0: one.billed for one in line.billed}
    return sum(
        max(0, _usable(line, shipment_id) - billed.get(shipment_id, 0))
        for shipment_id in line.received
    )


def _short(billed: BilledLine, line: OrderedLine, spare: int) -> tuple[list[Difference], int]:
    """Return what has not come of an invoice's line and what is claimed; and what is spare yet."""
    claimed = line.claimed.get(billed.shipment_id or 0, Claimed())
    short = max(0, billed.packs - _usable(line, billed.shipment_id))
    made_up = min(short, spare)
    short -= made_up
    kinds = (
        (DifferenceKind.TO_REPLACE, claimed.replaced),
        (DifferenceKind.MISSING, claimed.missing),
        (DifferenceKind.NOT_RECEIVED, short),
    )
    found = []
    for kind, most in kinds:
        packs = min(short, most)
        if packs:
            found.append(Difference(billed.line_id, kind, packs))
            short -= packs
    if disputed := min(claimed.open, billed.packs):
        found.append(Difference(billed.line_id, DifferenceKind.CLAIMED, disputed))
    return found, spare - made_up
