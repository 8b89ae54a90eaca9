"""Changing an order: at once before the supplier has answered, proposed and answered after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.access import NotFoundHereError
from supply.actor import Actor
from supply.amending import mail, rules
from supply.amending.models import OrderChange
from supply.amending.refusals import NotYoursToAnswer, OtherPacksNow, ProposalOpen
from supply.amending.terms import Answer, ChangeState
from supply.answering.answering import packs_wanted
from supply.baskets.placing import arrival
from supply.baskets.requesting import day_fault
from supply.db import db
from supply.money import Money
from supply.ordering import rules as ordering
from supply.ordering.events import TEXT_LENGTH, locked_order, note, require_stage, settle, today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OPEN_STAGES, EventKind, PayBy, Side, Stage
from supply.refusals import InvalidInput


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to change: the day of delivery, packs by line id; and why."""

    day: dt.date | None = None
    packs: Mapping[int, int] = field(default_factory=dict)
    reason: str = ""


def propose(
    order_id: int,
    wanted: Wanted,
    *,
    side: Side,
    limit: Money | None = None,
    actor: Actor,
    now: dt.datetime,
) -> OrderChange | None:
    """Propose a change of a placed order to the other side; the clinic's own is made at once as
    long as its supplier has not answered, and None is returned. The other side gets a mail.

    ``limit`` is up to what sum the person orders alone. Locks the order.

    Raises:
        WrongStage: not placed, or ended; a supplier's before it has acknowledged.
        ProposalOpen: another change waits for an answer.
        InvalidInput: nothing changes, a day that cannot be, packs that cannot: by field.
    """
    order = locked_order(order_id)
    allowed = (Stage.PLACED, Stage.ACKNOWLEDGED) if side is Side.CLINIC else (Stage.ACKNOWLEDGED,)
    require_stage(order, *allowed)
    if open_change(order_id) is not None:
        raise ProposalOpen(order.number)
    if wanted.day == order.requested_on:
        wanted = replace(wanted, day=None)
    changed = _checked(order, wanted, limit, now)
    if order.stage is Stage.PLACED:
        _change_at_once(order, wanted, changed, actor, now)
        return None
    change = _kept(order, wanted, changed, side, actor, now)
    _tell(order, change, EventKind.CHANGE_PROPOSED, side, actor, now)
    return change


