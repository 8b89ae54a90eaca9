"""Putting many lines into the basket at once, and taking them out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.baskets import drafts
from supply.baskets.drafts import BasketLine
from supply.db import db
from supply.filling.refusals import NothingToOrder
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Stage

Change = tuple[int, int]
"""Packs of a product in the basket before and after it was filled."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What filling the basket did: lines and packs added, and each product's packs by its id."""

    lines: int
    packs: int
    changes: Mapping[int, Change]


def fill_basket(
    clinic: Clinic, lines: Iterable[BasketLine], *, actor: Actor, now: dt.datetime
) -> Filled:
    """Put ``lines`` into the clinic's baskets; several of one product are one with all packs.

    Raises:
        NothingToOrder: no lines.
        InvalidInput, Withdrawn: see :func:`supply.baskets.drafts.add_to_basket`.
    """
    wanted = summed(lines)
    if not wanted:
        raise NothingToOrder
    before = packs_in_baskets(clinic.id)
    touched = drafts.add_to_basket(clinic, wanted, actor=actor, now=now)
    after = {line.product_id: line.packs for order in touched for line in order.lines}
    changes = {
        line.product_id: (before.get(line.product_id, 0), after[line.product_id]) for line in wanted
    }
    return Filled(len(changes), sum(now_ - was for was, now_ in changes.values()), changes)


def summed(lines: Iterable[BasketLine]) -> list[BasketLine]:
    """Return one line for each product, with the packs of all of them, in the order they came."""
    packs: dict[int, int] = {}
    for line in lines:
        packs[line.product_id] = packs.get(line.product_id, 0) + line.packs
    return [BasketLine(product_id, count) for product_id, count in packs.items()]


def empty_again(
    clinic: Clinic, changes: Mapping[int, Change], *, actor: Actor, now: dt.datetime
) -> int:
    """Take back what filling the basket did, but for lines changed since; return how many are left.

    A line that was not there before is taken off. Locks each basket in the order of their ids.
    """
    left = 0
    for order_id in _baskets(clinic.id):
        order = db.session.get_one(PurchaseOrder, order_id)
        back: dict[int, int] = {}
        for line in list(order.lines):
            before, after = changes.get(line.product_id, (line.packs, line.packs))
            if line.packs != after:
                left += 1
            elif before == 0:
                drafts.remove_line(order_id, line.id, actor=actor, now=now)
            elif before != after:
                back[line.id] = before
        if back:
            drafts.set_packs(order_id, back, actor=actor, now=now)
    return left


def packs_in_baskets(clinic_id: int) -> dict[int, int]:
    """Return packs in the clinic's baskets by product id; one statement."""
    rows = db.session.execute(
        sa.select(OrderLine.product_id, OrderLine.packs)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(*_in_basket(clinic_id))
    )
    return {row.product_id: row.packs for row in rows}


def _baskets(clinic_id: int) -> Sequence[int]:
    query = sa.select(PurchaseOrder.id).where(*_in_basket(clinic_id)).order_by(PurchaseOrder.id)
    return db.session.scalars(query).all()


def _in_basket(clinic_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        PurchaseOrder.clinic_id == clinic_id,
        PurchaseOrder.basket.is_(True),
        PurchaseOrder.stage == Stage.DRAFT,
    )
