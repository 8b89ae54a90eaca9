"""Claims: a clinic says what is wrong with packs, the supplier answers, the goods go their way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import joinedload

from supply.actor import Actor
from supply.claims import facts as claim_facts
from supply.claims import goods as claim_goods
from supply.claims import mail
from supply.claims.models import Claim
from supply.claims.refusals import ClaimEnded, ShippedSince
from supply.claims.sent_back import sent_back
from supply.claims.terms import SETTLEMENTS, ClaimOutcome, Goods
from supply.db import db
from supply.inventory.rules import normalise_lot
from supply.inventory.undone import not_undone
from supply.ordering.billing import Cause, Occasion, bill
from supply.ordering.events import locked_order, note, reopen, require_stage, settle
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import EventKind, Stage
from supply.receiving.complaints import Complaint
from supply.receiving.models import Receipt, ReceiptLine
from supply.receiving.receiving import take_parts
from supply.receiving.rules import Part
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.refusals import InvalidInput
from supply.shipping.models import Shipment, ShipmentLine
from supply.shipping.parcels import locked_shipment
from supply.shipping.terms import Condition

LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class NewClaim:
    """Packs of an order's line that are wrong. ``sku`` is the supplier's.

    ``lot`` says which received lot; "" means the only one there is, or one that nobody knows.
    """

    sku: str
    packs: int
    kind: ClaimKind
    wish: ClaimWish
    note: str = ""
    lot: str = ""


def raise_claim(order_id: int, new: NewClaim, *, actor: Actor, now: dt.datetime) -> Claim:
    """Claim packs of a placed order; the supplier gets a mail, both sides a line on the timeline.

    Received packs go on hold as far as they are still there. Packs called missing that a parcel
    still has to account for are missing from that parcel, as if said when receiving it. Locks
    the parcels in question by id, then the order.

    Raises:
        WrongStage: the order was never placed.
        InvalidInput: field ``sku``, ``packs`` or ``lot``: not on the order, more packs than came
            and are not claimed yet, a lot that never came.
    """
    parcels = _parcels_with_more(order_id, new) if new.kind is ClaimKind.MISSING else []
    order = locked_order(order_id)
    require_stage(order, Stage.PLACED, Stage.ACKNOWLEDGED, Stage.CLOSED, Stage.CANCELLED)
    line = next((line for line in order.lines if line.sku == new.sku), None)
    if line is None:
        raise InvalidInput(("sku", _("This product is not on the order.")))
    if not 1 <= new.packs <= MOST_PACKS:
        raise InvalidInput(("packs", _("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS)))
    if parcels:
        return _missing_from(parcels[0], order, new, actor, now)
    claim = _new_claim(order, line, new, actor, now)
    db.session.add(claim)
    db.session.flush()
    facts = claim_facts.facts(claim, claim.lot_number or new.lot)
    note(order, EventKind.CLAIMED, claim.note, actor=actor, now=now, facts=facts)
    mail.tell_supplier_of_claims(order, [facts], now)
    return claim


def settle_claim(
    claim_id: int, outcome: ClaimOutcome, *, answer: str = "", actor: Actor, now: dt.datetime
) -> Claim:
    """Answer a claim for the supplier; the clinic gets a mail. Locks the order.

    A credit or refund takes the packs off what is owed; packs that were missing are no longer to
    be sent. Packs to be sent again are to ship once more, at no charge, and reopen the order. A
    refusal changes no counter. The same answer given twice is given once.

    Raises:
        ClaimEnded: answered otherwise or withdrawn before.
        InvalidInput: not something a supplier may answer.
    """
    if outcome not in SETTLEMENTS:
        raise InvalidInput(("outcome", _("Choose credit, refund, resend or refused.")))
    claim, order = locked_claim(claim_id)
    if claim.outcome is outcome and claim.answer == _kept(answer):
        return claim
    _require_open(claim)
    _end(claim, outcome, answer, actor, now)
    line = next(line for line in order.lines if line.id == claim.order_line_id)
    before = line.owed_packs
    if outcome is ClaimOutcome.RESEND:
        _send_again(order, line, claim)
    elif outcome is not ClaimOutcome.REFUSED:
        _take_off(line, claim)
    settle(order, now)
    facts = _facts(claim)
    note(order, EventKind.CLAIM_SETTLED, claim.answer, actor=actor, now=now, facts=facts)
    mail.tell_clinic_of_settlement(order, facts, now)
    if off := before - line.owed_packs:
        cause = Cause(Occasion.CLAIM, claim_id=claim.id, off={line.id: off})
        bill(order, cause, actor=actor, now=now)
    return claim


def withdraw_claim(claim_id: int, *, reason: str = "", actor: Actor, now: dt.datetime) -> Claim:
    """Take an open claim back for the clinic; what it held is released, the supplier is told.

    Packs called missing from a parcel are to be received from it after all. Locks the parcel,
    then the order.

    Raises:
        ClaimEnded: the supplier answered before.
        ShippedSince: the missing packs were sent again or cancelled since.
    """
    shipment = _parcel_of(claim_id)
    claim, order = locked_claim(claim_id)
    if claim.outcome is ClaimOutcome.WITHDRAWN:
        return claim
    _require_open(claim)
    _end(claim, ClaimOutcome.WITHDRAWN, reason, actor, now)
    if claim.taken_in:
        claim_goods.release(claim, actor, now)
    elif shipment is not None:
        _found_after_all(claim, shipment, order)
    facts = _facts(claim)
    note(order, EventKind.CLAIM_WITHDRAWN, claim.answer, actor=actor, now=now, facts=facts)
    mail.tell_supplier_of_withdrawal(order, facts, now)
    return claim


def part_with_goods(
    claim_id: int, goods: Goods, *, actor: Actor, now: dt.datetime
) -> tuple[Claim, int | None]:
    """Say what becomes of packs on hold by a claim that ended; return it and the ledger entry.

    They are released for use, returned to the supplier or wasted; the latter two as far as they
    are still there. Saying the same again changes nothing. Locks the order.

    Raises:
        NoGoodsWait: nothing is on hold by it, or it is still open.
    """
    claim, order = locked_claim(claim_id)
    if claim.goods is goods:
        return claim, claim_goods.entry_of(claim)
    entry_id = claim_goods.part_with(claim, goods, actor, now)
    facts = {**_facts(claim), "goods": goods.value, "entry": entry_id}
    note(order, EventKind.CLAIM_GOODS, actor=actor, now=now, facts=facts)
    return claim, entry_id


def locked_claim(claim_id: int) -> tuple[Claim, PurchaseOrder]:
    """Lock the order a claim belongs to; return the claim, freshly read, and the order."""
    order_id = db.session.execute(
        sa.select(Claim.order_id).where(Claim.id == claim_id)
    ).scalar_one()
    order = locked_order(order_id)
    claim = db.session.scalars(
        sa.select(Claim)
        .where(Claim.id == claim_id)
        .options(
            joinedload(Claim.order_line),
            joinedload(Claim.settled_by),
            joinedload(Claim.hold),
            joinedload(Claim.receipt_line).joinedload(ReceiptLine.lot),
        )
        .execution_options(populate_existing=True)
    ).one()
    return claim, order


def _require_open(claim: Claim) -> None:
    if claim.settled_at is not None:
        who = claim.settled_by.name if claim.settled_by else ""
        raise ClaimEnded(who, claim.settled_at, claim.order.clinic.timezone)


def _end(claim: Claim, outcome: ClaimOutcome, answer: str, actor: Actor, now: dt.datetime) -> None:
    claim.outcome, claim.answer = outcome, _kept(answer)
    claim.settled_at, claim.settled_by_id = now, actor.person_id
    db.session.flush()


def _kept(text: str) -> str:
    return text.strip()[:LONGEST_NOTE]


def _facts(claim: Claim) -> dict[str, object]:
    return claim_facts.facts(claim, claim.lot_number)


def _send_again(order: PurchaseOrder, line: OrderLine, claim: Claim) -> None:
    """Packs that were taken in are due once more; missing ones are to ship as it is."""
    if claim.taken_in:
        line.resend += claim.packs
        reopen(order)


def _take_off(line: OrderLine, claim: Claim) -> None:
    if claim.taken_in:
        line.credited += min(claim.packs, line.packs - line.cancelled - line.credited)
    else:
        line.drop(min(claim.packs, line.to_ship))


def _parcels_with_more(order_id: int, new: NewClaim) -> list[tuple[Shipment, ShipmentLine]]:
    """Lock and return the parcel, and its line, from which these packs may be missing.

    A parcel nobody has said anything of yet comes last: it may still be on its way.
    """
    ids = db.session.scalars(
        sa.select(Shipment.id)
        .where(Shipment.order_id == order_id, Shipment.received_at.is_(None))
        .order_by(Shipment.id)
    ).all()
    shipments = [locked_shipment(shipment_id) for shipment_id in ids]
    found = [
        (shipment, line)
        for shipment in shipments
        for line in shipment.lines
        if line.order_line.sku == new.sku
        and line.unaccounted >= new.packs >= 1
        and (not new.lot or line.normalised == normalise_lot(new.lot))
    ]
    return sorted(
        found, key=lambda one: all(line.unaccounted == line.packs for line in one[0].lines)
    )


def _missing_from(
    place: tuple[Shipment, ShipmentLine],
    order: PurchaseOrder,
    new: NewClaim,
    actor: Actor,
    now: dt.datetime,
) -> Claim:
    shipment, line = place
    complaint = Complaint(
        ClaimKind.MISSING, _kept(new.note) or str(_("Not in the parcel.")), new.wish
    )
    part = Part(line.id, new.packs, Condition.MISSING)
    receipt = take_parts(shipment, order, [part], [complaint], actor, now)
    return claim_facts.raised_with(receipt.id)[0]


def _new_claim(
    order: PurchaseOrder, line: OrderLine, new: NewClaim, actor: Actor, now: dt.datetime
) -> Claim:
    came = _received_rows(line.id)
    row = _row_meant(came, new.lot)
    never_came = line.to_ship - claimed(line.id, taken_in=False)
    by_mail = not order.supplier.uses_supply
    unsent = new.kind is ClaimKind.MISSING and by_mail and new.packs <= never_came
    there = never_came if unsent else claimable(order, line, now)
    if new.packs > there:
        raise InvalidInput(("packs", too_many(there)))
    claim = Claim(
        order_id=order.id,
        order_line_id=line.id,
        receipt_line_id=row.id if row and not unsent else None,
        kind=new.kind,
        packs=new.packs,
        taken_in=not unsent,
        note=_kept(new.note),
        wish=new.wish,
        raised_at=now,
        raised_by_id=actor.person_id,
    )
    claim.order_line = line
    if row is not None and not unsent:
        claim.receipt_line = row
        claim_goods.put_on_hold(claim, order, row, actor, now)
    return claim


def claimable(order: PurchaseOrder, line: OrderLine, now: dt.datetime) -> int:
    """Return how many packs of a line came, are not claimed and did not go back."""
    return line.received - claimed(line.id, taken_in=True) - sent_back(order, now)[line.id]


def too_many(there: int) -> str:
    """Say that no more packs than ``there`` are may be claimed."""
    if there <= 0:
        return str(_("Nothing of this has been received that is not claimed already."))
    sentence = ngettext(
        "Only %(num)d pack was received and is not claimed yet.",
        "Only %(num)d packs were received and are not claimed yet.",
        there,
    )
    return str(sentence)


def _received_rows(line_id: int) -> Sequence[ReceiptLine]:
    """Return what receipts that stand took in of an order's line, newest first."""
    query = (
        sa.select(ReceiptLine)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(
            ReceiptLine.order_line_id == line_id,
            ReceiptLine.lot_id.is_not(None),
            not_undone(Receipt.entry_id),
        )
        .options(joinedload(ReceiptLine.lot))
        .order_by(ReceiptLine.id.desc())
    )
    return db.session.scalars(query).all()


