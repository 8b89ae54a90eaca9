"""What a clinic's orders still bring, and what it has asked for, item by item: one statement."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.db import Quantity, db, limits, unindexed
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES, UNPLACED_STAGES, Stage


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
    """Return by clinic and item what :func:`outstanding` says, in one statement for all."""
    some = limits(item_ids=item_ids)
    asked = {**some, "clinics": list(clinic_ids)}
    return {
        (row.clinic_id, row.item_id): Outstanding(
            int(row.in_basket),
            int(row.awaiting_approval),
            int(row.awaiting_payment),
            Decimal(row.on_order),
            row.expected_on,
        )
        for row in db.session.execute(_by_item(frozenset(some)), asked)
    }


def due_on() -> sa.ColumnElement[dt.date]:
    """Return when what is still to come of an order's line is expected.

    Once all that was confirmed is there, that is the day promised for the rest, if there is one.
    """
    rest_only = sa.and_(
        OrderLine.promised_on.is_not(None), OrderLine.received >= OrderLine.confirmed
    )
    return sa.case((rest_only, OrderLine.promised_on), else_=PurchaseOrder.expected_on)


@cache
def _by_item(some: Collection[str]) -> sa.Select[*tuple[Any, ...]]:
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
        )
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.clinic_id.in_(sa.bindparam("clinics", expanding=True)),
            PurchaseOrder.stage.in_((*UNPLACED_STAGES, *OPEN_STAGES)),
            sa.or_(PurchaseOrder.stage != Stage.DRAFT, PurchaseOrder.basket),
        )
        .group_by(PurchaseOrder.clinic_id, OrderLine.item_id)
    )
    if "item_ids" in some:
        item_ids: sa.BindParameter[int] = sa.bindparam("item_ids", expanding=True)
        query = query.where(unindexed(OrderLine.item_id).in_(item_ids))
    return query


def _packs(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((where, OrderLine.packs), else_=0))
