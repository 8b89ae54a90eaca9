"""What a clinic's orders still bring, and what it has asked for, item by item: one statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.db import AnyRow, Instant, Key, Quantity, db, limits, unindexed
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES, UNPLACED_STAGES, Stage
from supply.quantity import ZERO
from supply.transfers import queries as transfers


@dataclass(frozen=True, slots=True)
class Outstanding:
    """An item on a clinic's orders: packs asked for, and its quantity on order in its base unit."""

    in_basket: int
    awaiting_approval: int
    awaiting_payment: int
    on_order: Decimal
    expected_on: dt.date | None
    """The first day on which some of what is on order is expected."""


def outstanding(clinic_id: int, item_ids: Collection[int] | None = None) -> dict[int, Outstanding]:
    """Return by item what is in baskets, waits (for approval, to be paid) and is on order.

    None means all items.

    One statement sees an order in one of the four, never in two or in none while it moves on.
    """
    found = outstanding_at([clinic_id], item_ids)
    return {item_id: there for (_clinic_id, item_id), there in found.items()}


def outstanding_at(
    clinic_ids: Collection[int], item_ids: Collection[int] | None = None
) -> dict[tuple[int, int], Outstanding]:
    """Return by clinic and item what :func:`outstanding` says, in one statement for all.

    What sister clinics have sent there is on order too.
    """
    some = limits(item_ids=item_ids)
    asked = {**some, "clinics": list(clinic_ids)}
    found: dict[tuple[int, int], Outstanding] = {}
    for row in db.session.execute(_by_item(frozenset(some)), asked):
        key = (row.clinic_id, row.item_id)
        found[key] = _with(found[key], row) if key in found else _with(_NOTHING, row)
    return found


_NOTHING = Outstanding(0, 0, 0, ZERO, None)


def _with(before: Outstanding, row: AnyRow) -> Outstanding:
    sent = row.sent_at and transfers.expected_on(row.sent_at.date())
    days = filter(None, (before.expected_on, row.expected_on, sent))
    return Outstanding(
        before.in_basket + int(row.in_basket),
        before.awaiting_approval + int(row.awaiting_approval),
        before.awaiting_payment + int(row.awaiting_payment),
        before.on_order + Decimal(row.on_order),
        min(days, default=None),
    )


def due_on() -> sa.ColumnElement[dt.date]:
    """Return when what is still to come of an order's line is expected.

    Once all that was confirmed is there, that is the day promised for the rest, if there is one.
    """
    rest_only = sa.and_(
        OrderLine.promised_on.is_not(None), OrderLine.received >= OrderLine.confirmed
    )
    return sa.case((rest_only, OrderLine.promised_on), else_=PurchaseOrder.expected_on)


@cache
def _by_item(some: Collection[str]) -> sa.CompoundSelect[*tuple[Any, ...]]:
    clinics: sa.BindParameter[int] = sa.bindparam("clinics", type_=Key, expanding=True)
    coming = OrderLine.outstanding
    quantity = coming * OrderLine.containers_per_pack * OrderLine.content_per_container
    open_ = sa.and_(PurchaseOrder.stage.in_(OPEN_STAGES), coming > 0)
    query = (
        sa.select(
            PurchaseOrder.clinic_id,
            OrderLine.item_id,
            _packs(PurchaseOrder.stage == Stage.DRAFT).label("in_basket"),
            _packs(PurchaseOrder.stage == Stage.AWAITING_APPROVAL).label("awaiting_approval"),
            _packs(PurchaseOrder.stage == Stage.AWAITING_PAYMENT).label("awaiting_payment"),
            sa.func.coalesce(
                sa.func.sum(sa.case((open_, quantity)), type_=Quantity()), sa.literal_column("0")
            ).label("on_order"),
            sa.func.min(sa.case((open_, due_on()))).label("expected_on"),
            sa.cast(sa.null(), Instant).label("sent_at"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.clinic_id.in_(clinics),
            PurchaseOrder.stage.in_((*UNPLACED_STAGES, *OPEN_STAGES)),
            sa.or_(PurchaseOrder.stage != Stage.DRAFT, PurchaseOrder.basket),
        )
        .group_by(PurchaseOrder.clinic_id, OrderLine.item_id)
    )
    items: sa.BindParameter[int] | None = None
    if "item_ids" in some:
        items = sa.bindparam("item_ids", type_=Key, expanding=True)
        query = query.where(unindexed(OrderLine.item_id).in_(items))
    return query.union_all(_sent(clinics, items))


def _sent(
    clinics: sa.BindParameter[int], items: sa.BindParameter[int] | None
) -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what sister clinics have sent, in the columns of orders."""
    sent = transfers.lines_on_their_way(clinics, items).subquery()
    none = sa.literal_column("0", sa.Integer)
    return sa.select(
        sent.c.clinic_id,
        sent.c.item_id,
        none,
        none,
        none,
        sa.func.sum(sent.c.quantity, type_=Quantity()),
        sa.cast(sa.null(), sa.Date),
        sa.func.min(sent.c.sent_at, type_=Instant()),
    ).group_by(sent.c.clinic_id, sent.c.item_id)


def _packs(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((where, OrderLine.packs), else_=0))