def _row_meant(came: Sequence[ReceiptLine], lot: str) -> ReceiptLine | None:
    """Return the received row a claim is about: of the lot named, or of the only one."""
    if lot.strip():
        named = normalise_lot(lot)
        fitting = [row for row in came if row.lot and row.lot.normalised == named]
        if not fitting:
            raise InvalidInput(("lot", _("This lot was not received with the order.")))
    else:
        fitting = list(came) if len({row.lot_id for row in came}) == 1 else []
    return min(fitting, key=lambda row: row.condition is not Condition.GOOD, default=None)


def claimed(line_id: int, *, taken_in: bool) -> int:
    """Return the packs of an order's line that claims hold; withdrawn ones claim nothing.

    Of packs that never came only open claims count: once settled they are off the order.
    """
    counts = (
        Claim.outcome.is_(None)
        if not taken_in
        else sa.or_(Claim.outcome.is_(None), Claim.outcome != ClaimOutcome.WITHDRAWN)
    )
    return (
        db.session.scalar(
            sa.select(sa.func.sum(Claim.packs)).where(
                Claim.order_line_id == line_id, Claim.taken_in.is_(taken_in), counts
            )
        )
        or 0
    )


def _parcel_of(claim_id: int) -> Shipment | None:
    """Lock and return the parcel that a claim says packs are missing from."""
    shipment_id = db.session.scalar(
        sa.select(Receipt.shipment_id)
        .join(ReceiptLine, ReceiptLine.receipt_id == Receipt.id)
        .join(Claim, Claim.receipt_line_id == ReceiptLine.id)
        .where(Claim.id == claim_id, Claim.taken_in.is_(False))
    )
    return locked_shipment(shipment_id) if shipment_id else None


def _found_after_all(claim: Claim, shipment: Shipment, order: PurchaseOrder) -> None:
    row = claim.receipt_line
    line = next(line for line in order.lines if line.id == claim.order_line_id)
    if row is None or line.to_ship < claim.packs:
        raise ShippedSince
    parcel = next(one for one in shipment.lines if one.id == row.shipment_line_id)
    parcel.missing -= claim.packs
    line.shipped += claim.packs
    shipment.received_at = None
    reopen(order)
