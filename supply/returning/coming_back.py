"""Packs that a supplier did not accept are back at the clinic: in its stock again, on hold."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.claims.undoing import check_none_returned
from supply.db import db
from supply.inventory import costs
from supply.inventory.models import Entry, Hold, Move
from supply.inventory.reversal import on_reversal
from supply.inventory.taking_in import Incoming, take_in
from supply.inventory.terms import EntryKind, HoldSource
from supply.items.models import Location
from supply.ordering.events import note
from supply.ordering.terms import EventKind
from supply.quantity import ZERO
from supply.returning.facts import facts
from supply.returning.models import Return, ReturnLine
from supply.returning.refusals import NothingToTakeBack
from supply.returning.services import locked_return

SOURCE = "goods_return_back"
"""What the ledger entry by which refused packs come back names as its source."""


def take_back(return_id: int, *, actor: Actor, now: dt.datetime) -> tuple[Return, int]:
    """Take the packs in that the supplier sent back; return the return and the ledger entry.

    They go where they came from, with the cost that left with them, on hold for the reason that
    the supplier gave: the clinic releases or wastes them. Locks the order, then balances by id.

    Raises:
        NothingToTakeBack: none are on their way back.
    """
    whole, order = locked_return(return_id)
    awaited = [line for line in whole.lines if line.awaited]
    if not awaited:
        raise NothingToTakeBack
    taken = take_in(
        order.clinic,
        [_incoming(whole, line, f"lines.{at}") for at, line in enumerate(awaited)],
        kind=EntryKind.TRANSFER,
        occurred_at=now,
        actor=actor,
        now=now,
        reason=str(_("Not accepted by the supplier, %(rma)s.", rma=whole.number)),
        source=(SOURCE, whole.id),
    )
    for line in awaited:
        line.back = line.refused
    db.session.flush()
    note(order, EventKind.RETURN_BACK, actor=actor, now=now, facts=facts(whole))
    return whole, taken.entry_id


@on_reversal(SOURCE, locks=locked_return)
def undo_taking_back(return_id: int, actor: Actor, now: dt.datetime) -> None:
    """Await packs again that were taken in: their entry is reversed, their hold released.

    The order is locked.

    Raises:
        ReturnedSince: they are to be returned once more.
    """
    whole, order = locked_return(return_id)
    for line in whole.lines:
        line.back = 0
    db.session.flush()
    check_none_returned(order, now)
    _release(return_id, actor, now)
    note(order, EventKind.RETURN_BACK_UNDONE, actor=actor, now=now, facts=facts(whole))


def _release(return_id: int, actor: Actor, now: dt.datetime) -> None:
    """Release what was put on hold when the packs were taken in: they are gone again."""
    entries = sa.select(Entry.id).where(Entry.source_type == SOURCE, Entry.source_id == return_id)
    db.session.execute(
        sa.update(Hold)
        .where(
            Hold.source == HoldSource.RECEIPT,
            Hold.source_id.in_(entries),
            Hold.released_at.is_(None),
        )
        .values(released_at=now, released_by_id=actor.person_id)
    )


def _incoming(whole: Return, line: ReturnLine, field: str) -> Incoming:
    lot, quantity = line.lot, line.awaited * line.order_line.pack_quantity
    moves = db.session.execute(
        sa.select(Move.quantity, Move.costed, Move.cost_minor, Location.id, Location.archived_at)
        .join(Location, Location.id == Move.from_location_id)
        .where(Move.entry_id == whole.entry_id, Move.lot_id == lot.id)
        .order_by(Move.id)
    ).all()
    left = sum((move.quantity for move in moves), ZERO)
    cost = costs.Cost(
        sum((move.costed for move in moves), ZERO), sum(move.cost_minor for move in moves)
    )
    share = costs.share(left, cost, quantity)
    return Incoming(
        item=lot.item,
        lot_number=lot.number,
        expiry=lot.expiry,
        quantity=quantity,
        location_id=next((move.id for move in moves if move.archived_at is None), None),
        content_per_container=lot.content_per_container,
        product_id=lot.product_id,
        gtin=lot.gtin,
        cost_minor=share.minor if share.costed == quantity else None,
        hold_reason=line.refused_why,
        expired_reason=line.refused_why,
        field=field,
    )
