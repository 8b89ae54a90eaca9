"""Placing an order, and the owner's approval of one over a person's limit."""

from __future__ import annotations

import datetime as dt

from supply.accounts.models import Membership
from supply.accounts.opening import next_open
from supply.accounts.terms import Role
from supply.actor import Actor
from supply.money import Money
from supply.ordering import mail, rules
from supply.ordering.events import locked_order, note, require_stage, today_at
from supply.ordering.models import PurchaseOrder
from supply.ordering.pricing import check_sold, copy_terms
from supply.ordering.terms import EventKind, Stage


def order_limit(membership: Membership) -> Money | None:
    """Return up to what sum, in the practice's currency, a member may place orders alone.

    None is no limit: owners are never limited.
    """
    minor, practice = membership.order_limit_minor, membership.practice
    if membership.role is Role.OWNER or minor is None or practice is None:
        return None
    return Money(minor, practice.currency)


def place(
    order_id: int, *, limit: Money | None = None, actor: Actor, now: dt.datetime
) -> PurchaseOrder:
    """Place a draft or basket, or ask the owners first when it is over ``limit``, or in another
    currency than that.

    Prices, packs and names are copied from the catalogue as they are today at the clinic. A
    mail to the supplier (or to the owners) is queued. Locks the order: of two people who place
    it at once, the second is refused.

    Raises:
        WrongStage: not a draft any more.
        EmptyOrder, Withdrawn, NoPrice, LicenceNeeded: see :mod:`supply.ordering.refusals`.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.DRAFT)
    today = today_at(order, now)
    check_sold(order, today)
    copy_terms(order, today)
    order.basket = False
    if rules.needs_approval(order.total, limit):
        order.stage = Stage.AWAITING_APPROVAL
        order.placed_by_id = actor.person_id
        note(order, EventKind.APPROVAL_ASKED, actor=actor, now=now, facts=_sum(order))
        mail.ask_approval(order, actor, now)
        return order
    order.placed_by_id = actor.person_id
    _send(order, EventKind.PLACED, actor, now)
    return order


def approve(order_id: int, *, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Place an order that waits for approval, at the prices its approver was shown.

    Who asked for it stays who placed it; the timeline says who approved. Locks the order.

    Raises:
        WrongStage: not waiting for approval.
        Withdrawn, LicenceNeeded: what has changed since it was asked for.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.AWAITING_APPROVAL)
    check_sold(order, today_at(order, now))
    _send(order, EventKind.APPROVED, actor, now)
    return order


def _send(order: PurchaseOrder, kind: EventKind, actor: Actor, now: dt.datetime) -> None:
    """Make ``order`` a placed one and queue the mail to its supplier."""
    order.stage = Stage.PLACED
    order.placed_at = now
    order.expected_on = expected_day(order, today_at(order, now))
    note(order, kind, actor=actor, now=now, facts=_sum(order))
    if not mail.send_order(order, now):
        note(order, EventKind.NOT_MAILED, actor=actor, now=now)


def expected_day(order: PurchaseOrder, placed_on: dt.date) -> dt.date:
    """Return when an order placed that day is there: by each product's lead time, else the
    supplier's; on a day the clinic is closed nobody takes it in, so then the next open one.
    """
    usual = order.supplier.lead_time_days
    own = [line.product.lead_time_days for line in order.lines]
    expected = rules.expected_on(placed_on, [usual if days is None else days for days in own])
    return next_open(order.clinic.opening_days, expected)


def _sum(order: PurchaseOrder) -> dict[str, object]:
    return {"total_minor": order.total_minor, "currency": order.currency}
