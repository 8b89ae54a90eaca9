"""Reading orders: baskets, lists, one order, and what is on order."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.db import Key, Quantity, db, limits, unindexed
from supply.ordering.models import OrderEvent, OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES, Stage
from supply.transfers import queries as transfers

PAGE = 50
"""Orders on one page of a list."""

ENDED = (Stage.CLOSED, Stage.CANCELLED, Stage.DECLINED)


class Show(enum.StrEnum):
    """Which of a clinic's orders a list shows."""

    OPEN = "open"
    APPROVAL = "approval"
    PAYMENT = "payment"
    DRAFTS = "drafts"
    ENDED = "ended"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders, newest first, and the id after which the next page begins (None: no more)."""

    orders: Sequence[PurchaseOrder]
    next_before: int | None


def on_order(
    clinic_ids: Collection[int] | None, item_ids: Collection[int] | None
) -> dict[tuple[int, int], Decimal]:
    """Return by (clinic id, item id) what open orders still bring, in the item's base unit.

    What sister clinics have sent there is among it. None means all. Packs said to be missing are
    on order until they are sent again or cancelled. One query.
    """
    some = limits(clinic_ids=clinic_ids, item_ids=item_ids)
    rows = db.session.execute(_on_order(frozenset(some)), some)
    return {(clinic, item): Decimal(sum_) for clinic, item, sum_ in rows}


@cache
def _on_order(some: Collection[str]) -> sa.Select[*tuple[Any, ...]]:
    outstanding = OrderLine.outstanding
    quantity = outstanding * OrderLine.containers_per_pack * OrderLine.content_per_container
    clinics = _among("clinic_ids", some)
    items = _among("item_ids", some)
    orders = (
        sa.select(
            PurchaseOrder.clinic_id,
            OrderLine.item_id,
            sa.type_coerce(quantity, Quantity()).label("quantity"),
        )
        .join(OrderLine, OrderLine.order_id == PurchaseOrder.id)
        .where(PurchaseOrder.stage.in_(OPEN_STAGES), outstanding > 0)
    )
    if clinics is not None:
        orders = orders.where(PurchaseOrder.clinic_id.in_(clinics))
    if items is not None:
        orders = orders.where(unindexed(OrderLine.item_id).in_(items))
    sent = transfers.lines_on_their_way(clinics, items).subquery()
    both = orders.union_all(sa.select(sent.c.clinic_id, sent.c.item_id, sent.c.quantity)).subquery()
    return sa.select(
        both.c.clinic_id, both.c.item_id, sa.func.sum(both.c.quantity, type_=Quantity())
    ).group_by(both.c.clinic_id, both.c.item_id)


def _among(name: str, some: Collection[str]) -> sa.BindParameter[int] | None:
    return sa.bindparam(name, type_=Key, expanding=True) if name in some else None


def order_with_id(order_id: int) -> PurchaseOrder:
    """Return an order with all a page shows. Whoever asks checks access to its clinic or supplier.

    Raises:
        NotFoundHereError: no such order.
    """
    return _one(PurchaseOrder.id == order_id)


def order_of_clinic(clinic: Clinic, order_id: int) -> PurchaseOrder:
    """Return an order of ``clinic`` with all a page shows.

    Raises:
        NotFoundHereError: no such order, or another clinic's.
    """
    return _one(PurchaseOrder.id == order_id, PurchaseOrder.clinic_id == clinic.id)


def order_of_supplier(supplier: Supplier, order_id: int) -> PurchaseOrder:
    """Return an order that was placed with ``supplier``, with all a page shows.

    Raises:
        NotFoundHereError: no such order, another supplier's, or one not placed.
    """
    return _one(
        PurchaseOrder.id == order_id,
        PurchaseOrder.supplier_id == supplier.id,
        PurchaseOrder.placed_at.is_not(None),
    )


def orders_of_supplier(supplier: Supplier, ids: Collection[int]) -> Sequence[PurchaseOrder]:
    """Return those of these orders that were placed with ``supplier``, with lines, oldest first."""
    query = (
        sa.select(PurchaseOrder)
        .where(
            PurchaseOrder.id.in_(ids),
            PurchaseOrder.supplier_id == supplier.id,
            PurchaseOrder.placed_at.is_not(None),
        )
        .options(*with_lines())
        .order_by(PurchaseOrder.id)
    )
    return db.session.scalars(query).all()


def clinic_orders(
    clinic: Clinic, show: Show = Show.OPEN, before: int | None = None, limit: int = PAGE
) -> OrderPage:
    """Return a page of the clinic's orders, newest first, baskets left out."""
    where = [PurchaseOrder.clinic_id == clinic.id, *_shown(show)]
    return _page(where, before, limit, few=not _STAGES[show] & set(ENDED))


