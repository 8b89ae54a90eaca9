"""A file of lots for a depot: every row taken in, or none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from supply import clock
from supply.accounts.models import Clinic, Supplier
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.db import db
from supply.depot import arriving
from supply.depot.arriving import Arriving
from supply.depot.keeping import depot_of
from supply.depot.take_rows import products_of
from supply.inventory.models import Balance, Lot
from supply.inventory.rules import is_expired, normalise_lot
from supply.items.queries import places
from supply.ordering.rules import MOST_PACKS
from supply.tables import Fault, FaultyTable, Kind, Row, Table, read_table, stop_at_many
from supply.tables.days import read_day
from supply.tables.numbers import whole_number
from supply.text import fold

REQUIRED = ("sku", "lot", "expiry", "packs")
OPTIONAL = ("location",)
KINDS = {
    "sku": Kind.CODE,
    "lot": Kind.CODE,
    "expiry": Kind.DATE,
    "packs": Kind.NUMBER,
    "location": Kind.TEXT,
}
_IN_LIST = 500

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class StockFile:
    """What a file takes in, or would."""

    lines: Sequence[Arriving]
    warnings: Sequence[str] = ()
    notes: Sequence[str] = field(default_factory=list)
    entry: int | None = None

    @property
    def packs(self) -> int:
        """Packs in all."""
        return sum(line.packs for line in self.lines)


def read_stock(content: bytes, filename: str) -> Table:
    """Return the rows of a file of lots; call it before the transaction begins.

    Raises:
        FaultyTable: see :func:`supply.tables.read_table`.
    """
    return read_table(content, filename, REQUIRED, OPTIONAL, KINDS)


def import_stock(
    supplier: Supplier, table: Table, *, dry_run: bool = False, actor: Actor, now: dt.datetime
) -> StockFile:
    """Take the lots of a file (see :func:`read_stock`) into the depot: every row, or none.

    A lot that is there already gets the packs on top, and an expired one is taken in: both with a
    warning. With ``dry_run`` the caller's transaction is left as it was.

    Raises:
        KeepsNoStock: the supplier keeps no stock here.
        FaultyTable: any fault in the file.
    """
    depot = depot_of(supplier)
    faults: list[Fault] = []
    lines = _parsed(supplier, depot, table, faults)
    savepoint = db.session.begin_nested()
    faults += _line_faults(depot, lines, now)
    if faults:
        savepoint.rollback()
        raise FaultyTable(faults, table.filename)
    warnings = _warnings(depot, lines, clock.local_date(now, depot.timezone))
    entry = None
    if dry_run:
        savepoint.rollback()
    else:
        taken = arriving.take_in(supplier, lines, actor=actor, now=now, reason=table.filename)
        entry = taken.entry_id
        savepoint.commit()
    return StockFile(lines, warnings, table.notes, entry)


def _parsed(supplier: Supplier, depot: Clinic, table: Table, faults: list[Fault]) -> list[Arriving]:
    shelves = {fold(place.name): place.id for place in places(depot)}
    products: dict[str, Product] = {}
    skus = [row["sku"] for row in table.rows]
    for start in range(0, len(skus), _IN_LIST):
        products |= products_of(supplier, skus[start : start + _IN_LIST])
    lines = []
    for row in table.rows:
        if line := _line(row, products, shelves, faults):
            lines.append(line)
        stop_at_many(faults, table.filename)
    return lines


def _line(
    row: Row, products: Mapping[str, Product], shelves: Mapping[str, int], faults: list[Fault]
) -> Arriving | None:
    found: list[Fault] = []
    product = products.get(fold(row["sku"]))
    if product is None:
        said = (
            _("You have no product %(sku)s.", sku=row["sku"]) if row["sku"] else _("Enter a SKU.")
        )
        found.append(Fault(row.number, "sku", str(said)))
    packs = _read(row, "packs", lambda cell: whole_number(cell, 1, MOST_PACKS), found)
    expiry = _read(row, "expiry", read_day, found) if row["expiry"] else None
    place = row["location"]
    if place and fold(place) not in shelves:
        message = _("There is no location called %(name)s.", name=place)
        found.append(Fault(row.number, "location", message))
    faults += found
    if found or product is None or packs is None:
        return None
    return Arriving(
        product,
        row["lot"],
        expiry,
        packs,
        location_id=shelves[fold(place)] if place else None,
        expired_reason=str(_("From a file.")),
        field=str(row.number),
    )


def _read(row: Row, column: str, reader: Callable[[str], Read], found: list[Fault]) -> Read | None:
    try:
        return reader(row[column])
    except ValueError as error:
        found.append(Fault(row.number, column, str(error)))
        return None


def _line_faults(depot: Clinic, lines: Sequence[Arriving], now: dt.datetime) -> list[Fault]:
    """Return what the ledger would refuse, and lots that a place gets twice."""
    if not lines:
        return []
    found = []
    for name, message in arriving.faults(depot, lines, now):
        number, _dot, column = name.partition(".")
        found.append(Fault(int(number), column, message))
    first: dict[tuple[int, str, int | None], str] = {}
    for line in lines:
        key = (line.product.id, normalise_lot(line.lot), line.location_id)
        if key in first and key[1]:
            message = _("Row %(row)s has this lot in the same location.", row=first[key])
            found.append(Fault(int(line.field), "lot", message))
        first.setdefault(key, line.field)
    return found


def _warnings(depot: Clinic, lines: Sequence[Arriving], today: dt.date) -> list[str]:
    there = _there(depot, lines)
    found = []
    for line in lines:
        if is_expired(line.expiry, today):
            message = _(
                "Row %(row)s: lot %(lot)s has expired. It is taken in, but not sent.",
                row=line.field,
                lot=line.lot,
            )
            found.append(message)
        containers = there.get((line.product.id, normalise_lot(line.lot)), 0)
        if packs := containers // line.product.containers_per_pack:
            message = ngettext(
                "Row %(row)s: %(num)d pack of lot %(lot)s is there already; these come on top.",
                "Row %(row)s: %(num)d packs of lot %(lot)s are there already; these come on top.",
                packs,
                row=line.field,
                lot=line.lot,
            )
            found.append(message)
    return [str(message) for message in found]


def _there(depot: Clinic, lines: Sequence[Arriving]) -> dict[tuple[int, str], int]:
    """Return the containers in the depot of the lots that ``lines`` name, by product and lot."""
    numbers = sorted({normalise_lot(line.lot) for line in lines})
    found: dict[tuple[int, str], int] = {}
    for start in range(0, len(numbers), _IN_LIST):
        rows = db.session.execute(
            sa.select(
                Lot.product_id,
                Lot.normalised,
                Lot.content_per_container,
                sa.func.sum(Balance.quantity).label("quantity"),
            )
            .join(Balance, Balance.lot_id == Lot.id)
            .where(
                Balance.clinic_id == depot.id,
                Lot.practice_id == depot.practice_id,
                Lot.normalised.in_(numbers[start : start + _IN_LIST]),
            )
            .group_by(Lot.id)
        )
        for row in rows:
            key = (row.product_id, row.normalised)
            found[key] = int(row.quantity // row.content_per_container)
    return found
