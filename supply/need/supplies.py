"""What is there and what comes: usable lots and open orders, as the projection takes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from supply.alerts.scope import Place
from supply.clock import local_date, zone
from supply.db import AnyRow, Key, Quantity, execute, unindexed
from supply.inventory.queries import Usable
from supply.need.arrays import Flags, Floats, Pair, Whole, packed
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.outstanding import due_on
from supply.ordering.terms import OPEN_STAGES
from supply.projection.burn import NEVER, Supplies, in_drawing_order
from supply.quantity import ZERO
from supply.transfers import queries as transfers

EVENING: Final = 18
"""An open container that lasts until this hour serves that day as well."""


NO_SUPPLIER: Final = 0
"""Stands for a supplier where a sister clinic sends."""


@dataclass(frozen=True, slots=True)
class Coming:
    """What a line of an open order still brings, or a transfer, in the item's base unit."""

    clinic_id: int
    item_id: int
    order_id: int
    supplier_id: int
    quantity: Decimal
    placed_on: dt.date
    promised_on: dt.date | None
    """The day its supplier has said; None where it has said nothing yet."""


def coming(places: Mapping[int, Place], item_ids: Collection[int] | None = None) -> list[Coming]:
    """Return what open orders of clinics still bring; None means all items. One statement.

    What sister clinics have sent is among it, from no supplier; it is there within a day.
    """
    asked: dict[str, Any] = {"clinics": list(places)}
    if item_ids is not None:
        asked["items"] = list(item_ids)
    return [
        _line(row, places[row.clinic_id]) for row in execute(_coming(item_ids is not None), asked)
    ]


def _line(row: AnyRow, place: Place) -> Coming:
    placed_on = local_date(row.placed_at, place.timezone)
    promised_on = row.due_on if row.answered else None
    if row.supplier_id == NO_SUPPLIER:
        promised_on = max(transfers.expected_on(placed_on), place.today + dt.timedelta(days=1))
    return Coming(
        row.clinic_id,
        row.item_id,
        row.order_id,
        row.supplier_id,
        row.quantity,
        placed_on,
        promised_on,
    )


@cache
def _coming(some_items: bool) -> sa.CompoundSelect[*tuple[Any, ...]]:
    clinics: sa.BindParameter[int] = sa.bindparam("clinics", type_=Key, expanding=True)
    items: sa.BindParameter[int] | None = None
    answered = sa.or_(
        PurchaseOrder.acknowledged_at.is_not(None), OrderLine.promised_on.is_not(None)
    )
    quantity = (
        OrderLine.outstanding * OrderLine.containers_per_pack * OrderLine.content_per_container
    )
    query = (
        sa.select(
            PurchaseOrder.clinic_id,
            OrderLine.item_id,
            PurchaseOrder.id.label("order_id"),
            OrderLine.id.label("line_id"),
            PurchaseOrder.supplier_id,
            sa.type_coerce(quantity, Quantity()).label("quantity"),
            PurchaseOrder.placed_at,
            due_on().label("due_on"),
            answered.label("answered"),
        )
        .join(OrderLine, OrderLine.order_id == PurchaseOrder.id)
        .where(
            PurchaseOrder.clinic_id.in_(clinics),
            PurchaseOrder.stage.in_(OPEN_STAGES),
            OrderLine.outstanding > 0,
        )
    )
    if some_items:
        items = sa.bindparam("items", type_=Key, expanding=True)
        query = query.where(unindexed(OrderLine.item_id).in_(items))
    both = query.union_all(_sent(clinics, items))
    columns = both.selected_columns
    return both.order_by(columns.clinic_id, columns.item_id, columns.order_id, columns.line_id)


