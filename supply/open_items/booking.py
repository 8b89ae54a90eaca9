"""Settling open items: under their locks, each part written down, each taken back by its opposite.

Whoever settles locks what it settles by id; a payment is locked before its items.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from supply.actor import Actor
from supply.db import db
from supply.open_items.models import BankPayment, BankPaymentLine, OpenItem, Settlement
from supply.open_items.terms import ItemKind, PaymentState, Way


@dataclass(frozen=True, slots=True)
class Step:
    """One step on an account: all its settlements carry its day, person and mark."""

    on: dt.date
    actor: Actor
    now: dt.datetime
    together: str


def new_step(on: dt.date, actor: Actor, now: dt.datetime) -> Step:
    """Return a step that nothing has been written under yet."""
    return Step(on, actor, now, uuid.uuid4().hex)


def locked_items(*where: sa.ColumnElement[bool]) -> Sequence[OpenItem]:
    """Lock items by id and return them, freshly read, with their documents."""
    ids = db.session.scalars(
        sa.select(OpenItem.id).where(*where).order_by(OpenItem.id).with_for_update()
    ).all()
    return db.session.scalars(
        sa.select(OpenItem)
        .where(OpenItem.id.in_(ids))
        .options(joinedload(OpenItem.invoice), joinedload(OpenItem.payment))
        .order_by(OpenItem.id)
        .execution_options(populate_existing=True)
    ).all()


def oldest_first(items: Iterable[OpenItem]) -> list[OpenItem]:
    """Return invoices by the day they are due."""
    invoices = [item for item in items if item.kind is ItemKind.INVOICE]
    return sorted(invoices, key=lambda item: (item.due_on or item.dated_on, item.id))


def announced_parts(item_ids: Collection[int]) -> dict[int, int]:
    """Return by item what payments are to settle that wait for the supplier, in minor units."""
    rows = db.session.execute(
        sa.select(BankPaymentLine.item_id, sa.func.sum(BankPaymentLine.minor))
        .join(BankPayment, BankPayment.id == BankPaymentLine.payment_id)
        .where(
            BankPaymentLine.item_id.in_(list(item_ids)),
            BankPayment.state == PaymentState.ANNOUNCED,
        )
        .group_by(BankPaymentLine.item_id)
    )
    return {item_id: int(minor) for item_id, minor in rows}


def settle_by_bank(item: OpenItem, minor: int, payment_id: int, step: Step) -> None:
    """Settle a part of a locked invoice by a payment."""
    _write(item, minor, Way.BANK, step, payment_id=payment_id)


def settle_by_card(item: OpenItem, step: Step) -> None:
    """Settle the whole of a locked item by card."""
    if item.open_minor:
        _write(item, item.open_minor, Way.CARD, step)


def set_against(credit: OpenItem, invoice: OpenItem, minor: int, step: Step) -> None:
    """Settle a part of a locked credit and of a locked invoice by each other."""
    _write(invoice, minor, Way.CREDIT, step, against_id=credit.id)
    _write(credit, minor, Way.CREDIT, step, against_id=invoice.id)


def standing(*where: sa.ColumnElement[bool]) -> Sequence[Settlement]:
    """Return settlements that nobody has taken back."""
    reversal = aliased(Settlement)
    query = (
        sa.select(Settlement)
        .outerjoin(reversal, reversal.reverses_id == Settlement.id)
        .where(*where, Settlement.reverses_id.is_(None), reversal.id.is_(None))
        .order_by(Settlement.id)
    )
    return db.session.scalars(query).all()


def take_back(settlements: Collection[Settlement], items: Iterable[OpenItem], step: Step) -> None:
    """Write the opposite of ``settlements``; the caller holds the locks of their ``items``."""
    by_id = {item.id: item for item in items}
    for one in settlements:
        _write(
            by_id[one.item_id],
            -one.minor,
            one.way,
            step,
            payment_id=one.payment_id,
            against_id=one.against_id,
            reverses_id=one.id,
        )


def _write(
    item: OpenItem,
    minor: int,
    way: Way,
    step: Step,
    *,
    payment_id: int | None = None,
    against_id: int | None = None,
    reverses_id: int | None = None,
) -> None:
    item.settled_minor += minor
    db.session.add(
        Settlement(
            item_id=item.id,
            minor=minor,
            way=way,
            payment_id=payment_id,
            against_id=against_id,
            reverses_id=reverses_id,
            together=step.together,
            settled_on=step.on,
            at=step.now,
            person_id=step.actor.person_id,
        )
    )
    db.session.flush()
