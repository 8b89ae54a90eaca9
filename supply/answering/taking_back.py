"""Taking back a decline or a cancellation while nobody has gone on from it."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import sqlalchemy as sa

from supply.actor import Actor
from supply.db import db
from supply.ordering import mail, wording
from supply.ordering.events import locked_order, note, reopen
from supply.ordering.models import OrderEvent, PurchaseOrder
from supply.ordering.refusals import GoneOn
from supply.ordering.terms import EventKind, Side, Stage


def take_back_declining(order_id: int, *, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Undo the supplier's decline: the order is placed again; the clinic gets a mail.

    Locks the order.

    Raises:
        GoneOn: it is not declined, or something else happened since.
    """
    order = locked_order(order_id)
    step = _last_step(order, EventKind.DECLINED)
    _restore(order, step)
    note(order, EventKind.DECLINE_UNDONE, actor=actor, now=now)
    mail.tell_of_taking_back(order, _packs(step), Side.SUPPLIER, now)
    return order


def take_back_cancelling(
    order_id: int, *, side: Side, actor: Actor, now: dt.datetime
) -> PurchaseOrder:
    """Undo what ``side`` cancelled last: the packs are on order again; the other side is told.

    A draft, or an order that waited for approval, is what it was; nobody is told, as nobody was.
    A basket comes back as a draft of its own: another may have been begun. Locks the order.

    Raises:
        GoneOn: ``side`` cancelled nothing, or something else happened since.
    """
    order = locked_order(order_id)
    step = _last_step(order, EventKind.CANCELLED, side)
    facts = step.facts or {}
    if order.placed_at is None:
        order.stage, order.ended_at = Stage(facts["stage"]), None
        note(order, EventKind.CANCEL_UNDONE, actor=actor, now=now)
        return order
    _restore(order, step)
    note(order, EventKind.CANCEL_UNDONE, actor=actor, now=now)
    mail.tell_of_taking_back(order, _packs(step), side, now)
    return order


def _last_step(order: PurchaseOrder, kind: EventKind, side: Side | None = None) -> OrderEvent:
    """Return the last step on the timeline, comments left out, if it is what is to be undone."""
    step = db.session.scalars(
        sa.select(OrderEvent)
        .where(OrderEvent.order_id == order.id, OrderEvent.kind != EventKind.COMMENT.value)
        .order_by(OrderEvent.id.desc())
        .limit(1)
    ).first()
    facts = (step.facts if step else None) or {}
    if step is None or step.kind != kind or not facts or (side and facts.get("side") != side):
        raise GoneOn(order.number, wording.title(step) if step else "")
    return step


def _restore(order: PurchaseOrder, step: OrderEvent) -> None:
    facts = step.facts or {}
    by_supplier = step.kind == EventKind.DECLINED or facts.get("side") == Side.SUPPLIER
    for line in order.lines:
        again = facts.get("cancelled", {}).get(line.sku, 0)
        line.cancelled -= again
        # Steps of before this was counted took off what it does not know.
        line.unsupplied -= min(again, line.unsupplied) if by_supplier else 0
        free = facts.get("credited", {}).get(line.sku, 0)
        line.credited -= free
        line.resend += free
    reopen(order)


def _packs(step: OrderEvent) -> dict[str, int]:
    facts = step.facts or {}
    return dict(Counter(facts.get("cancelled", {})) + Counter(facts.get("credited", {})))
