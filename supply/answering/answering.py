"""A supplier answers an order: every line confirmed, put off, declined, or replaced."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.opening import next_open
from supply.actor import Actor
from supply.answering import answers, substituting
from supply.answering.answers import Fault, LineAnswer, Outcome
from supply.answering.progress import drop_rest
from supply.db import db
from supply.ordering import mail
from supply.ordering.events import locked_order, note, require_stage, today_at, written
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.refusals import ChangedSince
from supply.ordering.terms import EventKind, Stage
from supply.refusals import InvalidInput

IN_FULL = LineAnswer()
LONGEST_REASON = 500


def acknowledge(
    order_id: int,
    said: Mapping[int, LineAnswer] | None = None,
    *,
    ship_on: dt.date | None = None,
    seen: Mapping[int, int] | None = None,
    by: str = "",
    actor: Actor,
    now: dt.datetime,
) -> PurchaseOrder:
    """Answer a placed order: by line id what is ``said``, lines not named in full.

    What is declined is owed no more; a substitute waits for the clinic. Where nothing at all is
    to come the order is declined. The clinic gets one mail with all that differs from what it
    ordered. ``ship_on``: the day it is to leave; after the day it was expected, that day moves.
    ``seen`` are the packs wanted by line id as the page showed them: the clinic may have changed
    the order since. ``by``: the address of who answered without signing in. Locks the order.

    Raises:
        WrongStage: not placed, or answered by somebody else before.
        ChangedSince: the clinic wants other packs than were ``seen``.
        InvalidInput: every fault, by ``<part>_<line id>`` (confirm, until, rest, substitute,
            decline), and ``ship_on``.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.PLACED)
    if seen is not None and seen != packs_wanted(order):
        raise ChangedSince(order.number)
    heard = {line.id: (said or {}).get(line.id, IN_FULL) for line in order.lines}
    _check(order, heard, said or {}, ship_on, now)
    outcomes = {line.id: answers.outcome(_wanted(line), heard[line.id]) for line in order.lines}
    cancelled = {line.sku: line.cancelled for line in order.lines}
    for line in order.lines:
        _take(line, heard[line.id], outcomes[line.id], now)
    if all(line.cancelled == line.packs for line in order.lines):
        return _decline_all(order, cancelled, by, actor, now)
    order.stage, order.acknowledged_at, order.ship_on = Stage.ACKNOWLEDGED, now, ship_on
    if ship_on is not None and order.expected_on is not None and ship_on > order.expected_on:
        order.expected_on = next_open(order.clinic.opening_days, ship_on)
    facts = _facts(order, outcomes, by)
    note(order, EventKind.ACKNOWLEDGED, actor=actor, now=now, facts=facts)
    db.session.flush()
    if differing := [line for line in order.lines if differs(line)]:
        mail.tell_clinic_of_answer(order, differing, now)
    return order


def decline(
    order_id: int, *, reason: str, by: str = "", actor: Actor, now: dt.datetime
) -> PurchaseOrder:
    """Turn a placed order down as a whole, with a reason; the clinic gets a mail. Locks the order.

    Raises:
        WrongStage: not placed, or acknowledged before (cancel what is left instead).
        InvalidInput: no reason.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.PLACED)
    if not (told := written(reason, "reason")):
        raise InvalidInput(("reason", _("Say why: the other side reads it.")))
    for line in order.lines:
        line.declined_why = told[:LONGEST_REASON]
    before = {line.sku: line.cancelled for line in order.lines}
    drop_rest(order, unsupplied=True)
    return _decline_all(order, before, by, actor, now, told)


def is_backordered(line: OrderLine) -> bool:
    """Return whether the supplier could not confirm all packs of an acknowledged line."""
    return line.confirmed + line.cancelled + line.offered < line.packs


def differs(line: OrderLine) -> bool:
    """Return whether the supplier's answer to a line is another than all of it."""
    return line.confirmed < line.packs


def packs_wanted(order: PurchaseOrder) -> dict[int, int]:
    """Return by line id the packs that a supplier is to answer."""
    return {line.id: _wanted(line) for line in order.lines if _wanted(line)}


def _wanted(line: OrderLine) -> int:
    return line.packs - line.cancelled


def _take(line: OrderLine, said: LineAnswer, made: Outcome, now: dt.datetime) -> None:
    line.confirmed, line.promised_on = made.confirmed, made.promised_on
    if made.declined:
        line.declined_why = (said.decline or "").strip()[:LONGEST_REASON]
        line.drop(made.declined, unsupplied=True)
    if made.offered and said.substitute is not None:
        substituting.offer(line, said.substitute, made.offered, now)


