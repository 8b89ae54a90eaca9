"""What a standing order does when it is due: orders, asks an owner, or fills the basket."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from supply.accounts.access import has_right, membership_reaching
from supply.accounts.models import Clinic, Membership, Supplier
from supply.accounts.reading import locale_of
from supply.accounts.rules import Right
from supply.actor import Actor
from supply.baskets import drafts, placing
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.clock import local_date
from supply.db import db
from supply.filling.again import sold_of
from supply.filling.models import OrderTemplate, TemplateLine
from supply.filling.services import fill_basket
from supply.languages import shown_locale
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.refusals import Refusal
from supply.standing import mail, reasons
from supply.standing.models import StandingOrder, StandingRun
from supply.standing.rules import last_due, next_due
from supply.standing.services import lines_of
from supply.standing.terms import Outcome

log = logging.getLogger(__name__)

RETRY = dt.timedelta(hours=1)
"""How long one that failed is left before it is tried again."""

AHEAD = dt.timedelta(days=1)
"""A day begins somewhere in the world before it does in UTC."""


@dataclass(slots=True)
class _Made:
    """What a run has made so far."""

    orders: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, Any]] = field(default_factory=list)


def due_ones(now: dt.datetime) -> list[int]:
    """Return the ids of standing orders that may be due, in the order they are."""
    query = (
        sa.select(StandingOrder.id)
        .where(
            StandingOrder.deleted_at.is_(None),
            StandingOrder.paused_at.is_(None),
            StandingOrder.next_on <= now.date() + AHEAD,
            sa.or_(StandingOrder.retry_at.is_(None), StandingOrder.retry_at <= now),
        )
        .order_by(StandingOrder.next_on, StandingOrder.id)
    )
    return list(db.session.scalars(query))


def run(standing_id: int, now: dt.datetime) -> StandingRun | None:
    """Order what a standing order asks for if it is due at its clinic; None where it is not.

    Once for each due date, whoever tries; of those that were missed only the last is made up for.
    One supplier that refuses stops no other: its part is put into the basket, and the mail says
    why. Locks the standing order, then baskets and orders as a person's own steps do.
    """
    standing = _locked(standing_id)
    today = local_date(now, standing.clinic.timezone)
    if standing.deleted_at or standing.paused_at or standing.next_on is None:
        return None
    if standing.next_on > today:
        return None
    due = last_due(standing.rhythm, standing.next_on, today)
    skipped = standing.skip_on == due
    made = StandingRun(
        standing_order_id=standing.id, due_on=due, at=now, outcome=Outcome.SKIPPED,
        orders=[], left=[], gone=[],
    )  # fmt: skip
    db.session.add(made)
    standing.next_on = next_due(standing.rhythm, due)
    standing.retry_at, standing.skip_on = None, None
    db.session.flush()
    if not skipped:
        with force_locale(shown_locale(locale_of(standing.person, standing.clinic))):
            _order(standing, made, now)
        db.session.flush()
        mail.tell(standing, made, now)
    return made


def put_off(standing_id: int, now: dt.datetime) -> None:
    """Leave a standing order that failed alone for a while."""
    standing = db.session.get(StandingOrder, standing_id)
    if standing is not None:
        standing.retry_at = now + RETRY


def _locked(standing_id: int) -> StandingOrder:
    query = (
        sa.select(StandingOrder)
        .where(StandingOrder.id == standing_id)
        .options(
            joinedload(StandingOrder.clinic).joinedload(Clinic.practice),
            joinedload(StandingOrder.template)
            .selectinload(OrderTemplate.lines)
            .joinedload(TemplateLine.product),
            joinedload(StandingOrder.person),
        )
        .with_for_update(of=StandingOrder, key_share=True)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query).one()


def _order(standing: StandingOrder, made: StandingRun, now: dt.datetime) -> None:
    found = sold_of((line.product, line.packs) for line in lines_of(standing))
    made.gone = [
        {"name": gone.product.name, "instead": gone.instead.name if gone.instead else None}
        for gone in found.gone
    ]
    if not found.lines:
        made.outcome = Outcome.NOTHING
        return
    why = str(_("Standing order: %(name)s", name=standing.template.name))
    every = [replace(line, why=why) for line in found.lines]
    did = _Made()
    membership = _may_order(standing, now)
    for supplier_id, lines in _by_supplier(standing, every).items():
        _order_from(standing, supplier_id, lines, membership, did, now)
    made.orders, made.left = did.orders, did.left
    made.outcome = Outcome.PARTLY if did.orders else Outcome.BASKET
    if not did.left:
        made.outcome = Outcome.ORDERED


def _may_order(standing: StandingOrder, now: dt.datetime) -> Membership | None:
    """Return the membership by which its person may order at the clinic today, if they may."""
    membership = membership_reaching(standing.person, standing.clinic)
    today = local_date(now, standing.clinic.timezone)
    if membership is None or not standing.person.is_active:
        return None
    return membership if has_right(membership, Right.ORDER, today) else None


def _by_supplier(
    standing: StandingOrder, lines: Sequence[BasketLine]
) -> dict[int, list[BasketLine]]:
    supplier_of = {line.product_id: line.product.supplier_id for line in standing.template.lines}
    parts: dict[int, list[BasketLine]] = defaultdict(list)
    for line in lines:
        parts[supplier_of[line.product_id]].append(line)
    return dict(sorted(parts.items()))


def _order_from(
    standing: StandingOrder,
    supplier_id: int,
    lines: Sequence[BasketLine],
    membership: Membership | None,
    did: _Made,
    now: dt.datetime,
) -> None:
    """Place one supplier's part as its person would, or put it into the basket and say why."""
    supplier = db.session.get_one(Supplier, supplier_id)
    actor = Actor(standing.person_id, None)
    if membership is None:
        reason = reasons.MAY_NOT
    else:
        try:
            with db.session.begin_nested():
                order = _place(standing, supplier, lines, membership, actor, now)
        except Refusal as refusal:
            wanted = [(db.session.get_one(Product, one.product_id), one.packs) for one in lines]
            reason = reasons.kept(refusal, supplier.name, standing.clinic.currency, wanted)
        else:
            did.orders.append(_made(order))
            return
    _into_basket(standing, lines, actor, now)
    did.left.append({"supplier": supplier.name, "reason": reason})


def _place(
    standing: StandingOrder,
    supplier: Supplier,
    lines: Sequence[BasketLine],
    membership: Membership,
    actor: Actor,
    now: dt.datetime,
) -> PurchaseOrder:
    draft = drafts.create_draft(standing.clinic, supplier, lines, actor=actor, now=now)
    limit = placing.order_limit(membership)
    return placing.place(draft.id, limit=limit, actor=actor, now=now)


def _made(order: PurchaseOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "number": order.number,
        "supplier": order.supplier.name,
        "asked": order.stage is Stage.AWAITING_APPROVAL,
        "total_minor": order.total_minor,
        "currency": order.currency,
    }


def _into_basket(
    standing: StandingOrder, lines: Sequence[BasketLine], actor: Actor, now: dt.datetime
) -> None:
    """Put what was not ordered into the basket, as far as it can be."""
    try:
        with db.session.begin_nested():
            fill_basket(standing.clinic, lines, actor=actor, now=now)
    except Refusal as refusal:
        log.warning("standing order %s is not in the basket either: %s", standing.id, refusal)
