"""The list of what a clinic has: rows, what they are filtered and sorted by, and searching."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import format_percent

from supply import searching
from supply.accounts.models import Clinic
from supply.db import db
from supply.inventory.models import Balance, Lot
from supply.inventory.queries import Level
from supply.inventory.rules import lot_likeness
from supply.items.models import ClinicItem, Item
from supply.quantity import ZERO
from supply.replenishment.rules import USUAL_SERVICE_LEVEL


class Show(enum.StrEnum):
    """A filter of the list."""

    LOW = "low"
    OUT = "out"
    EXPIRING = "expiring"
    OPEN = "open"
    HOLD = "hold"
    COLD = "cold"


class Sort(enum.StrEnum):
    """A column the list is sorted by."""

    NAME = "name"
    AVAILABLE = "available"
    ON_ORDER = "on_order"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class Target:
    """What an item is reordered by: its points in the base unit, and what the projection says."""

    reorder_point: Decimal | None = None
    par_level: Decimal | None = None
    projected: bool = False
    """Whether its projection decides; points that are set are only shown then."""
    service_level: Decimal | None = None
    """How sure one is to be of not running out, a share; None is as usual."""
    due: bool = False
    """Whether the projection says to order it now."""

    @property
    def judged(self) -> bool:
        """Whether anybody is told when it has to be ordered."""
        return self.projected or self.reorder_point is not None

    @property
    def share(self) -> str:
        """The service level as a percentage: "97 %"."""
        level = (
            Decimal(str(USUAL_SERVICE_LEVEL)) if self.service_level is None else self.service_level
        )
        return str(format_percent(level, "#,##0.#%"))


@dataclass(frozen=True, slots=True)
class StockRow:
    """An item at a clinic: what is there, what is coming, and what it needs."""

    item: Item
    level: Level
    on_order: Decimal
    target: Target
    tracked: bool
    soon: dt.date
    """The last day that counts as expiring soon."""
    short_on: dt.date | None = None
    """The day on which it is expected to fall short; None: not soon, or nothing is known."""
    expected: bool = True
    """Whether it is missed once it is gone: it has a reorder point, or a formulation names it."""

    @property
    def is_out(self) -> bool:
        """Whether nothing can be used of what should be there."""
        missed = self.expected or self.level.on_hand > 0
        return self.tracked and missed and self.level.available == 0

    @property
    def is_low(self) -> bool:
        """Whether to order it now: its reorder point is reached, or its projection says so."""
        if self.target.projected:
            return self.tracked and self.target.due
        point = self.target.reorder_point
        return self.tracked and point is not None and self.level.available + self.on_order <= point

    @property
    def is_expiring(self) -> bool:
        """Whether some has expired, or will within the clinic's window."""
        expiry = self.level.next_expiry
        return self.level.expired > 0 or (expiry is not None and expiry <= self.soon)

    @property
    def has_open(self) -> bool:
        """Whether a container of it is open."""
        return self.level.open > 0

    @property
    def is_held(self) -> bool:
        """Whether some of it is on hold."""
        return self.level.held > 0

    @property
    def is_cold(self) -> bool:
        """Whether it has to be kept cold."""
        return self.item.storage.is_cold


SHOWS: Mapping[Show, Callable[[StockRow], bool]] = {
    Show.LOW: lambda row: row.is_low,
    Show.OUT: lambda row: row.is_out,
    Show.EXPIRING: lambda row: row.is_expiring,
    Show.OPEN: lambda row: row.has_open,
    Show.HOLD: lambda row: row.is_held,
    Show.COLD: lambda row: row.is_cold,
}


def stocked_items(clinic: Clinic, also: Collection[int] = ()) -> list[tuple[Item, bool]]:
    """Return (item, tracked) for all that the clinic has ever stocked, and the items ``also``."""
    asked = {"clinic_id": clinic.id, "practice_id": clinic.practice_id, "also": list(also)}
    rows = db.session.execute(_stocked_items(), asked)
    return [(item, bool(tracked)) for item, tracked in rows]


