"""Locking an order, checking its stage, and writing what happened to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload, selectinload

from supply.actor import Actor
from supply.audit import services as audit
from supply.clock import local_date
from supply.db import db
from supply.ordering import paying, rules
from supply.ordering.models import OrderEvent, OrderLine, PurchaseOrder, SubstituteOffer
from supply.ordering.refusals import WrongStage
from supply.ordering.terms import OPEN_STAGES, EventKind, Stage
from supply.refusals import InvalidInput

TEXT_LENGTH = 2_000
"""Longest reason or comment kept."""


def locked_order(order_id: int) -> PurchaseOrder:
    """Lock an order and return it with lines and products, freshly read.

    The order's row guards its lines too: whoever changes a line holds this lock, so counters
    cannot be raised twice by two people. Locked for no key update, so that rows which only
    refer to the order do not wait.
    """
    db.session.execute(
        sa.select(PurchaseOrder.id)
        .where(PurchaseOrder.id == order_id)
        .with_for_update(key_share=True)
    ).one()
    return db.session.scalars(
        sa.select(PurchaseOrder)
        .where(PurchaseOrder.id == order_id)
        .options(
            joinedload(PurchaseOrder.supplier),
            joinedload(PurchaseOrder.clinic),
            selectinload(PurchaseOrder.lines).joinedload(OrderLine.product),
            selectinload(PurchaseOrder.lines)
            .selectinload(OrderLine.offers)
            .joinedload(SubstituteOffer.product),
        )
        .execution_options(populate_existing=True)
    ).one()


def require_stage(order: PurchaseOrder, *allowed: Stage) -> None:
    """Refuse unless the order is in one of the stages ``allowed``.

    Raises:
        WrongStage: it is not; the sentence says where it stands.
    """
    if order.stage not in allowed:
        raise WrongStage(order.number, order.stage)


def today_at(order: PurchaseOrder, now: dt.datetime) -> dt.date:
    """Return the calendar day at the order's clinic."""
    return local_date(now, order.clinic.timezone)


def note(
    order: PurchaseOrder,
    kind: EventKind,
    text: str = "",
    *,
    actor: Actor,
    now: dt.datetime,
    facts: Mapping[str, Any] | None = None,
) -> OrderEvent:
    """Put a step on the order's timeline and write the audit row that goes with it."""
    event = OrderEvent(
        order_id=order.id,
        at=now,
        person_id=actor.person_id,
        kind=kind.value,
        text=text[:TEXT_LENGTH],
        facts=dict(facts) if facts else None,
    )
    db.session.add(event)
    audit.record(
        actor,
        f"order.{kind.value}",
        ("purchase_order", order.id),
        now,
        practice_id=order.clinic.practice_id,
        clinic_id=order.clinic_id,
        supplier_id=order.supplier_id,
        after={"number": order.number, "stage": order.stage.value, "text": text, **(facts or {})},
    )
    paying.changed(order, now)
    return event


def written(text: str, field: str) -> str:
    """Return what somebody wrote for the other side, without outer space, all of it.

    Raises:
        InvalidInput: longer than a timeline keeps, for ``field``.
    """
    said = text.strip()
    if len(said) > TEXT_LENGTH:
        raise InvalidInput((field, _("Use at most %(num)s characters.", num=TEXT_LENGTH)))
    return said


def settle(order: PurchaseOrder, now: dt.datetime) -> None:
    """End a placed order once no pack can come any more; flushes.

    The caller holds the order's lock.
    """
    ending = rules.ending([line.counters for line in order.lines])
    if order.stage in OPEN_STAGES and ending is not None:
        order.stage = ending
        order.ended_at = now
    db.session.flush()


def reopen(order: PurchaseOrder) -> None:
    """Take an ended order back to where goods may come, if some now can; flushes.

    The caller holds the order's lock.
    """
    if order.stage in (Stage.CLOSED, Stage.CANCELLED, Stage.DECLINED) and order.placed_at:
        order.stage = Stage.PLACED if order.acknowledged_at is None else Stage.ACKNOWLEDGED
        order.ended_at = None
    db.session.flush()
