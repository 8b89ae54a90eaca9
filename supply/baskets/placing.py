"""Placing an order, and the owner's approval of one over a person's limit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from supply.accounts.models import Membership
from supply.accounts.opening import next_open
from supply.accounts.terms import Role
from supply.actor import Actor
from supply.baskets.asked import facts_asked
from supply.baskets.charges import copy_carriage
from supply.baskets.pricing import check_sold, copy_terms
from supply.baskets.requesting import check_day
from supply.catalogue.models import Product
from supply.money import Money
from supply.ordering import mail, paying, rules
from supply.ordering.events import locked_order, note, require_stage, today_at
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import EventKind, PayBy, Stage


def order_limit(membership: Membership) -> Money | None:
    """Return up to what sum, in the practice's currency, a member may place orders alone.

    None is no limit: owners are never limited.
    """
    minor, practice = membership.order_limit_minor, membership.practice
    if membership.role is Role.OWNER or minor is None or practice is None:
        return None
    return Money(minor, practice.currency)


def place(
    order_id: int,
    *,
    limit: Money | None = None,
    pay_by: PayBy = PayBy.ACCOUNT,
    actor: Actor,
    now: dt.datetime,
) -> PurchaseOrder:
    """Place a draft or basket, or ask the owners first when it is over ``limit``, or in another
    currency than that. Paid by card it waits for the money before it goes to the supplier.

    Prices, packs and names are copied from the catalogue as they are today at the clinic. A
    mail to the supplier (or to the owners) is queued. Locks the order: of two people who place
    it at once, the second is refused.

    Raises:
        WrongStage: not a draft any more.
        EmptyOrder, Withdrawn, NoPrice, LicenceNeeded, BelowMinimum, NoCard: see
            :mod:`supply.ordering.refusals`.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.DRAFT)
    today = today_at(order, now)
    check_sold(order, today)
    check_day(order, today)
    copy_terms(order, today)
    copy_carriage(order, today)
    if pay_by is PayBy.CARD:
        paying.check_card(order)
    order.basket, order.pay_by = False, pay_by
    if rules.needs_approval(order.total, limit):
        order.stage = Stage.AWAITING_APPROVAL
        order.placed_by_id = actor.person_id
        asked = note(
            order, EventKind.APPROVAL_ASKED, actor=actor, now=now, facts=facts_asked(order)
        )
        mail.ask_approval(order, asked, actor, now)
        return order
    order.placed_by_id = actor.person_id
    if pay_by is PayBy.CARD:
        _ask_payment(order, EventKind.PAYMENT_ASKED, actor, now)
    else:
        _send(order, EventKind.PLACED, actor, now)
    return order


def approve(order_id: int, *, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Place an order that waits for approval, at the prices its approver was shown.

    Who asked for it stays who placed it; the timeline says who approved. One that is to be paid by
    card waits for that next, and who asked for it gets a mail. Locks the order.

    Raises:
        WrongStage: not waiting for approval.
        Withdrawn, LicenceNeeded: what has changed since it was asked for.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.AWAITING_APPROVAL)
    check_sold(order, today_at(order, now))
    if order.pay_by is PayBy.CARD:
        _ask_payment(order, EventKind.APPROVED_TO_PAY, actor, now)
        mail.tell_to_pay(order, actor, now)
    else:
        _send(order, EventKind.APPROVED, actor, now)
    return order


def place_paid(
    order_id: int, *, facts: Mapping[str, object], actor: Actor, now: dt.datetime
) -> PurchaseOrder:
    """Send an order whose money has come to its supplier; ``facts`` say what came. Locks the order.

    Raises:
        WrongStage: not waiting to be paid.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.AWAITING_PAYMENT)
    _send(order, EventKind.PAID, actor, now, facts)
    return order


def pay_on_account(order_id: int, *, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Place an order that was to be paid by card on account after all. Locks the order.

    Raises:
        WrongStage: not waiting to be paid.
        Withdrawn, LicenceNeeded: what has changed since.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.AWAITING_PAYMENT)
    check_sold(order, today_at(order, now))
    order.pay_by = PayBy.ACCOUNT
    _send(order, EventKind.PLACED, actor, now)
    return order


def _ask_payment(order: PurchaseOrder, kind: EventKind, actor: Actor, now: dt.datetime) -> None:
    order.stage = Stage.AWAITING_PAYMENT
    note(order, kind, actor=actor, now=now, facts=_sum(order))


def _send(
    order: PurchaseOrder,
    kind: EventKind,
    actor: Actor,
    now: dt.datetime,
    facts: Mapping[str, object] | None = None,
) -> None:
    """Make ``order`` a placed one and queue the mail to its supplier."""
    order.stage = Stage.PLACED
    order.placed_at = now
    order.expected_on = arrival(order, today_at(order, now)).day
    note(order, kind, actor=actor, now=now, facts=facts or _sum(order))
    if not mail.send_order(order, now):
        note(order, EventKind.NOT_MAILED, actor=actor, now=now)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When all of an order should be there, and which of its lines make it that late."""

    day: dt.date
    held_up_by: Sequence[OrderLine]
    """Those whose product its supplier has again only later; none where they delay nothing."""


def arrival(order: PurchaseOrder, placed_on: dt.date) -> Arrival:
    """Return when an order placed that day is there: by each product's lead time, else the
    supplier's, counted from when the supplier has it again; on a day the clinic is closed nobody
    takes it in, so then the next open one. Not before the day it was asked for.
    """
    coming = [_coming(line.product, placed_on) for line in order.lines]
    soonest = next_open(order.clinic.opening_days, rules.expected_on(placed_on, coming))
    if order.requested_on is not None and order.requested_on > soonest:
        return Arrival(order.requested_on, [])
    late = rules.held_up_by(placed_on, coming)
    return Arrival(soonest, [order.lines[place] for place in late])


def _coming(product: Product, today: dt.date) -> rules.Coming:
    own, usual = product.lead_time_days, product.supplier.lead_time_days
    return rules.Coming(usual if own is None else own, product.again_on(today))


def _sum(order: PurchaseOrder) -> dict[str, object]:
    return {"total_minor": order.total_minor, "currency": order.currency}
