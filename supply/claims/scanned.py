"""A box scanned while packs are claimed: which lot it is, and how many packs of it are claimed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from supply.claims import claiming
from supply.inventory.boxes import holds_code
from supply.inventory.offered_lots import OfferedLot, lot_meant
from supply.ordering.models import PurchaseOrder
from supply.text import whole

SCANNED_INTO = ("packs", "note")
"""Fields for something else, in which a scan may land."""


def code_in(sent: Mapping[str, str], today: dt.date) -> str:
    """Return the code that was scanned, into the field for scans or into another; "" for none."""
    said = [sent.get(name, "").strip() for name in SCANNED_INTO]
    return sent.get("scan", "").strip() or next(
        (text for text in said if holds_code(text, today)), ""
    )


def offered(order: PurchaseOrder, lots: Mapping[int, Sequence[str]]) -> list[OfferedLot]:
    """Return what may be claimed: the lots that came of each line, or the line as such."""
    return [
        OfferedLot(f"{line.sku}\n{lot}", line.product, line.item_id, lot)
        for line in order.lines
        for lot in lots.get(line.id) or [""]
    ]


def filled_in(
    order: PurchaseOrder,
    choices: Sequence[OfferedLot],
    sent: Mapping[str, str],
    code: str,
    now: dt.datetime,
    today: dt.date,
) -> tuple[dict[str, str], str]:
    """Return what was typed with what ``code`` says, and why nothing or not all of it was taken.

    The same box again is as many packs more. No more are counted than may be claimed.
    """
    left = {name: "" if said.strip() == code else said for name, said in sent.items()}
    meant = lot_meant(order.clinic.practice_id, choices, code, today)
    if meant.offered is None:
        return left, meant.sentence
    counted = whole(left.get("packs", "")) or 0 if left.get("scanned") == meant.offered.key else 0
    packs = counted + meant.packs
    line = next(line for line in order.lines if line.item_id == meant.offered.item_id)
    there = claiming.claimable(order, line, now)
    if packs > there:
        return left, claiming.too_many(there)
    return left | {
        "what": meant.offered.key,
        "scanned": meant.offered.key,
        "packs": str(packs),
    }, ""
