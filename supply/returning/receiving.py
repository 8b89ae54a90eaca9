"""A supplier receives a return: what it accepts is credited once, at what was authorised."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.db import db
from supply.depot.arriving import Arriving, take_in
from supply.ordering.billing import Cause, Occasion, bill
from supply.ordering.events import today_at
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import EventKind, Side
from supply.receiving.models import Receipt, ReceiptLine
from supply.refusals import InvalidInput
from supply.returning import rules
from supply.returning.models import Return, ReturnLine
from supply.returning.services import Fault, kept, locked_return, tell
from supply.returning.terms import Fate, Step

INTO_STOCK = "goods_return_into_stock"
"""What the entry is called by which returned packs come into a supplier's own stock."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a supplier says of a line: packs it accepts, and of the rest why not, and its fate."""

    accepted: int
    why: str = ""
    fate: Fate | None = None


def settle(
    return_id: int,
    verdicts: Mapping[int, Verdict] | None = None,
    *,
    into_stock: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> Return:
    """Receive a return: ``verdicts`` by line id; a line without one is accepted whole.

    What is accepted is credited, or goes back to the card the order was paid by; the clinic gets
    a mail. ``into_stock``: what is accepted comes into the supplier's own stock, on hold until
    somebody has looked at it. Locks the order, then what is taken in.

    Raises:
        WrongStep: not sent, or received before.
        InvalidInput: by field (``accepted_7``, ``why_7``, ``fate_7``, ``into_stock``).
        KeepsNoStock: ``into_stock``, and the supplier keeps none here.
    """
    whole, order = locked_return(return_id)
    said = {line.id: _said(line, verdicts or {}) for line in whole.lines}
    any_accepted = any(one.accepted > 0 for one in said.values())
    step = Step.SETTLE if any_accepted else Step.TURN_DOWN
    state = rules.moved(whole.state_on(today_at(order, now)), step)
    faults = [fault for line in whole.lines for fault in _faults(line, said[line.id])]
    if faults:
        raise InvalidInput(*faults)
    for line in whole.lines:
        _judge(line, said[line.id])
    whole.state = state
    whole.settled_at, whole.settled_by_id = now, actor.person_id
    db.session.flush()
    tell(whole, EventKind.RETURN_SETTLED, Side.SUPPLIER, "", actor, now)
    if any_accepted and into_stock:
        _take_into_stock(whole, order, actor, now)
    if any_accepted:
        bill(order, _cause(whole, order), actor=actor, now=now)
    return whole


def _said(line: ReturnLine, verdicts: Mapping[int, Verdict]) -> Verdict:
    """Return what is said of a line, its words as they are kept."""
    verdict = verdicts.get(line.id, Verdict(line.packs))
    return replace(verdict, why=kept(verdict.why, f"why_{line.id}"))


def _faults(line: ReturnLine, verdict: Verdict) -> Iterator[Fault]:
    if not 0 <= verdict.accepted <= line.packs:
        message = _("Enter packs from 0 to %(most)d.", most=line.packs)
        more = _("%(what)s: %(more)s", what=line.order_line.name, more=message)
        yield f"accepted_{line.id}", str(more)
    elif verdict.accepted < line.packs:
        if not verdict.why:
            yield f"why_{line.id}", _("Say why you do not accept them: the clinic reads it.")
        if verdict.fate is None:
            message = _("Say whether you send these packs back or destroy them.")
            yield f"fate_{line.id}", message


def _judge(line: ReturnLine, verdict: Verdict) -> None:
    """Write down what is accepted, and take it off what is owed."""
    line.accepted = verdict.accepted
    if verdict.accepted < line.packs:
        line.refused_why, line.fate = verdict.why, verdict.fate
    ordered = line.order_line
    credit_minor = ordered.pack_minor if line.credit_minor is None else line.credit_minor
    ordered.credited += verdict.accepted
    ordered.restocking_minor += verdict.accepted * (ordered.pack_minor - credit_minor)


def _take_into_stock(whole: Return, order: PurchaseOrder, actor: Actor, now: dt.datetime) -> None:
    """Take what is accepted into the supplier's own stock, on hold."""
    reason = str(_("Returned by %(clinic)s, %(rma)s.", clinic=order.clinic.name, rma=whole.number))
    lines = [
        Arriving(
            product=line.order_line.product,
            lot=line.lot.number,
            expiry=line.lot.expiry,
            packs=line.accepted,
            expired_reason=reason,
            hold_reason=reason,
        )
        for line in whole.lines
        if line.accepted
    ]
    source = INTO_STOCK, whole.id
    try:
        take_in(order.supplier, lines, actor=actor, now=now, reason=reason, source=source)
    except InvalidInput as refused:
        raise InvalidInput(*(("into_stock", said) for _field, said in refused.errors)) from refused


def _cause(whole: Return, order: PurchaseOrder) -> Cause:
    off: dict[int, int] = defaultdict(int)
    lots: dict[int, list[str]] = defaultdict(list)
    accepted = [line for line in whole.lines if line.accepted]
    for line in accepted:
        off[line.order_line_id] += line.accepted or 0
        lots[line.order_line_id].append(line.lot.number)
    return Cause(
        Occasion.RETURN,
        shipment_id=_came_with(order, accepted[0]),
        return_id=whole.id,
        off=off,
        credit_minor={line.order_line_id: line.credit_minor or 0 for line in accepted},
        lots=lots,
    )


def _came_with(order: PurchaseOrder, line: ReturnLine) -> int | None:
    """Return the shipment that brought the lot of a line, the last one if several did."""
    return db.session.scalar(
        sa.select(Receipt.shipment_id)
        .join(ReceiptLine, ReceiptLine.receipt_id == Receipt.id)
        .where(
            Receipt.order_id == order.id,
            ReceiptLine.order_line_id == line.order_line_id,
            ReceiptLine.lot_id == line.lot_id,
        )
        .order_by(Receipt.id.desc())
        .limit(1)
    )
