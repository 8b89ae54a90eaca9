"""What happens to a placed order on the way: cancelled, talked about."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_babel import gettext as _

from supply.actor import Actor
from supply.answering.substituting import withdraw_offers
from supply.ordering import mail
from supply.ordering.billing import Cause, Occasion, bill
from supply.ordering.events import locked_order, note, require_stage, settle, written
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import NothingLeft
from supply.ordering.terms import UNPLACED_STAGES, EventKind, Side, Stage
from supply.refusals import InvalidInput


def cancel_rest(
    order_id: int,
    *,
    side: Side = Side.CLINIC,
    reason: str = "",
    actor: Actor,
    now: dt.datetime,
) -> PurchaseOrder:
    """Cancel every pack not yet shipped; the other side gets a mail. Locks the order.

    What was shipped may still be received, and the order ends once it is. A draft, or an order
    that waits for approval or to be paid, is cancelled as a whole and nobody outside hears of it,
    unless its supplier wrote it.
    A supplier has to give a reason.

    Raises:
        WrongStage: ended before.
        NothingLeft: all of it is shipped or cancelled.
        InvalidInput: a supplier without a reason.
    """
    order = locked_order(order_id)
    told = _reason(reason) if side is Side.SUPPLIER else written(reason, "reason")
    unplaced = UNPLACED_STAGES if side is Side.CLINIC else ()
    require_stage(order, Stage.PLACED, Stage.ACKNOWLEDGED, *unplaced)
    if order.stage in unplaced:
        facts: dict[str, Any] = {"side": side.value, "stage": order.stage.value}
        order.stage, order.basket, order.ended_at = Stage.CANCELLED, False, now
        note(order, EventKind.CANCELLED, told, actor=actor, now=now, facts=facts)
        if order.proposed_at is not None:
            mail.tell_of_refused_proposal(order, told, now)
        return order
    if all(line.to_ship + line.offered == 0 for line in order.lines):
        raise NothingLeft(order.number)
    withdraw_offers(order, actor, now)
    dropped = {line.id: line.to_ship for line in order.lines if line.to_ship}
    owed = {line.id: line.owed_packs for line in order.lines}
    facts = {"side": side.value, **drop_rest(order, unsupplied=side is Side.SUPPLIER)}
    settle(order, now)
    note(order, EventKind.CANCELLED, told, actor=actor, now=now, facts=facts)
    mail.tell_other_side(order, dropped, side, told, now)
    off = {line.id: owed[line.id] - line.owed_packs for line in order.lines}
    bill(order, Cause(Occasion.CANCELLED, off=off), actor=actor, now=now)
    return order


def drop_rest(order: PurchaseOrder, *, unsupplied: bool) -> dict[str, dict[str, int]]:
    """Cancel all that is not shipped; return what the timeline keeps of it, by SKU.

    ``unsupplied``: it is the supplier that does not send it. The caller holds the order's lock.
    """
    before = {line.sku: (line.cancelled, line.credited) for line in order.lines}
    for line in order.lines:
        line.drop(line.to_ship, unsupplied=unsupplied)
    return {
        "cancelled": {
            line.sku: line.cancelled - before[line.sku][0]
            for line in order.lines
            if line.cancelled > before[line.sku][0]
        },
        "credited": {
            line.sku: line.credited - before[line.sku][1]
            for line in order.lines
            if line.credited > before[line.sku][1]
        },
    }


def comment(order_id: int, *, text: str, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Put a comment on the order's timeline, which both sides read. Locks the order.

    Raises:
        InvalidInput: nothing written, or more than is kept.
    """
    order = locked_order(order_id)
    said = written(text, "text")
    if not said:
        raise InvalidInput(("text", _("Write a comment first.")))
    note(order, EventKind.COMMENT, said, actor=actor, now=now)
    return order


def _reason(text: str) -> str:
    if not (said := written(text, "reason")):
        raise InvalidInput(("reason", _("Say why: the other side reads it.")))
    return said
