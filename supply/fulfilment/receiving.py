"""The clinic's side: a parcel is received, once, whole or in parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supply.actor import Actor
from supply.db import db
from supply.fulfilment import mail, rules
from supply.fulfilment.models import Receipt, Shipment, ShipmentLine
from supply.fulfilment.receipts import Arrival, standing_receipts, write_receipt
from supply.fulfilment.refusals import NotOnItsWay
from supply.fulfilment.rules import Part, Said
from supply.fulfilment.terms import Condition
from supply.inventory.rules import normalise_lot
from supply.ordering.events import locked_order, note, settle
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OPEN_STAGES, EventKind
from supply.refusals import InvalidInput


@dataclass(frozen=True, slots=True)
class ReceiveLine:
    """What arrived of a shipment. ``sku`` is the supplier's or the practice's.

    ``reason``: why an expired lot is taken, or what is wrong with damaged packs.
    """

    sku: str
    lot: str
    packs: int
    condition: Condition = Condition.GOOD
    reason: str = ""


def receive_shipment(
    shipment_id: int,
    lines: Sequence[ReceiveLine] | None = None,
    *,
    reason: str = "",
    actor: Actor,
    now: dt.datetime,
) -> dict[str, Any]:
    """Receive a shipment as it was sent (``lines`` None: all not yet said), or as ``lines`` say.

    Good packs become stock. Damaged ones are taken in, held and claimed. Missing ones are
    claimed and bring no stock; they count as never shipped, so that they may be sent again or
    cancelled, and stay on order until then. Returns ``{"entry": id}``; the id is None when
    nothing but missing packs was said.

    A shipment that is accounted for is not received again: the first entry is returned and
    nothing changes. Locks the shipment, then its order, so that a twin waits and then finds
    it done.

    Raises:
        NotOnItsWay: the order has ended some other way.
        InvalidInput: by row (``lines.<n>.<field>``): not in this shipment, more packs than are
            left, an expired lot without a reason.
    """
    shipment = locked_shipment(shipment_id)
    order = locked_order(shipment.order_id)
    if all(line.unaccounted == 0 for line in shipment.lines):
        first = standing_receipts(shipment.id)
        return {"entry": next((r.entry_id for r in first if r.entry_id is not None), None)}
    if order.stage not in OPEN_STAGES:
        raise NotOnItsWay(order.number)
    parts, reasons = _parts(shipment, lines, reason)
    arrivals = [_arrival(shipment, part, why) for part, why in zip(parts, reasons, strict=True)]
    receipt = write_receipt(
        order.clinic, arrivals, order=order, shipment=shipment, actor=actor, now=now
    )
    _count(shipment, order, parts)
    if all(line.unaccounted == 0 for line in shipment.lines):
        shipment.received_at = now
    finish(order, shipment.code, receipt, arrivals, actor, now)
    return {"entry": receipt.entry_id}


def locked_shipment(shipment_id: int) -> Shipment:
    """Lock a shipment and return it with its lines, freshly read."""
    db.session.execute(
        sa.select(Shipment.id).where(Shipment.id == shipment_id).with_for_update(key_share=True)
    ).one()
    return db.session.scalars(
        sa.select(Shipment)
        .where(Shipment.id == shipment_id)
        .options(
            selectinload(Shipment.lines)
            .joinedload(ShipmentLine.order_line)
            .options(joinedload(OrderLine.product), joinedload(OrderLine.item))
        )
        .execution_options(populate_existing=True)
    ).one()


def _parts(
    shipment: Shipment, lines: Sequence[ReceiveLine] | None, reason: str
) -> tuple[tuple[Part, ...], list[str]]:
    """Return what is said of which shipment line, and the reason given for each part."""
    parcels = [
        rules.Parcel(
            line.id,
            frozenset({line.order_line.sku, line.order_line.item.code}),
            line.normalised,
            line.unaccounted,
        )
        for line in shipment.lines
    ]
    if lines is None:
        parts = rules.as_sent(parcels)
        return parts, [reason] * len(parts)
    _check_shape(lines)
    all_parts: list[Part] = []
    reasons: list[str] = []
    matched = rules.match_receipt(
        parcels,
        [Said(one.sku, normalise_lot(one.lot), one.packs, one.condition) for one in lines],
    )
    _check_matched(matched)
    given = {
        (one.sku, normalise_lot(one.lot), one.condition): one.reason for one in lines if one.reason
    }
    by_id = {parcel.line_id: parcel for parcel in parcels}
    for part in matched.parts:
        parcel = by_id[part.line_id]
        keys = ((sku, parcel.normalised, part.condition) for sku in parcel.skus)
        all_parts.append(part)
        reasons.append(next((given[key] for key in keys if key in given), reason))
    return tuple(all_parts), reasons


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


def _check_matched(matched: rules.Matched) -> None:
    faults = [
        (f"lines.{row}.lot", _("Row %(row)d: this lot is not in the shipment.", row=row + 1))
        for row in matched.unknown
    ]
    faults += [
        (
            f"lines.{row}.packs",
            _("Row %(row)d: only %(left)d packs are left to receive.", row=row + 1, left=left),
        )
        for row, left in matched.too_many.items()
    ]
    if faults:
        raise InvalidInput(*sorted(faults))


def _arrival(shipment: Shipment, part: Part, reason: str) -> Arrival:
    line = next(line for line in shipment.lines if line.id == part.line_id)
    ordered = line.order_line
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
        claim=_claim(part.condition, reason),
        expired_reason=reason or None,
        field=f"lines.{line.id}",
    )


def _claim(condition: Condition, reason: str) -> str:
    if condition is Condition.DAMAGED:
        return reason or str(_("Arrived damaged."))
    if condition is Condition.MISSING:
        return reason or str(_("Not in the parcel."))
    return ""


def _count(shipment: Shipment, order: PurchaseOrder, parts: Sequence[Part]) -> None:
    """Raise the counters of shipment and order lines by what was said."""
    lines = {line.id: line for line in shipment.lines}
    ordered = {line.id: line for line in order.lines}
    for part in parts:
        line = lines[part.line_id]
        setattr(line, part.condition.value, getattr(line, part.condition.value) + part.packs)
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
    """End the order if nothing more can come, put the receipt on its timeline, mail claims.

    ``text`` is the shipment's code, or "" without one. The caller holds the order's lock.
    """
    settle(order, now)
    facts = {"receipt": receipt.id, "entry": receipt.entry_id}
    note(order, EventKind.RECEIVED, text, actor=actor, now=now, facts=facts)
    claims = [_claim_row(arrival) for arrival in arrivals if arrival.claim]
    if claims:
        mail.tell_supplier_of_claims(order, claims, now)


def _claim_row(arrival: Arrival) -> dict[str, Any]:
    line = arrival.order_line
    return {
        "name": line.name if line else arrival.item.name,
        "sku": line.sku if line else arrival.item.code,
        "lot": arrival.lot,
        "packs": arrival.packs,
        "reason": arrival.claim,
    }