def supplier_orders(
    supplier: Supplier,
    stages: Collection[Stage],
    before: int | None = None,
    limit: int = PAGE,
    *,
    to_ship: bool | None = None,
) -> OrderPage:
    """Return a page of the orders placed with ``supplier`` in ``stages``, newest first.

    ``to_ship`` leaves those of which something, or nothing, has still to leave.
    """
    where = [
        PurchaseOrder.supplier_id == supplier.id,
        PurchaseOrder.placed_at.is_not(None),
        PurchaseOrder.stage.in_(stages),
    ]
    if to_ship is not None:
        left = OrderLine.to_ship > 0
        some = PurchaseOrder.lines.any(left)
        where.append(some if to_ship else ~some)
    return _page(where, before, limit, few=not set(stages) & set(ENDED))


def waiting_for_approval(clinic_ids: Collection[int]) -> Sequence[PurchaseOrder]:
    """Return the orders of these clinics that wait for an owner, oldest first."""
    query = (
        sa.select(PurchaseOrder)
        .where(
            PurchaseOrder.clinic_id.in_(clinic_ids),
            PurchaseOrder.stage == Stage.AWAITING_APPROVAL,
        )
        .options(*with_lines())
        .order_by(PurchaseOrder.id)
    )
    return db.session.scalars(query).all()


def _one(*where: sa.ColumnElement[bool]) -> PurchaseOrder:
    query = (
        sa.select(PurchaseOrder)
        .where(*where)
        .options(
            *with_lines(),
            selectinload(PurchaseOrder.lines).selectinload(OrderLine.offers),
            joinedload(PurchaseOrder.placed_by),
            selectinload(PurchaseOrder.events).joinedload(OrderEvent.person),
        )
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundHereError
    return found


def with_lines() -> tuple[ORMOption, ...]:
    """Return what loads an order's two sides and its lines with their products and items."""
    return (
        joinedload(PurchaseOrder.supplier),
        joinedload(PurchaseOrder.clinic).joinedload(Clinic.practice),
        selectinload(PurchaseOrder.lines).joinedload(OrderLine.product),
        selectinload(PurchaseOrder.lines).joinedload(OrderLine.item),
    )


def _page(
    where: Sequence[sa.ColumnElement[bool]], before: int | None, limit: int, *, few: bool
) -> OrderPage:
    """Return a page of orders; where ``few`` may match they are sorted, not looked for by age."""
    age = unindexed(PurchaseOrder.id) if few else PurchaseOrder.id
    query = (
        sa.select(PurchaseOrder)
        .where(*where)
        .options(
            joinedload(PurchaseOrder.supplier),
            joinedload(PurchaseOrder.clinic),
            selectinload(PurchaseOrder.lines).joinedload(OrderLine.product),
        )
        .order_by(age.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(PurchaseOrder.id < before)
    found = db.session.scalars(query).all()
    more = len(found) > limit
    return OrderPage(found[:limit], found[limit - 1].id if more else None)


_STAGES: Mapping[Show, frozenset[Stage]] = {
    Show.OPEN: frozenset(OPEN_STAGES),
    Show.APPROVAL: frozenset({Stage.AWAITING_APPROVAL}),
    Show.PAYMENT: frozenset({Stage.AWAITING_PAYMENT}),
    Show.DRAFTS: frozenset({Stage.DRAFT}),
    Show.ENDED: frozenset(ENDED),
    Show.ALL: frozenset(Stage),
}


def _shown(show: Show) -> list[sa.ColumnElement[bool]]:
    shown: sa.ColumnElement[bool] = PurchaseOrder.stage.in_(_STAGES[show])
    if show is Show.APPROVAL:
        shown = sa.or_(shown, sa.and_(*written_by_supplier()))
    return [shown, PurchaseOrder.basket.is_(False)]


def written_by_supplier() -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that a supplier wrote an order which its clinic has not placed yet."""
    return PurchaseOrder.stage == Stage.DRAFT, PurchaseOrder.proposed_at.is_not(None)
