"""Returns before anything is sent: the clinic asks, its supplier authorises or refuses.

Whoever changes a return holds its order's lock, so that of two people at once the second is
refused, or finds it done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import selectinload

from supply import text
from supply.actor import Actor
from supply.codes import unused_code
from supply.db import db
from supply.inventory.rules import normalise_lot
from supply.ordering.events import locked_order, note, require_stage, today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import EventKind, Side, Stage
from supply.refusals import InvalidInput
from supply.returning import mail, rules
from supply.returning.facts import facts
from supply.returning.limits import Returnable, returnable
from supply.returning.models import Return, ReturnLine
from supply.returning.terms import CarriageBy, ReturnReason, ReturnState, Step
from supply.web import filters

LONGEST = 2_000
"""Characters of a note, a reason, an answer."""

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Packs of a lot to return; ``sku`` is the supplier's, ``field`` what a refusal calls it."""

    sku: str
    lot: str
    packs: int
    field: str = "packs"


@dataclass(frozen=True, slots=True)
class NewReturn:
    """What a clinic asks for."""

    reason: ReturnReason
    lines: Sequence[Wanted]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a supplier takes packs back.

    ``credit_minor`` is what it credits for a pack, net of VAT, by the order line's id: a line
    that is not named is credited at its whole price.
    """

    valid_until: dt.date
    carriage_by: CarriageBy
    credit_minor: Mapping[int, int] = field(default_factory=dict)
    answer: str = ""


def ask(order_id: int, new: NewReturn, *, actor: Actor, now: dt.datetime) -> Return:
    """Ask a supplier to take packs back; it gets a mail. Locks the order.

    Raises:
        WrongStage: the order was never placed.
        InvalidInput: nothing is asked for, or more than may be returned, field by field.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.PLACED, Stage.ACKNOWLEDGED, Stage.CLOSED, Stage.CANCELLED)
    whole = Return(
        order_id=order.id,
        state=ReturnState.ASKED,
        reason=new.reason,
        note=kept(new.note, "note"),
        asked_at=now,
        asked_by_id=actor.person_id,
        lines=list(_lines(order, new.lines, now)),
    )
    whole.order = order
    db.session.add(whole)
    db.session.flush()
    tell(whole, EventKind.RETURN_ASKED, Side.CLINIC, whole.note, actor, now)
    return whole


def authorise(return_id: int, terms: Terms, *, actor: Actor, now: dt.datetime) -> Return:
    """Let a clinic send packs back, under an RMA number; the clinic gets a mail. Locks the order.

    Raises:
        WrongStep: answered or withdrawn before.
        InvalidInput: a last day gone by or too far off, a credit above what a pack cost or nothing,
            by field (``valid_until``, ``credit_7``).
    """
    whole, order = locked_return(return_id)
    today = today_at(order, now)
    state = rules.moved(whole.state_on(today), Step.AUTHORISE)
    answer = kept(terms.answer, "answer")
    faults = [*_day_faults(terms.valid_until, today), *_credit_faults(whole, terms)]
    if faults:
        raise InvalidInput(*faults)
    whole.number = unused_code("RMA", (4, 4), Return.number)
    whole.valid_until, whole.carriage_by = terms.valid_until, terms.carriage_by
    for line in whole.lines:
        paid = line.order_line.pack_minor
        line.credit_minor = terms.credit_minor.get(line.order_line_id, paid)
    _answer(whole, state, answer, actor, now)
    tell(whole, EventKind.RETURN_AUTHORISED, Side.SUPPLIER, answer, actor, now)
    return whole


def refuse(return_id: int, reason: str, *, actor: Actor, now: dt.datetime) -> Return:
    """Say that packs are not taken back, and why; the clinic gets a mail. Locks the order.

    Raises:
        WrongStep: answered or withdrawn before.
        InvalidInput: field ``reason``: none is given.
    """
    whole, order = locked_return(return_id)
    state = rules.moved(whole.state_on(today_at(order, now)), Step.REFUSE)
    said = kept(reason, "reason")
    if not said:
        raise InvalidInput(("reason", _("Say why you do not take it back: the clinic reads it.")))
    _answer(whole, state, said, actor, now)
    tell(whole, EventKind.RETURN_REFUSED, Side.SUPPLIER, said, actor, now)
    return whole


def withdraw(return_id: int, *, reason: str = "", actor: Actor, now: dt.datetime) -> Return:
    """Take back what a clinic asked for, as long as nothing is sent; the supplier gets a mail.

    Locks the order.

    Raises:
        WrongStep: refused, lapsed, withdrawn or sent before.
    """
    whole, order = locked_return(return_id)
    state = rules.moved(whole.state_on(today_at(order, now)), Step.WITHDRAW)
    said = kept(reason, "reason")
    _answer(whole, state, said, actor, now)
    tell(whole, EventKind.RETURN_WITHDRAWN, Side.CLINIC, said, actor, now)
    return whole


