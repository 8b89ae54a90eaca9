"""Undoing a receipt: its entry is reversed, and orders and shipments follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa

from supply.actor import Actor
from supply.claims import facts as claim_facts
from supply.claims import mail
from supply.claims.claiming import claimed
from supply.claims.facts import found_after_all
from supply.claims.goods import release
from supply.claims.models import Claim
from supply.claims.refusals import ClaimSettled, ReturnedSince, ShippedSince
from supply.claims.sent_back import sent_back
from supply.claims.terms import ClaimOutcome, ClaimStatus
from supply.db import db
from supply.inventory.reversal import on_reversal
from supply.ordering.events import locked_order, note, reopen
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import EventKind
from supply.receiving.models import Receipt, ReceiptLine
from supply.receiving.receipts import SOURCE
from supply.shipping.models import Shipment
from supply.shipping.parcels import locked_shipment
from supply.shipping.terms import Condition


def _lock(receipt_id: int) -> tuple[Shipment | None, PurchaseOrder | None]:
    """Lock the shipment of a receipt, then its order, as receiving does."""
    receipt = db.session.get_one(Receipt, receipt_id)
    shipment = locked_shipment(receipt.shipment_id) if receipt.shipment_id else None
    return shipment, locked_order(receipt.order_id) if receipt.order_id else None


@on_reversal(SOURCE, locks=_lock)
def undo_receipt(receipt_id: int, actor: Actor, now: dt.datetime) -> None:
    """Lower the counters a receipt raised; reopen its shipment and order; drop its claims.

    Runs in the reversal's transaction.

    Raises:
        ShippedSince: packs the receipt called missing were sent again or cancelled since.
        ClaimSettled: the supplier has settled a claim on it.
        ReturnedSince: packs of it are returned to the supplier, or are to be.
    """
    shipment, order = _lock(receipt_id)
    lines = db.session.scalars(
        sa.select(ReceiptLine).where(ReceiptLine.receipt_id == receipt_id)
    ).all()
    if order is None:
        return
    claims = _claims(lines)
    found = {one.receipt_line_id for one in claims if found_after_all(one)}
    counted = [line for line in lines if line.id not in found]
    if shipment is not None:
        _uncount_parcels(shipment, counted)
    _uncount_order(order, counted, shipped_by_itself=shipment is None)
    reopen(order)
    note(order, EventKind.RECEIPT_UNDONE, shipment.code if shipment else "", actor=actor, now=now)
    _drop_claims(claims, order, actor, now)
    check_none_returned(order, now)


def check_none_returned(order: PurchaseOrder, now: dt.datetime) -> None:
    """Refuse where more packs are returned than still came; the order's lock is held.

    Raises:
        ReturnedSince: they are.
    """
    db.session.flush()
    returned = sent_back(order, now)
    for line in order.lines:
        if returned[line.id] > max(line.received - claimed(line.id, taken_in=True), 0):
            raise ReturnedSince


def _claims(lines: Sequence[ReceiptLine]) -> Sequence[Claim]:
    """Return the claims on what is undone.

    Raises:
        ClaimSettled: one of them was settled.
    """
    claims = db.session.scalars(
        sa.select(Claim)
        .where(Claim.receipt_line_id.in_([line.id for line in lines]))
        .execution_options(populate_existing=True)
    ).all()
    if any(claim.status is ClaimStatus.SETTLED for claim in claims):
        raise ClaimSettled
    return claims


def _drop_claims(
    claims: Sequence[Claim], order: PurchaseOrder, actor: Actor, now: dt.datetime
) -> None:
    """Withdraw open claims, and release what they held: the goods are no longer there.

    The supplier, who was told of each, is told of that.
    """
    for claim in claims:
        dropped = claim.outcome is None
        if dropped:
            claim.outcome = ClaimOutcome.WITHDRAWN
            claim.settled_at, claim.settled_by_id = now, actor.person_id
        release(claim, actor, now)
        if dropped:
            facts = claim_facts.facts(claim, claim.lot_number)
            note(order, EventKind.CLAIM_WITHDRAWN, actor=actor, now=now, facts=facts)
            mail.tell_supplier_of_withdrawal(order, facts, now)


def _uncount_parcels(shipment: Shipment, lines: Sequence[ReceiptLine]) -> None:
    parcels = {line.id: line for line in shipment.lines}
    for row in lines:
        parcels[row.shipment_line_id or 0].count(row.condition, -(row.packs or 0))
    shipment.received_at = None


def _uncount_order(
    order: PurchaseOrder, lines: Sequence[ReceiptLine], *, shipped_by_itself: bool
) -> None:
    ordered = {line.id: line for line in order.lines}
    for row in lines:
        line = ordered[row.order_line_id or 0]
        packs = row.packs or 0
        if row.condition is Condition.MISSING:
            if line.to_ship < packs:
                raise ShippedSince
            line.shipped += packs
            continue
        line.received -= packs
        if shipped_by_itself:
            line.shipped -= packs