def _change_at_once(
    order: PurchaseOrder,
    wanted: Wanted,
    changed: Mapping[int, int],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Make the clinic's change of an order that its supplier has not answered."""
    facts = _facts(order, wanted.day, changed)
    _apply(order, wanted.day, changed, now)
    if order.placed_at is not None:
        order.expected_on = arrival(order, today_at(order, order.placed_at)).day
    reason = wanted.reason.strip()[:TEXT_LENGTH]
    note(order, EventKind.CHANGED, reason, actor=actor, now=now, facts=facts)
    mail.tell(order, Side.CLINIC, "changed", facts, reason, now)


def _kept(
    order: PurchaseOrder,
    wanted: Wanted,
    changed: Mapping[int, int],
    side: Side,
    actor: Actor,
    now: dt.datetime,
) -> OrderChange:
    """Return a proposal, written down."""
    change = OrderChange(
        order_id=order.id,
        side=side,
        state=ChangeState.OPEN,
        day=wanted.day,
        packs={str(line_id): packs for line_id, packs in changed.items()},
        reason=wanted.reason.strip()[:TEXT_LENGTH],
        proposed_by_id=actor.person_id,
        proposed_at=now,
    )
    db.session.add(change)
    db.session.flush()
    return change


def answer(
    order_id: int,
    change_id: int,
    given: Answer,
    *,
    side: Side,
    limit: Money | None = None,
    seen: Mapping[int, int] | None = None,
    actor: Actor,
    now: dt.datetime,
) -> OrderChange:
    """Accept, decline or withdraw a proposal; the other side gets a mail. Locks the order.

    Of two answers at once the second is refused. ``limit`` is up to what sum the person orders
    alone: accepting more packs is ordering them. ``seen`` are the packs wanted by line id as the
    page showed them, beside what is proposed.

    Raises:
        NotFoundHereError: the order has no such proposal.
        NotYoursToAnswer: answered before, or not this side's to answer.
        WrongStage: accepting for an order that has ended.
        OtherPacksNow: accepting for one that wants other packs than were ``seen``.
        InvalidInput: what was proposed is no longer possible, or over ``limit``.
    """
    order = locked_order(order_id)
    change = db.session.get(OrderChange, change_id, populate_existing=True)
    if change is None or change.order_id != order_id:
        raise NotFoundHereError
    state = rules.answered(change.state, given, by_proposer=change.side is side)
    if state is None:
        raise NotYoursToAnswer(change.state)
    if given is Answer.ACCEPT and seen not in (None, packs_wanted(order)):
        raise OtherPacksNow(order.number)
    if given is Answer.ACCEPT:
        require_stage(order, *OPEN_STAGES)
        packs = {int(line_id): count for line_id, count in change.packs.items()}
        _check_acceptable(order, change.day, packs, limit if side is Side.CLINIC else None, now)
        facts = _facts(order, change.day, packs)
        _apply(order, change.day, packs, now)
    else:
        facts = None
    change.state, change.answered_at, change.answered_by_id = state, now, actor.person_id
    db.session.flush()
    _tell(order, change, _KINDS[given], side, actor, now, facts)
    return change


def _check_acceptable(
    order: PurchaseOrder,
    day: dt.date | None,
    packs: Mapping[int, int],
    limit: Money | None,
    now: dt.datetime,
) -> None:
    """Refuse to accept what cannot be any more, and what takes an owner."""
    if day is not None and (fault := day_fault(order, day, today_at(order, now))):
        raise InvalidInput(("day", fault))
    _check_packs(order, packs)
    _check_sum(order, packs, limit)


_KINDS = {
    Answer.ACCEPT: EventKind.CHANGE_ACCEPTED,
    Answer.DECLINE: EventKind.CHANGE_DECLINED,
    Answer.WITHDRAW: EventKind.CHANGE_WITHDRAWN,
}


def open_change(order_id: int) -> OrderChange | None:
    """Return the proposal of an order that waits for an answer, if there is one."""
    query = sa.select(OrderChange).where(
        OrderChange.order_id == order_id, OrderChange.state == ChangeState.OPEN
    )
    return db.session.scalars(query).one_or_none()


def changes_of(order_id: int) -> Sequence[OrderChange]:
    """Return all that was ever proposed for an order, the newest first."""
    query = sa.select(OrderChange).where(OrderChange.order_id == order_id)
    return db.session.scalars(query.order_by(OrderChange.id.desc())).all()


def _checked(
    order: PurchaseOrder, wanted: Wanted, limit: Money | None, now: dt.datetime
) -> dict[int, int]:
    """Return the packs that really change, by line id; refuse what cannot be."""
    there = {line.id: wanted_now(line) for line in order.lines}
    unknown = wanted.packs.keys() - there.keys()
    changed = {one: packs for one, packs in wanted.packs.items() if packs != there.get(one)}
    faults = [(f"packs_{one}", _("This line is not on the order.")) for one in sorted(unknown)]
    if wanted.day is not None and (fault := day_fault(order, wanted.day, today_at(order, now))):
        faults.append(("day", fault))
    if not faults and not changed and wanted.day is None:
        faults.append(("", _("Nothing is changed: say another day, or other packs.")))
    if faults:
        raise InvalidInput(*faults)
    _check_packs(order, changed)
    _check_sum(order, changed, limit)
    return changed


def wanted_now(line: OrderLine) -> int:
    """Return how many packs of a line are wanted in all: those ordered and not cancelled."""
    return line.packs - line.cancelled


def _check_packs(order: PurchaseOrder, packs: Mapping[int, int]) -> None:
    faults = []
    for line in order.lines:
        if line.id not in packs:
            continue
        least = rules.fewest_packs(wanted_now(line), line.to_ship, line.resend)
        if not least <= packs[line.id] <= MOST_PACKS:
            text = _("Enter %(least)d to %(most)d packs.", least=least, most=MOST_PACKS)
            more = _("%(what)s: %(more)s", what=line.name, more=text)
            faults.append((f"packs_{line.id}", str(more)))
    if not faults and not any(packs.get(line.id, wanted_now(line)) for line in order.lines):
        faults.append(("", _("Nothing would be left. Cancel the order instead.")))
    if faults:
        raise InvalidInput(*faults)


def _check_sum(order: PurchaseOrder, packs: Mapping[int, int], limit: Money | None) -> None:
    """Refuse more packs where they would have to be paid or approved first."""
    more = sum(
        max(packs[line.id] - wanted_now(line), 0) * line.pack_minor
        for line in order.lines
        if line.id in packs
    )
    if not more:
        return
    if order.pay_by is PayBy.CARD:
        raise InvalidInput(("", _("This order is paid by card. Order what is to be more anew.")))
    if ordering.needs_approval(Money(order.owed.minor + more, order.currency), limit):
        raise InvalidInput(
            ("", _("With these packs the order is over your limit. Order what is to be more anew."))
        )


def _apply(
    order: PurchaseOrder, day: dt.date | None, packs: Mapping[int, int], now: dt.datetime
) -> None:
    for line in order.lines:
        difference = packs.get(line.id, wanted_now(line)) - wanted_now(line)
        if difference > 0:
            line.packs += difference
            line.confirmed += difference if order.stage is Stage.ACKNOWLEDGED else 0
        elif difference < 0:
            line.cancelled -= difference
            line.confirmed = min(line.confirmed, line.packs - line.cancelled)
    if day is not None:
        order.requested_on = order.expected_on = day
    settle(order, now)


def _facts(order: PurchaseOrder, day: dt.date | None, packs: Mapping[int, int]) -> dict[str, Any]:
    """Return what the timeline keeps: the day, and packs before and after by product's name."""
    return {
        "day": day.isoformat() if day else None,
        "lines": [
            [line.name, wanted_now(line), packs[line.id]]
            for line in order.lines
            if line.id in packs
        ],
    }


def _tell(
    order: PurchaseOrder,
    change: OrderChange,
    kind: EventKind,
    side: Side,
    actor: Actor,
    now: dt.datetime,
    facts: dict[str, Any] | None = None,
) -> None:
    packs = {int(line_id): count for line_id, count in change.packs.items()}
    told = facts or _facts(order, change.day, packs)
    text = change.reason if kind is EventKind.CHANGE_PROPOSED else ""
    note(order, kind, text, actor=actor, now=now, facts={**told, "change": change.id})
    mail.tell(order, side, change.state.value, told, change.reason, now)