def locked_return(return_id: int) -> tuple[Return, PurchaseOrder]:
    """Lock the order of a return; return the return, freshly read with its lines, and the order."""
    order_id = db.session.execute(
        sa.select(Return.order_id).where(Return.id == return_id)
    ).scalar_one()
    order = locked_order(order_id)
    whole = db.session.scalars(
        sa.select(Return)
        .where(Return.id == return_id)
        .options(
            selectinload(Return.lines).joinedload(ReturnLine.lot),
            selectinload(Return.lines).joinedload(ReturnLine.order_line),
        )
        .execution_options(populate_existing=True)
    ).one()
    return whole, order


def tell(
    whole: Return, kind: EventKind, side: Side, said: str, actor: Actor, now: dt.datetime
) -> None:
    """Write on the order's timeline, and mail to the other side, what ``side`` did."""
    told = facts(whole)
    note(whole.order, kind, said, actor=actor, now=now, facts=told)
    mail.tell(whole.order, side, kind, told, now)


def _answer(whole: Return, state: ReturnState, said: str, actor: Actor, now: dt.datetime) -> None:
    whole.state, whole.answer = state, said
    whole.answered_at, whole.answered_by_id = now, actor.person_id
    db.session.flush()


def kept(said: str, name: str, most: int = LONGEST) -> str:
    """Return what was typed as it is kept.

    Raises:
        InvalidInput: field ``name``: too much, or a character that cannot be kept.
    """
    cleaned = text.clean(said)
    if len(cleaned) > most:
        raise InvalidInput((name, _("Use at most %(max)d characters.", max=most)))
    if text.has_control(cleaned):
        raise InvalidInput((name, _("Retype this: a character in it cannot be kept.")))
    return cleaned


def _lines(
    order: PurchaseOrder, wanted: Sequence[Wanted], now: dt.datetime
) -> Iterator[ReturnLine]:
    """Yield a line for each lot that is asked for; raises InvalidInput with every fault."""
    asked = [one for one in wanted if one.packs]
    if not asked:
        raise InvalidInput(("lines", _("Say how many packs of which lot you want to return.")))
    may = returnable(order, now)
    faults: list[Fault] = []
    found: dict[tuple[int, int], ReturnLine] = {}
    for one in asked:
        choice = _meant(may, one)
        if choice is None:
            message = _(
                "%(sku)s, lot %(lot)s, was not received with the order.", sku=one.sku, lot=one.lot
            )
            faults.append((one.field, message))
        elif (choice.line.id, choice.lot.id) in found:
            faults.append((one.field, _("Name each lot once.")))
        elif not 1 <= one.packs <= choice.packs:
            faults.append((one.field, _too_many(choice)))
        else:
            found[choice.line.id, choice.lot.id] = ReturnLine(
                order_line=choice.line, lot=choice.lot, packs=one.packs
            )
    if faults:
        raise InvalidInput(*faults)
    yield from found.values()


def _meant(may: Sequence[Returnable], wanted: Wanted) -> Returnable | None:
    lot = normalise_lot(wanted.lot)
    return next(
        (one for one in may if one.line.sku == wanted.sku and one.lot.normalised == lot), None
    )


def _too_many(choice: Returnable) -> str:
    about = {"name": choice.line.name, "lot": choice.lot.number}
    if not choice.packs:
        return str(
            _(
                "Nothing of %(name)s, lot %(lot)s, can be returned: it is used, opened, claimed"
                " or returned already.",
                **about,
            )
        )
    return str(
        ngettext(
            "Only %(num)d whole pack of %(name)s, lot %(lot)s, can be returned.",
            "Only %(num)d whole packs of %(name)s, lot %(lot)s, can be returned.",
            choice.packs,
            **about,
        )
    )


def _day_faults(valid_until: dt.date, today: dt.date) -> Iterator[Fault]:
    if not today <= valid_until <= today + dt.timedelta(days=rules.MOST_DAYS):
        message = _("Choose a day from today on, within a year.")
        yield "valid_until", message


def _credit_faults(whole: Return, terms: Terms) -> Iterator[Fault]:
    lines: dict[int, OrderLine] = {line.order_line_id: line.order_line for line in whole.lines}
    for line_id, minor in terms.credit_minor.items():
        line = lines.get(line_id)
        if line is None:
            yield f"credit_{line_id}", _("This line is not part of the return.")
        elif not rules.is_creditable(minor, line.pack_minor):
            message = _(
                "%(name)s: credit more than nothing, and at most the %(price)s that was charged"
                " for a pack. To credit nothing, refuse the return.",
                name=line.name,
                price=filters.money(line.price),
            )
            yield f"credit_{line_id}", message
