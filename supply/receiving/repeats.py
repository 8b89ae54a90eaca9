"""A shipment received again: the same words get the first answer, others learn who was first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from supply.inventory.rules import normalise_lot
from supply.receiving import rules
from supply.receiving.complaints import Kept, kept_of
from supply.receiving.models import Receipt, ReceiptLine
from supply.receiving.receipts import standing_receipts
from supply.receiving.refusals import AlreadyReceived
from supply.receiving.rules import PacksSaid, Parcel
from supply.shipping.models import Shipment
from supply.shipping.terms import Condition

if TYPE_CHECKING:
    from supply.receiving.receiving import ReceiveLine

Content = Counter[tuple[int, str, Condition]]
"""Packs by order line, normalised lot and condition."""


def parcels(shipment: Shipment) -> list[Parcel]:
    """Return what a shipment holds, for the rules."""
    return [
        Parcel(
            line.id,
            frozenset({line.order_line.sku, line.order_line.item.code}),
            line.normalised,
            line.unaccounted,
            line.packs,
        )
        for line in shipment.lines
    ]


def said(lines: Iterable[ReceiveLine]) -> list[PacksSaid]:
    """Return what a clinic says, for the rules."""
    return [PacksSaid(one.sku, normalise_lot(one.lot), one.packs, one.condition) for one in lines]


def first_answer(shipment: Shipment, lines: Sequence[ReceiveLine] | None) -> dict[str, Any]:
    """Return the answer that the same words got before.

    The same words are those of one receipt, or of all receipts of the shipment together.

    Raises:
        AlreadyReceived: nobody said this; it names who received the shipment last, and when.
    """
    receipts = standing_receipts(shipment.id)
    kept = kept_of([row.id for receipt in receipts for row in receipt.lines])
    content = _said_content(shipment, lines)
    if content is not None:
        rows = [row for receipt in receipts for row in receipt.lines]
        told = [(rows, _first_entry(receipts)), *((one.lines, one.entry_id) for one in receipts)]
        for lines_told, entry in told:
            same = _told_content(shipment, lines_told, kept) == content
            if same and _reasons_agree(lines or (), lines_told, kept):
                return {"entry": entry}
    last = receipts[-1]
    raise AlreadyReceived(
        shipment.code,
        last.received_by.name if last.received_by else "",
        last.received_at,
        shipment.order.clinic.timezone,
        entry=last.entry_id,
        order_id=shipment.order_id,
    )


def _first_entry(receipts: Sequence[Receipt]) -> int | None:
    return next((one.entry_id for one in receipts if one.entry_id is not None), None)


def _said_content(shipment: Shipment, lines: Sequence[ReceiveLine] | None) -> Content | None:
    """Return what is said, laid on all that was sent; None where it does not fit at all."""
    whole = [rules.whole(parcel) for parcel in parcels(shipment)]
    if lines is None:
        return _laid(shipment, ((p.line_id, p.packs, p.condition) for p in rules.as_sent(whole)))
    matched = rules.match_receipt(whole, said(lines))
    if matched.unknown or matched.too_many:
        return None
    return _laid(shipment, ((p.line_id, p.packs, p.condition) for p in matched.parts))


def _told_content(
    shipment: Shipment, rows: Sequence[ReceiptLine], kept: Mapping[int, Kept]
) -> Content:
    """Return what receipts say; packs first called missing, and found since, do not count."""
    return _laid(
        shipment,
        (
            (row.shipment_line_id or 0, row.packs or 0, row.condition)
            for row in rows
            if row.id not in kept or not kept[row.id].found_after_all
        ),
    )


def _laid(shipment: Shipment, parts: Iterable[tuple[int, int, Condition]]) -> Content:
    lines = {line.id: line for line in shipment.lines}
    content: Content = Counter()
    for line_id, packs, condition in parts:
        line = lines[line_id]
        content[line.order_line_id, line.normalised, condition] += packs
    return content


def _reasons_agree(
    lines: Iterable[ReceiveLine], rows: Iterable[ReceiptLine], kept: Mapping[int, Kept]
) -> bool:
    """Return whether every reason given for bad packs was given before."""
    known = {kept[row.id].note for row in rows if row.id in kept}
    given = {one.reason for one in lines if one.reason and one.condition is not Condition.GOOD}
    return given <= known
