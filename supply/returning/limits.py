"""How many packs of which lots of an order may be returned: received, neither claimed nor gone."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.claims.models import Claim
from supply.claims.sent_back import tells_sent_back
from supply.claims.terms import ClaimOutcome
from supply.db import db
from supply.inventory import availability
from supply.inventory.models import Balance, Lot
from supply.inventory.undone import not_undone
from supply.items.models import Location
from supply.ordering.events import today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.quantity import ZERO
from supply.receiving.models import Receipt, ReceiptLine
from supply.returning.models import Return, ReturnLine
from supply.returning.terms import ReturnState
from supply.shipping.terms import Condition

Of = tuple[int, int | None]
"""An order line's id and a lot's; no lot where nobody knows it."""


@dataclass(frozen=True, slots=True)
class Returnable:
    """A lot of an order's line, and how many packs of it may be returned."""

    line: OrderLine
    lot: Lot
    packs: int


def returnable(order: PurchaseOrder, now: dt.datetime) -> list[Returnable]:
    """Return each lot that was received with ``order``, by line, with the packs that may go back.

    Those received, less those claimed (unless the claim was refused or withdrawn) and those of
    other returns; and no more than lie sealed at the clinic. Six statements.
    """
    received = _received(order)
    lots = _lots({lot_id for _line_id, lot_id in received if lot_id})
    gone = _claimed(order) + _returned(order, now)
    there = _sealed(order.clinic_id, lots)
    promised = _promised(order, lots, now)
    found = []
    for line in order.lines:
        mine = [lot_id for line_id, lot_id in received if line_id == line.id]
        left = line.received - _of_line(gone, line.id)
        for lot_id in filter(None, mine):
            of_lot = received[line.id, lot_id] - gone[line.id, lot_id]
            whole = int(there[lot_id] // line.pack_quantity) - promised[lot_id]
            packs = max(min(of_lot, left, whole), 0)
            found.append(Returnable(line, lots[lot_id], packs))
    return found


@tells_sent_back
def sent_back(order: PurchaseOrder, now: dt.datetime) -> Mapping[int, int]:
    """Return by order line the packs that are returned, or are to be."""
    returned = _returned(order, now)
    return {line.id: _of_line(returned, line.id) for line in order.lines}


def _of_line(packs: Mapping[Of, int], line_id: int) -> int:
    return sum(count for (one, _lot_id), count in packs.items() if one == line_id)


def _received(order: PurchaseOrder) -> Counter[Of]:
    """Return the packs that receipts took in which stand, the oldest lot first."""
    rows = db.session.execute(
        sa.select(ReceiptLine.order_line_id, ReceiptLine.lot_id, sa.func.sum(ReceiptLine.packs))
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(
            Receipt.order_id == order.id,
            ReceiptLine.lot_id.is_not(None),
            ReceiptLine.condition != Condition.MISSING,
            not_undone(Receipt.entry_id),
        )
        .group_by(ReceiptLine.order_line_id, ReceiptLine.lot_id)
        .order_by(sa.func.min(ReceiptLine.id))
    )
    return Counter({(line_id or 0, lot_id): int(packs or 0) for line_id, lot_id, packs in rows})


def _claimed(order: PurchaseOrder) -> Counter[Of]:
    """Return the packs that open claims, and those answered otherwise than with no, are about."""
    ended = (ClaimOutcome.REFUSED, ClaimOutcome.WITHDRAWN)
    rows = db.session.execute(
        sa.select(Claim.order_line_id, ReceiptLine.lot_id, sa.func.sum(Claim.packs))
        .outerjoin(ReceiptLine, ReceiptLine.id == Claim.receipt_line_id)
        .where(
            Claim.order_id == order.id,
            Claim.taken_in,
            sa.or_(Claim.outcome.is_(None), Claim.outcome.not_in(ended)),
        )
        .group_by(Claim.order_line_id, ReceiptLine.lot_id)
    )
    return Counter({(line_id, lot_id): int(packs) for line_id, lot_id, packs in rows})


def _returned(order: PurchaseOrder, now: dt.datetime) -> Counter[Of]:
    """Return the packs of returns that stand, but for those that are back at the clinic."""
    rows = db.session.execute(
        sa.select(
            ReturnLine.order_line_id,
            ReturnLine.lot_id,
            sa.func.sum(ReturnLine.packs - ReturnLine.back),
        )
        .join(Return, Return.id == ReturnLine.return_id)
        .where(
            Return.order_id == order.id,
            sa.or_(_to_be_sent(today_at(order, now)), Return.sent_at.is_not(None)),
        )
        .group_by(ReturnLine.order_line_id, ReturnLine.lot_id)
    )
    return Counter({(line_id, lot_id): int(packs) for line_id, lot_id, packs in rows})


def _promised(order: PurchaseOrder, lot_ids: Collection[int], now: dt.datetime) -> Counter[int]:
    """Return by lot the packs that returns of any of the clinic's orders have still to send."""
    rows = db.session.execute(
        sa.select(ReturnLine.lot_id, sa.func.sum(ReturnLine.packs))
        .join(Return, Return.id == ReturnLine.return_id)
        .join(PurchaseOrder, PurchaseOrder.id == Return.order_id)
        .where(
            PurchaseOrder.clinic_id == order.clinic_id,
            ReturnLine.lot_id.in_(lot_ids),
            _to_be_sent(today_at(order, now)),
        )
        .group_by(ReturnLine.lot_id)
    )
    return Counter({lot_id: int(packs) for lot_id, packs in rows})


def _to_be_sent(today: dt.date) -> sa.ColumnElement[bool]:
    authorised = sa.and_(Return.state == ReturnState.AUTHORISED, Return.valid_until >= today)
    return sa.or_(Return.state == ReturnState.ASKED, authorised)


def _lots(ids: Collection[int]) -> dict[int, Lot]:
    return {lot.id: lot for lot in db.session.scalars(sa.select(Lot).where(Lot.id.in_(ids)))}


def _sealed(clinic_id: int, lot_ids: Collection[int]) -> dict[int, Decimal]:
    """Return by lot how much of it lies sealed on shelves of the clinic, on hold or not."""
    rows: Sequence[sa.Row[int, Decimal]] = db.session.execute(
        sa.select(Balance.lot_id, Balance.quantity)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic_id,
            Balance.lot_id.in_(lot_ids),
            Balance.container_id.is_(None),
            availability.on_shelf(),
        )
    ).all()
    found = dict.fromkeys(lot_ids, ZERO)
    for lot_id, quantity in rows:
        found[lot_id] += quantity
    return found
