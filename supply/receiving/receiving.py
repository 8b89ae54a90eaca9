"""The clinic's side: a parcel is received, once, whole or in parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.actor import Actor
from supply.inventory.rules import normalise_lot
from supply.ordering.events import locked_order, note, settle
from supply.ordering.models import PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OPEN_STAGES, EventKind
from supply.receiving import repeats, rules
from supply.receiving.complaints import WISHES, Complained, Complaint, complain
from supply.receiving.models import Receipt
from supply.receiving.receipts import Arrival, write_receipt
from supply.receiving.rules import Part
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.refusals import InvalidInput
from supply.shipping.models import Shipment
from supply.shipping.parcels import locked_shipment
from supply.shipping.refusals import NotOnItsWay
from supply.shipping.terms import Condition


@dataclass(frozen=True, slots=True)
class ReceiveLine:
    """What arrived of a shipment. ``sku`` is the supplier's or the practice's.

    ``reason``: why an expired lot is taken, or what is wrong with damaged packs. ``want``: what
    is asked for damaged or missing packs; None leaves it to what is usual.
    """

    sku: str
    lot: str
    packs: int
    condition: Condition = Condition.GOOD
    reason: str = ""
    want: ClaimWish | None = None


def receive_shipment(
    shipment_id: int,
    lines: Sequence[ReceiveLine] | None = None,
    *,
    seen: Mapping[int, int] | None = None,
    reason: str = "",
    actor: Actor,
    now: dt.datetime,
) -> dict[str, Any]:
    """Receive a shipment as it was sent (``lines`` None: all not yet said), or as ``lines`` say.

    Good packs become stock. Damaged ones are taken in, held and claimed. Missing ones are
    claimed and bring no stock; they count as never shipped, so that they may be sent again or
    cancelled, and stay on order until then. Returns ``{"entry": id}``; the id is None when
    nothing but missing packs was said.

    Packs are received once. Who says the same of a shipment that somebody said before gets the
    first answer; who says something else is told who received it. ``seen`` is how many packs
    of each shipment line were left when the caller looked; if that has changed, what they say
    was meant for another state. Locks the shipment, then its order, so that a twin waits and
    then finds it done.

    Raises:
        AlreadyReceived: somebody else received these packs, and said something else of them.
        NoLongerSent: the supplier took the shipment back.
        NotOnItsWay: the order has ended some other way.
        InvalidInput: by row (``lines.<n>.<field>``): not in this shipment, more packs than were
            sent, an expired lot without a reason.
    """
    shipment = locked_shipment(shipment_id)
    order = locked_order(shipment.order_id)
    parcels = repeats.parcels(shipment)
    complete = all(line.unaccounted == 0 for line in shipment.lines)
    stale = any(
        (seen or {}).get(line.id, line.unaccounted) != line.unaccounted for line in shipment.lines
    )
    if complete or stale or _was_said(parcels, lines):
        return repeats.first_answer(shipment, lines)
    if order.stage not in OPEN_STAGES:
        raise NotOnItsWay(order.number)
    parts, complaints = _parts(parcels, lines, reason)
    receipt = take_parts(shipment, order, parts, complaints, actor, now)
    return {"entry": receipt.entry_id}


def _was_said(parcels: Sequence[rules.Parcel], lines: Sequence[ReceiveLine] | None) -> bool:
    """Return whether ``lines`` do not fit what is left, but fit what was sent."""
    if lines is None:
        return False
    said = repeats.said(lines)
    sent = rules.match_receipt([rules.whole(parcel) for parcel in parcels], said)
    left = rules.match_receipt(parcels, said)
    return bool(left.too_many) and not (sent.unknown or sent.too_many)


def take_parts(
    shipment: Shipment,
    order: PurchaseOrder,
    parts: Sequence[Part],
    complaints: Sequence[Complaint | str | None],
    actor: Actor,
    now: dt.datetime,
) -> Receipt:
    """Take in ``parts`` of a shipment, count them and tell both sides; flushes.

    Beside each part stands what is wrong with it, or why an expired lot is taken (a text). The
    caller holds the locks of shipment and order.
    """
    arrivals = [_arrival(shipment, part, why) for part, why in zip(parts, complaints, strict=True)]
    receipt = write_receipt(
        order.clinic, arrivals, order=order, shipment=shipment, actor=actor, now=now
    )
    _count(shipment, order, parts)
    if all(line.unaccounted == 0 for line in shipment.lines):
        shipment.received_at = now
    finish(order, shipment.code, receipt, arrivals, actor, now)
    return receipt


def _parts(
    parcels: Sequence[rules.Parcel], lines: Sequence[ReceiveLine] | None, reason: str
) -> tuple[tuple[Part, ...], list[Complaint | str | None]]:
    """Return what is said of which shipment line, and what is wrong with each part."""
    if lines is None:
        parts = rules.as_sent(parcels)
        return parts, [reason] * len(parts)
    _check_shape(lines)
    matched = rules.match_receipt(parcels, repeats.said(lines))
    _check_matched(matched, lines, parcels)
    given = {(one.sku, normalise_lot(one.lot), one.condition): one for one in lines}
    by_id = {parcel.line_id: parcel for parcel in parcels}
    complaints: list[Complaint | str | None] = []
    for part in matched.parts:
        parcel = by_id[part.line_id]
        keys = ((sku, parcel.normalised, part.condition) for sku in parcel.skus)
        row = next(given[key] for key in keys if key in given)
        complaints.append(_complaint(part.condition, row, reason) or row.reason or reason)
    return matched.parts, complaints


def _complaint(condition: Condition, row: ReceiveLine, reason: str) -> Complaint | None:
    if condition is Condition.GOOD:
        return None
    kind = ClaimKind(condition.value)
    usual = _("Arrived damaged.") if condition is Condition.DAMAGED else _("Not in the parcel.")
    return Complaint(
        kind, row.reason or reason or str(usual), row.want or WISHES.get(kind, ClaimWish.CREDIT)
    )


def _check_shape(lines: Sequence[ReceiveLine]) -> None:
    if not lines:
        raise InvalidInput(("lines", _("Say what arrived.")))
    sentence = _("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS)
    faults = [
        (f"lines.{number}.packs", sentence)
        for number, line in enumerate(lines)
        if not 1 <= line.packs <= MOST_PACKS
    ]
    if faults:
        raise InvalidInput(*faults)


def _check_matched(
    matched: rules.Matched, lines: Sequence[ReceiveLine], parcels: Sequence[rules.Parcel]
) -> None:
    faults = [
        (f"lines.{row}.lot", _not_in(parcels, row + 1, lines[row])) for row in matched.unknown
    ]
    faults += [
        (
            f"lines.{row}.packs",
            ngettext(
                "Row %(row)d: only %(num)d pack is left to receive.",
                "Row %(row)d: only %(num)d packs are left to receive.",
                left,
                row=row + 1,
            ),
        )
        for row, left in matched.too_many.items()
    ]
    if faults:
        raise InvalidInput(*sorted(faults))


def _not_in(parcels: Sequence[rules.Parcel], row: int, said: ReceiveLine) -> str:
    of_sku = [parcel.normalised for parcel in parcels if said.sku in parcel.skus]
    meant = rules.lot_meant(said.lot, of_sku)
    if meant is None:
        return str(_("Row %(row)d: this lot is not in the shipment.", row=row))
    return str(
        _("Row %(row)d: this lot is not in the shipment. Is %(known)s meant?", row=row, known=meant)
    )


def _arrival(shipment: Shipment, part: Part, why: Complaint | str | None) -> Arrival:
    line = next(line for line in shipment.lines if line.id == part.line_id)
    ordered = line.order_line
    claim = why if isinstance(why, Complaint) else None
    return Arrival(
        item=ordered.item,
        lot=line.lot_number,
        expiry=line.expiry,
        quantity=ordered.pack_quantity * part.packs,
        packs=part.packs,
        condition=part.condition,
        order_line=ordered,
        shipment_line_id=line.id,
        content=ordered.content_per_container,
        product=ordered.product,
        claim=claim,
        expired_reason=(claim.note if claim else str(why or "")) or None,
        field=f"lines.{line.id}",
    )


def _count(shipment: Shipment, order: PurchaseOrder, parts: Sequence[Part]) -> None:
    """Raise the counters of shipment and order lines by what was said."""
    lines = {line.id: line for line in shipment.lines}
    ordered = {line.id: line for line in order.lines}
    for part in parts:
        line = lines[part.line_id]
        line.count(part.condition, part.packs)
        order_line = ordered[line.order_line_id]
        if part.condition is Condition.MISSING:
            order_line.shipped -= part.packs
        else:
            order_line.received += part.packs


def finish(
    order: PurchaseOrder,
    text: str,
    receipt: Receipt,
    arrivals: Sequence[Arrival],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """End the order if nothing more can come, put the receipt on its timeline, pass on complaints.

    ``text`` is the shipment's code, or "" without one. The caller holds the order's lock.
    """
    settle(order, now)
    facts = {"receipt": receipt.id, "entry": receipt.entry_id}
    note(order, EventKind.RECEIVED, text, actor=actor, now=now, facts=facts)
    complained = [
        Complained(row, arrival.claim, arrival.lot)
        for row, arrival in zip(receipt.lines, arrivals, strict=True)
        if arrival.claim
    ]
    if complained:
        complain(order, receipt, complained, actor, now)