def _decline_all(
    order: PurchaseOrder,
    before: Mapping[str, int],
    by: str,
    actor: Actor,
    now: dt.datetime,
    reason: str = "",
) -> PurchaseOrder:
    """End an order of which nothing comes; ``before`` is what was cancelled of it, by SKU."""
    whys = dict.fromkeys(line.declined_why for line in order.lines if line.declined_why)
    told = reason or "; ".join(whys)
    order.stage, order.ended_at = Stage.DECLINED, now
    off = {line.sku: line.cancelled - before[line.sku] for line in order.lines}
    facts = {"cancelled": {sku: packs for sku, packs in off.items() if packs}, **_answered_by(by)}
    note(order, EventKind.DECLINED, told, actor=actor, now=now, facts=facts)
    mail.tell_clinic_of_end(order, told, now)
    return order


def _facts(order: PurchaseOrder, outcomes: Mapping[int, Outcome], by: str) -> dict[str, Any]:
    """Return what the timeline keeps of an answer: packs by SKU, and what differs."""
    lines = [(line, outcomes[line.id]) for line in order.lines]
    facts: dict[str, Any] = {
        "confirmed": {line.sku: made.confirmed for line, made in lines},
        "backordered": {line.sku: made.backordered for line, made in lines if made.backordered},
        "promised": {
            line.sku: made.promised_on.isoformat() for line, made in lines if made.promised_on
        },
        "declined": {line.sku: made.declined for line, made in lines if made.declined},
        "why": {line.sku: line.declined_why for line, made in lines if made.declined},
        "substitutes": {
            line.sku: {"sku": line.offer.sku, "packs": line.offer.packs}
            for line, _made in lines
            if line.offer
        },
        "ship_on": order.ship_on.isoformat() if order.ship_on else None,
    }
    return {**{part: value for part, value in facts.items() if value}, **_answered_by(by)}


def _answered_by(by: str) -> dict[str, str]:
    return {"by": by} if by else {}


def _check(
    order: PurchaseOrder,
    heard: Mapping[int, LineAnswer],
    said: Mapping[int, LineAnswer],
    ship_on: dt.date | None,
    now: dt.datetime,
) -> None:
    today = today_at(order, now)
    found = [
        (f"confirm_{line_id}", _("This line is not on the order."))
        for line_id in said
        if line_id not in heard
    ]
    for line in order.lines:
        found += _line_faults(line, heard[line.id], today)
    found += _offered_twice(order, heard)
    if ship_on is not None and ship_on < today:
        found.append(("ship_on", _("Give a day to ship on that is not past.")))
    if found:
        raise InvalidInput(*found)


def _line_faults(line: OrderLine, said: LineAnswer, today: dt.date) -> Iterator[tuple[str, str]]:
    for fault in answers.faults(_wanted(line), said, today):
        yield f"{fault.value}_{line.id}", _SENTENCES[fault](line)
    if said.substitute is not None:
        for sentence in substituting.objections(line.order, said.substitute, today):
            yield f"substitute_{line.id}", f"{line.name}: {sentence}"


def _offered_twice(
    order: PurchaseOrder, heard: Mapping[int, LineAnswer]
) -> Iterator[tuple[str, str]]:
    """Yield substitutes that stand for two lines: of a product an order has one line."""
    seen: set[str] = set()
    for line in order.lines:
        wanted = heard[line.id].substitute
        if wanted is not None and wanted.sku in seen:
            sentence = _("%(name)s: this product is offered for another line.", name=line.name)
            yield f"substitute_{line.id}", sentence
        elif wanted is not None:
            seen.add(wanted.sku)


def _too_many(line: OrderLine) -> str:
    return str(
        ngettext(
            "%(name)s: confirm from 0 to %(num)d pack.",
            "%(name)s: confirm from 0 to %(num)d packs.",
            _wanted(line),
            name=line.name,
        )
    )


_SENTENCES: Mapping[Fault, Callable[[OrderLine], str]] = {
    Fault.CONFIRMS_TOO_MANY: _too_many,
    Fault.DAY_IS_PAST: lambda line: _(
        "%(name)s: give a day for the rest that is not past.", name=line.name
    ),
    Fault.NOTHING_IS_LEFT: lambda line: _(
        "%(name)s: all packs are confirmed, so no rest is left to follow, be declined or replaced.",
        name=line.name,
    ),
    Fault.NO_REASON: lambda line: _(
        "%(name)s: say why it is declined: the clinic reads it.", name=line.name
    ),
    Fault.TWO_WAYS: lambda line: _(
        "%(name)s: the rest is either declined, or comes later or as a substitute.", name=line.name
    ),
}
