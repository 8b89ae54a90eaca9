"""Claims that a receipt raises: on what came damaged or short-dated, or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa

from supply.actor import Actor
from supply.claims import facts as claim_facts
from supply.claims import mail
from supply.claims.models import Claim
from supply.db import db
from supply.inventory.models import Hold
from supply.inventory.terms import HoldSource
from supply.ordering.events import note
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import EventKind
from supply.receiving.complaints import Complained, Kept, takes_complaints, tells_complaints
from supply.receiving.models import Receipt
from supply.shipping.terms import Condition


@takes_complaints
def raise_claims(
    order: PurchaseOrder,
    receipt: Receipt,
    complained: Sequence[Complained],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Claim what a receipt says is wrong: on the order's timeline, and by mail to the supplier."""
    _write(receipt, complained, actor, now)
    claims = claim_facts.raised_with(receipt.id)
    rows = [
        claim_facts.facts(claim, one.lot) for claim, one in zip(claims, complained, strict=True)
    ]
    for row in rows:
        note(order, EventKind.CLAIMED, row["note"], actor=actor, now=now, facts=row)
    mail.tell_supplier_of_claims(order, rows, now)


@tells_complaints
def kept_of(row_ids: Collection[int]) -> Mapping[int, Kept]:
    """Return what claims keep of what was said about these rows of receipts."""
    rows = db.session.scalars(sa.select(Claim).where(Claim.receipt_line_id.in_(row_ids)))
    return {
        claim.receipt_line_id or 0: Kept(claim.note, claim_facts.found_after_all(claim))
        for claim in rows
    }


def _write(
    receipt: Receipt, complained: Sequence[Complained], actor: Actor, now: dt.datetime
) -> None:
    """Write the claims, each with the hold that came with its goods, if any came; flushes."""
    holds = _holds(receipt.entry_id)
    for one in complained:
        key = (one.row.lot_id, one.row.quantity)
        hold = holds[key].pop(0) if holds.get(key) else None
        db.session.add(
            Claim(
                order_id=receipt.order_id,
                order_line_id=one.row.order_line_id,
                receipt_line_id=one.row.id,
                hold_id=hold,
                kind=one.complaint.kind,
                packs=one.row.packs,
                taken_in=one.row.condition is not Condition.MISSING,
                note=one.complaint.note,
                wish=one.complaint.wish,
                raised_at=now,
                raised_by_id=actor.person_id,
            )
        )
    db.session.flush()


def _holds(entry_id: int | None) -> dict[tuple[int | None, Decimal | None], list[int]]:
    """Return the ids of the holds an entry brought, by lot and quantity."""
    found: dict[tuple[int | None, Decimal | None], list[int]] = {}
    if entry_id is None:
        return found
    rows = db.session.execute(
        sa.select(Hold.id, Hold.lot_id, Hold.quantity)
        .where(Hold.source == HoldSource.RECEIPT, Hold.source_id == entry_id)
        .order_by(Hold.id)
    )
    for hold_id, lot_id, quantity in rows:
        found.setdefault((lot_id, quantity), []).append(hold_id)
    return found