def _sent(
    clinics: sa.BindParameter[int], items: sa.BindParameter[int] | None
) -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what sister clinics have sent, in the columns of orders."""
    sent = transfers.lines_on_their_way(clinics, items).subquery()
    return sa.select(
        sent.c.clinic_id,
        sent.c.item_id,
        sent.c.transfer_id,
        sa.literal_column("0"),
        sa.literal_column(str(NO_SUPPLIER)),
        sent.c.quantity,
        sent.c.sent_at,
        sa.cast(sa.null(), sa.Date),
        sa.true(),
    )


@dataclass(frozen=True, slots=True)
class OnShelves:
    """Supplies of many items, and which lot each column is (0: none, or what is promised)."""

    supplies: Supplies
    lots: Whole
    opened: Flags
    """Which columns are containers that are open."""

    def of(self, rows: Sequence[int]) -> tuple[Supplies, Flags]:
        """Return the supplies of some items, and which of their columns are open."""
        there = self.supplies
        some = Supplies(there.units[rows], there.first_day[rows], there.last_day[rows])
        return some, self.opened[rows]


@dataclass(slots=True)
class _Columns:
    """Entries of (row, units, first day, last day, lot, opened), to be packed side by side."""

    rows: list[int]
    units: list[float]
    first: list[int]
    last: list[int]
    lots: list[int]
    opened: list[bool]


def shelves(
    rows_of: Mapping[Pair, int],
    units: Floats,
    usable: Sequence[Usable],
    promised: Sequence[Coming],
    places: Mapping[int, Place],
) -> OnShelves:
    """Return what is usable, and what suppliers have promised a day for, in drawing order.

    Args:
        rows_of: the row of each clinic's item.
        units: base units that count as one, (items,).
        usable: what may be drawn now.
        promised: what comes on a promised day, today at the earliest tomorrow.
        places: the clinics.
    """
    columns = _Columns([], [], [], [], [], [])
    for one in usable:
        row = rows_of.get((one.clinic_id, one.item_id))
        if row is not None:
            last = last_day(one, places[one.clinic_id])
            _add(columns, row, float(one.quantity) / units[row], 0, last, one.lot_id, one.opened)
    for line in promised:
        row = rows_of.get((line.clinic_id, line.item_id))
        if row is not None and line.promised_on is not None:
            day = max((line.promised_on - places[line.clinic_id].today).days, 1)
            _add(columns, row, float(line.quantity) / units[row], day, NEVER, 0, False)
    return _packed(columns, len(rows_of))


def _add(
    columns: _Columns, row: int, units: float, first: int, last: int, lot: int, opened: bool
) -> None:
    columns.rows.append(row)
    columns.units.append(units)
    columns.first.append(first)
    columns.last.append(last)
    columns.lots.append(lot)
    columns.opened.append(opened)


def _packed(columns: _Columns, count: int) -> OnShelves:
    order = np.argsort(np.array(columns.rows, dtype=np.int64), kind="stable")
    rows = np.array(columns.rows, dtype=np.int64)[order]
    column = packed(rows, count)
    width = int(column.max(initial=0)) + 1
    units = np.zeros((count, width))
    first = np.zeros((count, width), dtype=np.int64)
    last = np.full((count, width), NEVER, dtype=np.int64)
    lots = np.zeros((count, width), dtype=np.int64)
    opened = np.zeros((count, width), dtype=bool)
    for array, values in (
        (units, columns.units), (first, columns.first), (last, columns.last),
        (lots, columns.lots), (opened, columns.opened),
    ):  # fmt: skip
        array[rows, column] = np.array(values)[order] if values else []
    # In drawing order with its lots: they take the same way as the units.
    ordered, lots_, opened_ = (
        in_drawing_order(Supplies(one.astype(np.float64), first, last), opened)
        for one in (units, lots, opened)
    )
    return OnShelves(ordered, lots_.units.astype(np.int64), opened_.units.astype(bool))


def last_day(one: Usable, place: Place) -> int:
    """Return the last day from today, 0, on which something may be drawn."""
    days = [] if one.expiry is None else [(one.expiry - place.today).days]
    if one.discard_at is not None:
        ends = one.discard_at.astimezone(zone(place.timezone))
        whole = (ends.date() - place.today).days - (ends.hour < EVENING)
        days.append(max(whole, 0))
    return min(days, default=NEVER)


def awaited(
    rows_of: Mapping[Pair, int],
    units: Floats,
    lines: Sequence[Coming],
    places: Mapping[int, Place],
) -> tuple[Floats, Whole]:
    """Return units on order without a promised day, and the days waited: (items, orders)."""
    known = [line for line in lines if (line.clinic_id, line.item_id) in rows_of]
    rows = np.array([rows_of[line.clinic_id, line.item_id] for line in known], dtype=np.int64)
    order = np.argsort(rows, kind="stable")
    column = packed(rows[order], len(rows_of))
    width = int(column.max(initial=-1)) + 1
    ordered = np.zeros((len(rows_of), width))
    waited = np.zeros((len(rows_of), width), dtype=np.int64)
    for place, column_ in zip(order, column, strict=True):
        line = known[place]
        row = rows[place]
        ordered[row, column_] = float(line.quantity) / units[row]
        waited[row, column_] = max((places[line.clinic_id].today - line.placed_on).days, 0)
    return ordered, waited


def is_promised(line: Coming, today: dt.date) -> bool:
    """Return whether the day that a supplier promised is still to come."""
    return line.promised_on is not None and line.promised_on > today


def on_order(lines: Sequence[Coming]) -> Decimal:
    """Return what some lines bring together."""
    return sum((line.quantity for line in lines), ZERO)
