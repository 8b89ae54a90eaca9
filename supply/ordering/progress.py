"""What happens to a placed order on the way: acknowledged, declined, cancelled, talked about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.actor import Actor
from supply.ordering import mail
from supply.ordering.billing import Cause, Occasion, bill
from supply.ordering.events import locked_order, note, require_stage, settle
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.refusals import NothingLeft
from supply.ordering.terms import UNPLACED_STAGES, EventKind, Side, Stage
from supply.refusals import InvalidInput


def acknowledge(
    order_id: int,
    *,
    confirmed: Mapping[int, int] | None = None,
    promised: Mapping[int, dt.date] | None = None,
    actor: Actor,
    now: dt.datetime,
) -> PurchaseOrder:
    """Confirm a placed order: all of it, or ``confirmed`` packs by line id (others in full).

    What is not confirmed stays on order as a backorder, with the day ``promised`` for the line
    if there is one; the clinic is then told by mail. Locks the order.

    Raises:
        WrongStage: not placed, or acknowledged by somebody else before.
        InvalidInput: more confirmed than is wanted, or less than none; a line not of the order.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.PLACED)
    _check_confirmed(order, confirmed or {})
    for line in order.lines:
        line.confirmed = (confirmed or {}).get(line.id, line.packs - line.cancelled)
        line.promised_on = (promised or {}).get(line.id, line.promised_on)
    order.stage = Stage.ACKNOWLEDGED
    order.acknowledged_at = now
    late = [line for line in order.lines if is_backordered(line)]
    facts = {"confirmed": {line.sku: line.confirmed for line in order.lines}}
    note(order, EventKind.ACKNOWLEDGED, actor=actor, now=now, facts=facts)
    settle(order, now)
    if late:
        mail.tell_clinic_of_backorder(order, late, now)
    return order


def is_backordered(line: OrderLine) -> bool:
    """Return whether the supplier could not confirm all packs of an acknowledged line."""
    return line.confirmed + line.cancelled < line.packs


def decline(order_id: int, *, reason: str, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Turn a placed order down as a whole, with a reason; the clinic gets a mail. Locks the order.

    Raises:
        WrongStage: not placed, or acknowledged before (cancel what is left instead).
        InvalidInput: no reason.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.PLACED)
    told = _reason(reason)
    order.stage = Stage.DECLINED
    order.ended_at = now
    facts = _drop_rest(order)
    note(order, EventKind.DECLINED, told, actor=actor, now=now, facts=facts)
    mail.tell_clinic_of_end(order, told, now)
    return order


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
    that waits for approval or to be paid, is cancelled as a whole and nobody outside hears of it.
    A supplier has to give a reason.

    Raises:
        WrongStage: ended before.
        NothingLeft: all of it is shipped or cancelled.
        InvalidInput: a supplier without a reason.
    """
    order = locked_order(order_id)
    told = _reason(reason) if side is Side.SUPPLIER else reason.strip()
    unplaced = UNPLACED_STAGES if side is Side.CLINIC else ()
    require_stage(order, Stage.PLACED, Stage.ACKNOWLEDGED, *unplaced)
    if order.stage in unplaced:
        facts: dict[str, Any] = {"side": side.value, "stage": order.stage.value}
        order.stage, order.basket, order.ended_at = Stage.CANCELLED, False, now
        note(order, EventKind.CANCELLED, told, actor=actor, now=now, facts=facts)
        return order
    if all(line.to_ship == 0 for line in order.lines):
        raise NothingLeft(order.number)
    dropped = {line.id: line.to_ship for line in order.lines if line.to_ship}
    owed = {line.id: line.owed_packs for line in order.lines}
    facts = {"side": side.value, **_drop_rest(order)}
    settle(order, now)
    note(order, EventKind.CANCELLED, told, actor=actor, now=now, facts=facts)
    mail.tell_other_side(order, dropped, side, told, now)
    off = {line.id: owed[line.id] - line.owed_packs for line in order.lines}
    bill(order, Cause(Occasion.CANCELLED, off=off), actor=actor, now=now)
    return order


def _drop_rest(order: PurchaseOrder) -> dict[str, dict[str, int]]:
    """Cancel all that is not shipped; return what the timeline keeps of it, by SKU."""
    before = {line.sku: (line.cancelled, line.credited) for line in order.lines}
    for line in order.lines:
        line.drop(line.to_ship)
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
        InvalidInput: nothing written.
    """
    order = locked_order(order_id)
    if not text.strip():
        raise InvalidInput(("text", _("Write a comment first.")))
    note(order, EventKind.COMMENT, text.strip(), actor=actor, now=now)
    return order


def _check_confirmed(order: PurchaseOrder, confirmed: Mapping[int, int]) -> None:
    lines = {line.id: line for line in order.lines}
    faults = []
    for line_id, packs in confirmed.items():
        line = lines.get(line_id)
        if line is None:
            faults.append((f"confirmed_{line_id}", _("This line is not on the order.")))
        elif not 0 <= packs <= line.packs - line.cancelled:
            sentence = ngettext(
                "%(name)s: confirm from 0 to %(num)d pack.",
                "%(name)s: confirm from 0 to %(num)d packs.",
                line.packs - line.cancelled,
                name=line.name,
            )
            faults.append((f"confirmed_{line_id}", sentence))
    if faults:
        raise InvalidInput(*faults)


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidInput(("reason", _("Say why: the other side reads it.")))
    return text.strip()
