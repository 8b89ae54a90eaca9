"""How well suppliers deliver, month by month, and the lines behind each number.

A line of an order is *due* on the day its order was expected when the supplier had answered it.
What the clinic itself cancelled is left out, and so are substitutes, which nobody ordered. Of the
packs that were due, those count that the clinic had received, and in good order, by the end of
that day on its own calendar. The handbook of suppliers says where the definitions come from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from supply.accounts.models import Clinic, Supplier
from supply.db import db
from supply.inventory.undone import not_undone
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.receiving.models import Receipt, ReceiptLine
from supply.shipping.terms import Condition

MONTHS = 6
"""Months shown, the running one among them."""
PAGE = 100


@dataclass(frozen=True, slots=True)
class Score:
    """What was due in a month, and what of it came in time: lines and packs."""

    month: dt.date
    lines: int = 0
    lines_in_full: int = 0
    packs: int = 0
    packs_in_time: int = 0

    @property
    def on_time_in_full(self) -> Decimal | None:
        """Share of lines all of whose packs came in time; None where none was due."""
        return share(self.lines_in_full, self.lines)

    @property
    def fill_rate(self) -> Decimal | None:
        """Share of packs that came in time; None where none was due."""
        return share(self.packs_in_time, self.packs)


@dataclass(frozen=True, slots=True)
class Due:
    """A line that was due: packs wanted of it, and packs that had come by its day."""

    line: OrderLine
    wanted: int
    in_time: int

    @property
    def is_in_full(self) -> bool:
        """Whether all of it came in time."""
        return self.in_time >= self.wanted


def share(part: int, whole: int) -> Decimal | None:
    """Return ``part`` of ``whole`` in per cent, to a tenth; None where there is no whole."""
    return round(Decimal(100 * part) / whole, 1) if whole else None


def first_of_month(day: dt.date, back: int = 0) -> dt.date:
    """Return the first day of the month that lies ``back`` months before ``day``'s."""
    months = day.year * 12 + day.month - 1 - back
    return dt.date(months // 12, months % 12 + 1, 1)


def scores(place: Supplier | Clinic, today: dt.date) -> Mapping[int, list[Score]]:
    """Return by supplier id the scores of the last months, the running one first; one statement.

    Of a supplier its own; of a clinic those of each supplier of which something was due there.
    """
    months = [first_of_month(today, back) for back in range(MONTHS)]
    wanted, in_time = _wanted(), _in_time()
    query = (
        sa.select(
            PurchaseOrder.supplier_id,
            PurchaseOrder.expected_on,
            sa.func.count(OrderLine.id).label("lines"),
            sa.func.sum(sa.case((in_time >= wanted, 1), else_=0)).label("in_full"),
            sa.func.sum(wanted).label("packs"),
            sa.func.sum(sa.case((in_time > wanted, wanted), else_=in_time)).label("in_time"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(*_due(place, months[-1], today))
        .group_by(PurchaseOrder.supplier_id, PurchaseOrder.expected_on)
    )
    rows = db.session.execute(query).all()
    by_supplier = {
        supplier: [row for row in rows if row.supplier_id == supplier]
        for supplier in dict.fromkeys(row.supplier_id for row in rows)
    }
    return {one: [_sum(month, mine) for month in months] for one, mine in by_supplier.items()}


def suppliers_named(ids: Iterable[int]) -> Sequence[Supplier]:
    """Return these suppliers, by name."""
    query = sa.select(Supplier).where(Supplier.id.in_(list(ids))).order_by(Supplier.name)
    return db.session.scalars(query).all()


def due_lines(
    place: Supplier | Clinic,
    month: dt.date,
    today: dt.date,
    *,
    supplier_id: int | None = None,
    missed: bool = False,
    before: int | None = None,
) -> tuple[Sequence[Due], int | None]:
    """Return a page of the lines behind a month's numbers, the newest first, and the id after
    which the next begins. ``missed``: only those that were late, short or not in good order.
    """
    wanted, in_time = _wanted(), _in_time()
    following = first_of_month(month, -1)
    query = (
        sa.select(OrderLine, wanted.label("wanted"), in_time.label("in_time"))
        .join(OrderLine.order)
        .options(
            contains_eager(OrderLine.order).joinedload(PurchaseOrder.clinic),
            contains_eager(OrderLine.order).joinedload(PurchaseOrder.supplier),
            joinedload(OrderLine.product),
        )
        .where(*_due(place, month, min(following, today)))
        .order_by(OrderLine.id.desc())
        .limit(PAGE + 1)
    )
    if supplier_id is not None:
        query = query.where(PurchaseOrder.supplier_id == supplier_id)
    if missed:
        query = query.where(in_time < wanted)
    if before is not None:
        query = query.where(OrderLine.id < before)
    rows = db.session.execute(query).all()
    found = [Due(row[0], int(row.wanted), int(row.in_time)) for row in rows[:PAGE]]
    return found, found[-1].line.id if len(rows) > PAGE else None


def _sum(month: dt.date, rows: Iterable[sa.Row[Any]]) -> Score:
    mine = [row for row in rows if first_of_month(row.expected_on) == month]
    return Score(
        month,
        sum(int(row.lines) for row in mine),
        sum(int(row.in_full) for row in mine),
        sum(int(row.packs) for row in mine),
        sum(int(row.in_time) for row in mine),
    )


def _due(
    place: Supplier | Clinic, begin: dt.date, end: dt.date
) -> Sequence[sa.ColumnElement[bool]]:
    """Return what makes a line one that was due from ``begin`` on and before ``end``."""
    is_supplier = isinstance(place, Supplier)
    whose = PurchaseOrder.supplier_id if is_supplier else PurchaseOrder.clinic_id
    return (
        whose == place.id,
        PurchaseOrder.placed_at.is_not(None),
        PurchaseOrder.expected_on >= begin,
        PurchaseOrder.expected_on < end,
        OrderLine.instead_of_id.is_(None),
        _wanted() > 0,
    )


def _wanted() -> sa.ColumnElement[int]:
    """Return the packs of a line that the clinic wanted to the end."""
    return OrderLine.packs - (OrderLine.cancelled - OrderLine.unsupplied)


def _in_time() -> sa.ScalarSelect[int]:
    """Select the packs of a line that its clinic had in good order by the day they were due."""
    return (
        sa.select(sa.func.coalesce(sa.func.sum(ReceiptLine.packs), 0))
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(
            ReceiptLine.order_line_id == OrderLine.id,
            ReceiptLine.condition == Condition.GOOD,
            Receipt.received_on <= PurchaseOrder.expected_on,
            not_undone(Receipt.entry_id),
        )
        .correlate(OrderLine, PurchaseOrder)
        .scalar_subquery()
    )
