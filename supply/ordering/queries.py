"""Reading orders: baskets, lists, one order, and what is on order."""

from __future__ import annotations

import datetime as dt
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
from supply.clock import local_date
from supply.db import Quantity, db, limits, unindexed
from supply.money import Money
from supply.ordering.charges import draft_charges
from supply.ordering.models import OrderEvent, OrderLine, PurchaseOrder
from supply.ordering.pricing import current_prices, current_taxes
from supply.ordering.terms import OPEN_STAGES, Stage
from supply.vat.rules import Taxed, shares

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

    None means all. Packs said to be missing are on order until they are sent again or cancelled.
    One query.
    """
    some = limits(clinic_ids=clinic_ids, item_ids=item_ids)
    rows = db.session.execute(_on_order(frozenset(some)), some)
    return {(clinic, item): Decimal(sum_) for clinic, item, sum_ in rows}


@cache
def _on_order(some: Collection[str]) -> sa.Select[*tuple[Any, ...]]:
    outstanding = OrderLine.outstanding
    quantity = outstanding * OrderLine.containers_per_pack * OrderLine.content_per_container
    query = (
        sa.select(
            PurchaseOrder.clinic_id,
            OrderLine.item_id,
            sa.func.sum(quantity, type_=Quantity()),
        )
        .join(OrderLine, OrderLine.order_id == PurchaseOrder.id)
        .where(PurchaseOrder.stage.in_(OPEN_STAGES), outstanding > 0)
        .group_by(PurchaseOrder.clinic_id, OrderLine.item_id)
    )
    if "clinic_ids" in some:
        query = query.where(PurchaseOrder.clinic_id.in_(sa.bindparam("clinic_ids", expanding=True)))
    if "item_ids" in some:
        wanted: sa.BindParameter[int] = sa.bindparam("item_ids", expanding=True)
        query = query.where(unindexed(OrderLine.item_id).in_(wanted))
    return query


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
        .options(*_with_lines())
        .order_by(PurchaseOrder.id)
    )
    return db.session.scalars(query).all()


def packs_in_basket(clinic: Clinic, product_id: int) -> int:
    """Return how many packs of a product the clinic's basket has."""
    packs = (
        sa.select(OrderLine.packs)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.basket,
            PurchaseOrder.stage == Stage.DRAFT,
            OrderLine.product_id == product_id,
        )
    )
    return db.session.scalar(packs) or 0


def baskets(clinic: Clinic) -> Sequence[PurchaseOrder]:
    """Return the clinic's baskets with something in them, by supplier."""
    query = (
        sa.select(PurchaseOrder)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.basket,
            PurchaseOrder.stage == Stage.DRAFT,
            PurchaseOrder.lines.any(),
        )
        .options(*_with_lines())
        .order_by(Supplier.name, PurchaseOrder.id)
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


def draft_totals(order: PurchaseOrder, now: dt.datetime) -> tuple[Money, Money] | tuple[None, None]:
    """Return what a draft would cost if placed now with carriage, net and with VAT.

    None without a price.
    """
    goods, whole = _draft_goods(order, now)
    if not whole:
        return None, None
    today = local_date(now, order.clinic.timezone)
    lines = [*goods, draft_charges(order, goods, today).carriage]
    net = sum(line.net_minor for line in lines)
    vat = sum(share.vat_minor for share in shares(lines))
    return Money(net, order.currency), Money(net + vat, order.currency)


def draft_carriage(order: PurchaseOrder, now: dt.datetime) -> Money:
    """Return what sending a draft would cost if it were placed now, by what has a price."""
    goods, _whole = _draft_goods(order, now)
    found = draft_charges(order, goods, local_date(now, order.clinic.timezone))
    return Money(found.carriage.net_minor, order.currency)


def _draft_goods(order: PurchaseOrder, now: dt.datetime) -> tuple[list[Taxed], bool]:
    """Return a draft's lines that have a price as they would be taxed now, and whether all have."""
    today = local_date(now, order.clinic.timezone)
    prices, taxes = current_prices(order, today), current_taxes(order, today)
    goods = [
        Taxed(price * line.packs, taxes[line.id])
        for line in order.lines
        if (price := prices[line.id]) is not None
    ]
    return goods, len(goods) == len(order.lines)


def waiting_for_approval(clinic_ids: Collection[int]) -> Sequence[PurchaseOrder]:
    """Return the orders of these clinics that wait for an owner, oldest first."""
    query = (
        sa.select(PurchaseOrder)
        .where(
            PurchaseOrder.clinic_id.in_(clinic_ids),
            PurchaseOrder.stage == Stage.AWAITING_APPROVAL,
        )
        .options(*_with_lines())
        .order_by(PurchaseOrder.id)
    )
    return db.session.scalars(query).all()


def _one(*where: sa.ColumnElement[bool]) -> PurchaseOrder:
    query = (
        sa.select(PurchaseOrder)
        .where(*where)
        .options(
            *_with_lines(),
            selectinload(PurchaseOrder.lines).selectinload(OrderLine.offers),
            joinedload(PurchaseOrder.placed_by),
            selectinload(PurchaseOrder.events).joinedload(OrderEvent.person),
        )
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundHereError
    return found


def _with_lines() -> tuple[ORMOption, ...]:
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


def basket_lines(clinic: Clinic) -> int:
    """Return how many lines the clinic's baskets have together."""
    counted = (
        sa.select(sa.func.count(OrderLine.id))
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.basket,
            PurchaseOrder.stage == Stage.DRAFT,
        )
    )
    return db.session.scalar(counted) or 0
