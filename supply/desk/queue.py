"""What must leave: a supplier's orders by what was promised, with counts, in a fixed number of
statements however many there are.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic, Supplier
from supply.catalogue.models import Product
from supply.catalogue.terms import Storage
from supply.db import Key, db
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.queries import ENDED
from supply.ordering.terms import OPEN_STAGES, Stage

PAGE = 50
NEVER = dt.date.max
"""Stands for the day of an order of which nobody said when it leaves: it comes last."""


class Show(enum.StrEnum):
    """Which orders the desk shows."""

    OPEN = "open"
    NEW = "new"
    LATE = "late"
    OFFERED = "offered"
    """The clinic has still to say whether a substitute will do."""
    COLD = "cold"
    SHIPPED = "shipped"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order at the desk, and the day by which what is left of it is promised."""

    order: PurchaseOrder
    promised_on: dt.date | None
    is_late: bool

    @property
    def is_new(self) -> bool:
        """Whether nobody has answered it."""
        return self.order.stage is Stage.PLACED

    @property
    def packs(self) -> int:
        """Packs that may leave."""
        return sum(line.to_ship for line in self.order.lines)

    @property
    def is_cold(self) -> bool:
        """Whether something of what may leave is to be kept cold."""
        return any(
            line.to_ship and line.product.storage is Storage.COLD for line in self.order.lines
        )

    @property
    def is_offered(self) -> bool:
        """Whether a substitute waits for the clinic's answer."""
        return any(line.offered for line in self.order.lines)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the desk, and after which order the next one begins (None: no more)."""

    orders: Sequence[Waiting]
    following: str | None


def waiting(supplier: Supplier, show: Show, today: dt.date, after: str | None = None) -> Page:
    """Return a page of a supplier's orders: what is promised first comes first, late ones before
    all; what has left or ended the newest first. ``after`` is what the page before gave.
    """
    asked: dict[str, Any] = {"supplier_id": supplier.id, "today": today}
    seen = _cursor(after)
    if seen is not None:
        asked |= {"day": seen[0], "order_id": seen[1]}
    rows = db.session.execute(_page(show, seen is not None), asked).all()
    found = [_waiting(order, day, today) for order, day in rows[:PAGE]]
    more = len(rows) > PAGE
    return Page(found, f"{rows[PAGE - 1].promised}.{found[-1].order.id}" if more else None)


def counts(supplier: Supplier, today: dt.date) -> Mapping[Show, int]:
    """Return how many orders each list has but those that only grow; one statement."""
    row = db.session.execute(_counts(), {"supplier_id": supplier.id, "today": today}).one()
    return {show: getattr(row, show.value) for show in _COUNTED}


_COUNTED = [show for show in Show if show not in (Show.SHIPPED, Show.ENDED)]

# Statements are built once: building these took a third of the page.


@cache
def _page(show: Show, following: bool) -> sa.Select[PurchaseOrder, dt.date | None]:
    """Return the select of a list's page: its first, or the one ``following`` :day, :order_id."""
    promised = sa.func.coalesce(_promised(), sa.literal(NEVER, sa.Date))
    last: sa.BindParameter[int] = sa.bindparam("order_id", type_=Key)
    query = (
        sa.select(PurchaseOrder, promised.label("promised"))
        .where(PurchaseOrder.supplier_id == sa.bindparam("supplier_id"), _shown(show))
        .options(
            joinedload(PurchaseOrder.clinic).joinedload(Clinic.practice),
            # Of each product only how it is kept is said, and a page has hundreds.
            selectinload(PurchaseOrder.lines)
            .joinedload(OrderLine.product)
            .load_only(Product.storage),
        )
        .limit(PAGE + 1)
    )
    if show in (Show.SHIPPED, Show.ENDED):
        query = query.order_by(PurchaseOrder.id.desc())
        return query.where(PurchaseOrder.id < last) if following else query
    query = query.order_by(sa.literal_column("promised"), PurchaseOrder.id)
    if not following:
        return query
    day: sa.BindParameter[dt.date] = sa.bindparam("day", type_=sa.Date)
    later = sa.and_(promised == day, PurchaseOrder.id > last)
    return query.where(sa.or_(promised > day, later))


@cache
def _counts() -> sa.Select[*tuple[Any, ...]]:
    columns = (sa.func.count(sa.case((_shown(one), 1))).label(one.value) for one in _COUNTED)
    return sa.select(*columns).where(
        PurchaseOrder.supplier_id == sa.bindparam("supplier_id"),
        PurchaseOrder.stage.in_(OPEN_STAGES),
    )


def _waiting(order: PurchaseOrder, day: dt.date | None, today: dt.date) -> Waiting:
    known = None if day == NEVER else day
    return Waiting(order, known, known is not None and known < today)


def _promised() -> sa.ScalarSelect[dt.date | None]:
    """Select the first day by which something that may leave of an order is promised.

    The rest of a line follows on its own day, once all that was confirmed has left.
    """
    rest_only = sa.and_(
        OrderLine.promised_on.is_not(None), OrderLine.shipped >= OrderLine.confirmed
    )
    whole = sa.func.coalesce(PurchaseOrder.ship_on, PurchaseOrder.expected_on)
    return (
        sa.select(sa.func.min(sa.case((rest_only, OrderLine.promised_on), else_=whole)))
        .where(OrderLine.order_id == PurchaseOrder.id, OrderLine.to_ship > 0)
        .correlate(PurchaseOrder)
        .scalar_subquery()
    )


def _shown(show: Show) -> sa.ColumnElement[bool]:
    is_open = PurchaseOrder.stage.in_(OPEN_STAGES)
    left = PurchaseOrder.lines.any(OrderLine.to_ship > 0)
    offered = PurchaseOrder.lines.any(OrderLine.offered > 0)
    cold = sa.and_(OrderLine.to_ship > 0, OrderLine.product.has(Product.storage == Storage.COLD))
    conditions: Mapping[Show, sa.ColumnElement[bool]] = {
        Show.OPEN: sa.and_(is_open, sa.or_(left, offered)),
        Show.NEW: PurchaseOrder.stage == Stage.PLACED,
        Show.LATE: sa.and_(is_open, _promised() < sa.bindparam("today", type_=sa.Date)),
        Show.OFFERED: sa.and_(is_open, offered),
        Show.COLD: sa.and_(is_open, PurchaseOrder.lines.any(cold)),
        Show.SHIPPED: sa.and_(is_open, sa.not_(left), sa.not_(offered)),
        Show.ENDED: sa.and_(PurchaseOrder.stage.in_(ENDED), PurchaseOrder.placed_at.is_not(None)),
    }
    return conditions[show]


def _cursor(text: str | None) -> tuple[dt.date, int] | None:
    """Return the day and order that a page ended with; None for what is neither."""
    day, _dot, order_id = (text or "").partition(".")
    try:
        return dt.date.fromisoformat(day), int(order_id)
    except ValueError:
        return None
