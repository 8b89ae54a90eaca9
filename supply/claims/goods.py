"""Claimed packs that came: on hold while the claim is open, then released, returned or wasted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.claims import facts as claim_facts
from supply.claims.models import Claim
from supply.claims.refusals import NoGoodsWait
from supply.claims.terms import Goods
from supply.db import db
from supply.inventory import availability, ledger
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.reversal import on_reversal, standing_entry
from supply.inventory.terms import EntryKind, HoldSource, WasteCause
from supply.items.models import Location
from supply.ordering.events import locked_order, note
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import EventKind
from supply.receiving.models import Receipt, ReceiptLine
from supply.receiving.terms import ClaimKind

SOURCE = "claim"
"""What ledger entries of claimed goods name as their source."""


def put_on_hold(
    claim: Claim, order: PurchaseOrder, row: ReceiptLine, actor: Actor, now: dt.datetime
) -> None:
    """Hold sealed packs of the lot that ``row`` took in, as far as one place still has them."""
    place = _fullest_place(order.clinic_id, row.lot_id or 0)
    if place is None:
        return
    location_id, there = place
    hold = Hold(
        lot_id=row.lot_id,
        clinic_id=order.clinic_id,
        location_id=location_id,
        quantity=min(claim.order_line.pack_quantity * claim.packs, there),
        reason=claim.note or str(_("Claimed from the supplier.")),
        source=HoldSource.RECEIPT,
        source_id=db.session.scalar(
            sa.select(Receipt.entry_id).where(Receipt.id == row.receipt_id)
        ),
        held_by_id=actor.person_id,
        held_at=now,
    )
    db.session.add(hold)
    db.session.flush()
    claim.hold_id = hold.id


def release(claim: Claim, actor: Actor, now: dt.datetime) -> None:
    """Release what the claim holds, if it still does; flushes."""
    if claim.hold is not None and claim.hold.released_at is None:
        claim.hold.released_at, claim.hold.released_by_id = now, actor.person_id
        claim.goods = Goods.RELEASED
    db.session.flush()


def part_with(claim: Claim, goods: Goods, actor: Actor, now: dt.datetime) -> int | None:
    """Let go of what an ended claim holds; return the entry that took it off the shelf, if any.

    Raises:
        NoGoodsWait: nothing is on hold by it, or it is still open.
    """
    hold = claim.hold
    if not claim.goods_wait or hold is None:
        raise NoGoodsWait
    release(claim, actor, now)
    claim.goods = goods
    entry_id = None if goods is Goods.RELEASED else _take_off_the_shelf(claim, hold, actor, now)
    db.session.flush()
    return entry_id


def entry_of(claim: Claim) -> int | None:
    """Return the entry that took the goods of ``claim`` off the shelf, undone ones left out."""
    return standing_entry((SOURCE, claim.id))


def _take_off_the_shelf(claim: Claim, hold: Hold, actor: Actor, now: dt.datetime) -> int | None:
    place: ledger.Place = (hold.location_id or 0, hold.lot_id, None)
    row = ledger.lock_places([place]).get(place)
    quantity = min(hold.quantity or Decimal(0), row.quantity) if row else Decimal(0)
    if row is None or not quantity:
        return None
    clinic_id = claim.order.clinic_id
    lot = db.session.get_one(Lot, hold.lot_id)
    outside = ledger.outside_of(clinic_id)
    returned = claim.goods is Goods.RETURNED
    move = ledger.MoveDraft(
        item_id=lot.item_id,
        lot_id=hold.lot_id,
        content=lot.content_per_container,
        from_location_id=place[0],
        to_location_id=outside.supplier if returned else outside.waste,
        quantity=quantity,
        cause=None if returned else _cause(claim),
    )
    draft = ledger.Draft(
        clinic_id,
        EntryKind.TRANSFER if returned else EntryKind.WASTE,
        now,
        [move],
        str(_("Returned to the supplier.")) if returned else claim.note or str(_("Claimed.")),
        (SOURCE, claim.id),
    )
    return ledger.post(draft, outside, {place: row}, actor=actor, now=now)


def _cause(claim: Claim) -> WasteCause:
    return WasteCause.DAMAGED if claim.kind is ClaimKind.DAMAGED else WasteCause.OTHER


def _fullest_place(clinic_id: int, lot_id: int) -> tuple[int, Decimal] | None:
    """Return the shelf with most sealed stock of a lot, and how much that is."""
    row = db.session.execute(
        sa.select(Balance.location_id, Balance.quantity)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic_id,
            Balance.lot_id == lot_id,
            Balance.container_id.is_(None),
            availability.on_shelf(),
        )
        .order_by(Balance.quantity.desc(), Balance.location_id)
        .limit(1)
    ).one_or_none()
    return (row.location_id, row.quantity) if row else None


def _lock(claim_id: int) -> None:
    locked_order(db.session.get_one(Claim, claim_id).order_id)


@on_reversal(SOURCE, locks=_lock)
def goods_are_back(claim_id: int, actor: Actor, now: dt.datetime) -> None:
    """Hold again what an undone return or waste put back on the shelf; both sides read it."""
    claim = db.session.get_one(Claim, claim_id)
    claim.goods = None
    facts = {**claim_facts.facts(claim, claim.lot_number), "goods": None}
    note(locked_order(claim.order_id), EventKind.CLAIM_GOODS, actor=actor, now=now, facts=facts)
    if claim.hold is not None:
        claim.hold.released_at, claim.hold.released_by_id = None, None
    db.session.flush()