@cache
def _stocked_items() -> sa.Select[Item, bool]:
    here = sa.and_(ClinicItem.item_id == Item.id, ClinicItem.clinic_id == sa.bindparam("clinic_id"))
    return (
        sa.select(Item, sa.func.coalesce(ClinicItem.tracked, sa.true()))
        .outerjoin(ClinicItem, here)
        .where(
            Item.practice_id == sa.bindparam("practice_id"),
            Item.archived_at.is_(None),
            sa.or_(
                ClinicItem.clinic_id.is_not(None),
                Item.id.in_(sa.bindparam("also", expanding=True)),
            ),
        )
    )


def stock_rows(
    clinic: Clinic,
    items: Iterable[tuple[Item, bool]],
    levels: Mapping[tuple[int, int], Level],
    on_order: Mapping[tuple[int, int], Decimal],
    targets: Mapping[int, Target],
    expected: Collection[int],
    lasting: Mapping[int, dt.date],
    today: dt.date,
) -> list[StockRow]:
    """Return the list's rows, in no order; an item that is not there has a level of zero.

    ``expected``: the items that count as out once they are gone; ``lasting``: by item the day on
    which it is expected to fall short.
    """
    soon = today + dt.timedelta(days=clinic.expiring_days)
    return [
        StockRow(
            item,
            levels.get((clinic.id, item.id), Level(clinic.id, item.id)),
            on_order.get((clinic.id, item.id), ZERO),
            targets.get(item.id, Target(projected=clinic.projected)),
            tracked,
            soon,
            lasting.get(item.id),
            item.id in expected,
        )
        for item, tracked in items
    ]


def matching(rows: Iterable[StockRow], text: str, by_lot: Collection[int]) -> list[StockRow]:
    """Return the rows whose name or code has every word of ``text``, or that are in ``by_lot``."""
    words = searching.wanted(text)
    return [
        row
        for row in rows
        if row.item.id in by_lot or all(word in row.item.searched for word in words)
    ]


def sort_rows(rows: Iterable[StockRow], sort: Sort, *, descending: bool) -> list[StockRow]:
    """Return ``rows`` by a column, the name deciding between equals; no date comes last."""
    by_name = sorted(rows, key=lambda row: (row.item.searched, row.item.id))
    keys: dict[Sort, Callable[[StockRow], Any]] = {
        Sort.NAME: lambda row: row.item.searched,
        Sort.AVAILABLE: lambda row: row.level.available / row.item.content_per_container,
        Sort.ON_ORDER: lambda row: row.on_order / row.item.content_per_container,
        Sort.EXPIRY: lambda row: row.level.next_expiry or dt.date.max,
    }
    if sort is Sort.EXPIRY and descending:
        dated = [row for row in by_name if row.level.next_expiry]
        undated = [row for row in by_name if not row.level.next_expiry]
        return [*sorted(dated, key=keys[sort], reverse=True), *undated]
    return sorted(by_name, key=keys[sort], reverse=descending)


def items_with_lot(clinic: Clinic, text: str) -> set[int]:
    """Return the items with a lot at the clinic whose number contains what looks like ``text``."""
    alike = lot_likeness(text)
    if not alike:
        return set()
    return set(
        db.session.scalars(
            sa.select(Balance.item_id)
            .distinct()
            .join(Lot, Lot.id == Balance.lot_id)
            .where(
                Balance.clinic_id == clinic.id,
                Balance.quantity > sa.literal_column("0"),
                Lot.likeness.contains(alike, autoescape=True),
            )
        )
    )


def items_at(location_id: int) -> set[int]:
    """Return the items of which something lies in a location."""
    there = sa.select(Balance.item_id).where(
        Balance.location_id == location_id, Balance.quantity > sa.literal_column("0")
    )
    return set(db.session.scalars(there))
