"""Opening stock from a file, and the same columns out again: all rows or none."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to
from supply.db import db, table
from supply.inventory import availability, lookalikes, rules, taking_in
from supply.inventory.models import Balance, Entry, Lot, Move
from supply.inventory.taking_in import Incoming
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.items.models import Item, Location
from supply.items.refusals import unknown_code
from supply.items.services import items_for_codes, twins_of
from supply.items.terms import LocationKind
from supply.quantity import InvalidQuantityError, as_text, parse
from supply.tables import Fault, FaultyTable, Kind, Row, Table, read_table, stop_at_many, write_csv
from supply.tables.days import read_day
from supply.text import fold

COLUMNS = ("sku", "lot", "expiry", "quantity", "location")
REQUIRED = ("sku", "lot", "expiry", "quantity")
KINDS = {"sku": Kind.CODE, "lot": Kind.CODE, "expiry": Kind.DATE, "quantity": Kind.NUMBER}

_IN_LIST = 5000
_BALANCE = table(Balance)
_LOT = table(Lot)
_MOVE = table(Move)


@dataclass(frozen=True, slots=True)
class StockImport:
    """What an import took in (or, on a dry run, would), and what to look at again."""

    rows: int
    items: int
    lots: int
    warnings: list[str]
    dry_run: bool
    entry: int | None = None
    notes: list[str] = dataclasses.field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the command's answer."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A row whose cells could be read; its item is not known yet."""

    number: int
    sku: str
    lot: str
    expiry: dt.date | None
    quantity: str
    location_id: int | None


def read_stock(content: bytes, filename: str) -> Table:
    """Return the rows of a file of opening stock; call it before the transaction begins.

    Raises:
        FaultyTable: see :func:`supply.tables.read_table`.
    """
    return read_table(content, filename, REQUIRED, ["location"], KINDS)


def import_stock(
    clinic: Clinic,
    table_read: Table,
    *,
    dry_run: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> StockImport:
    """Take a clinic's opening stock (see :func:`read_stock`): every row, or none.

    Quantities are in the item's base unit, in whole containers. A blank location is the
    clinic's first that fits, ambient before cold. An expired lot is taken, with a warning.
    With ``dry_run`` the caller's transaction is left as it was. Locks the clinic's row, so
    that two imports queue.

    Raises:
        FaultyTable: any fault in the file, or a lot that has moved in that place before;
            ``errors`` has every one.
    """
    _queue(clinic)
    shelves = _shelves(clinic.id)
    faults: list[Fault] = []
    parsed = _parse_all(table_read, shelves, faults)
    faults += _unknown_items(clinic.practice_id, parsed)
    stop_at_many(faults, table_read.filename)
    unknown = {fault.row for fault in faults}
    savepoint = db.session.begin_nested()
    lines = _incoming(clinic, [row for row in parsed if row.number not in unknown], faults, now)
    faults += _line_faults(clinic, lines, now)
    if faults:
        savepoint.rollback()
        raise FaultyTable(faults, table_read.filename)
    summary = _take_in(clinic, lines, table_read, dry_run=dry_run, actor=actor, now=now)
    if dry_run:
        savepoint.rollback()
    else:
        savepoint.commit()
    return summary


def export_stock(clinic: Clinic) -> str:
    """Return what is sealed on the clinic's shelves as CSV with the columns of the import.

    What remains in open containers is left out: it cannot be taken in as whole containers.
    """
    rows = db.session.execute(
        sa.select(Item.code, Lot.number, Lot.expiry, Balance.quantity, Location.name)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic.id,
            Balance.container_id.is_(None),
            availability.on_shelf(),
        )
        .order_by(Item.code, Lot.expiry, Lot.number, Location.position, Location.id)
    )
    return write_csv(
        COLUMNS,
        ((row.code, row.number, row.expiry, as_text(row.quantity), row.name) for row in rows),
    )


def _queue(clinic: Clinic) -> None:
    db.session.execute(
        sa.select(Clinic.id).where(Clinic.id == clinic.id).with_for_update(key_share=True)
    )


def _shelves(clinic_id: int) -> dict[str, int]:
    rows = db.session.execute(
        sa.select(Location.name, Location.id).where(
            Location.clinic_id == clinic_id,
            Location.kind == LocationKind.SHELF,
            Location.archived_at.is_(None),
        )
    )
    return {fold(row.name): row.id for row in rows}


def _parse_all(table_read: Table, shelves: Mapping[str, int], faults: list[Fault]) -> list[_Parsed]:
    parsed = []
    for row in table_read.rows:
        if read := _parse(row, shelves, faults):
            parsed.append(read)
        stop_at_many(faults, table_read.filename)
    return parsed


def _parse(row: Row, shelves: Mapping[str, int], faults: list[Fault]) -> _Parsed | None:
    found = []
    for column, message in (("sku", _("Enter the code.")), ("quantity", _("Enter a quantity."))):
        if not row[column]:
            found.append(Fault(row.number, column, message))
    expiry, fault = _date(row["expiry"])
    if fault:
        found.append(Fault(row.number, "expiry", fault))
    location = row["location"]
    if location and fold(location) not in shelves:
        message = _("This clinic has no location called %(name)s.", name=location)
        found.append(Fault(row.number, "location", message))
    faults += found
    if found:
        return None
    place = shelves[fold(location)] if location else None
    return _Parsed(row.number, row["sku"], row["lot"], expiry, row["quantity"], place)


def _date(text: str) -> tuple[dt.date | None, str | None]:
    """Return (date, fault): blank is no date, anything but YYYY-MM-DD is a fault."""
    if not text:
        return None, None
    try:
        return read_day(text), None
    except ValueError as error:
        return None, str(error)


def _unknown_items(practice_id: int, parsed: Sequence[_Parsed]) -> list[Fault]:
    codes = sorted({row.sku for row in parsed})
    known: set[str] = set()
    for start in range(0, len(codes), _IN_LIST):
        some = codes[start : start + _IN_LIST]
        known.update(
            db.session.scalars(
                sa.select(Item.code).where(Item.practice_id == practice_id, Item.code.in_(some))
            ),
            db.session.scalars(
                sa.select(Product.sku).where(
                    Product.sku.in_(some), Product.withdrawn_at.is_(None), offered_to(practice_id)
                )
            ),
        )
    twins = twins_of(practice_id, sorted(set(codes) - known)[:_IN_LIST])
    return [
        Fault(row.number, "sku", unknown_code(row.sku, twins.get(row.sku)))
        for row in parsed
        if row.sku not in known
    ]


def _incoming(
    clinic: Clinic, parsed: Sequence[_Parsed], faults: list[Fault], now: dt.datetime
) -> list[Incoming]:
    items = items_for_codes(clinic.practice_id, {row.sku for row in parsed}, now=now)
    lines = []
    for row in parsed:
        item = items[row.sku]
        try:
            quantity = parse(row.quantity, item.unit)
        except InvalidQuantityError as error:
            faults.append(Fault(row.number, "quantity", str(error)))
            continue
        lines.append(_line(row, item, quantity))
    return lines


def _line(row: _Parsed, item: Item, quantity: Decimal) -> Incoming:
    return Incoming(
        item=item,
        lot_number=row.lot,
        expiry=row.expiry,
        quantity=quantity,
        location_id=row.location_id,
        expired_reason="opening stock",
        field=str(row.number),
    )


def _line_faults(clinic: Clinic, lines: Sequence[Incoming], now: dt.datetime) -> list[Fault]:
    """Return what the ledger would refuse, repeated lots, and lots that moved there before."""
    if not lines:
        return []
    found = []
    for field, message in taking_in.faults(clinic, lines, occurred_at=now):
        number, _dot, column = field.partition(".")
        found.append(Fault(int(number), column, message))
    placed = {fault.row for fault in found if fault.column == "location"}
    good = [line for line in lines if int(line.field) not in placed]
    places = taking_in.place_of(clinic, good)
    moved = _moved(clinic, good)
    first: dict[tuple[int, str, int], str] = {}
    for line, place in zip(good, places, strict=True):
        key = (line.item.id, rules.normalise_lot(line.lot_number), place)
        if key in moved:
            message = _("Lot %(lot)s has moved in this location: correct it there.", lot=key[1])
            found.append(Fault(int(line.field), "lot", message))
        elif key in first and key[1]:
            message = _("Row %(row)s has this lot in the same location.", row=first[key])
            found.append(Fault(int(line.field), "lot", message))
        first.setdefault(key, line.field)
    return found


def _moved(clinic: Clinic, lines: Sequence[Incoming]) -> set[tuple[int, str, int]]:
    """Return (item, normalised lot, place) where a lot has moved and that was not undone."""
    numbers = sorted({rules.normalise_lot(line.lot_number) for line in lines})
    moved: set[tuple[int, str, int]] = set()
    for start in range(0, len(numbers), _IN_LIST):
        rows = db.session.execute(_moves_of(clinic, numbers[start : start + _IN_LIST]))
        for item_id, number, from_id, to_id in rows:
            moved |= {(item_id, number, from_id), (item_id, number, to_id)}
    return moved


def _moves_of(clinic: Clinic, numbers: Collection[str]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            _MOVE.c.item_id, _LOT.c.normalised, _MOVE.c.from_location_id, _MOVE.c.to_location_id
        )
        .distinct()
        .join(_LOT, _LOT.c.id == _MOVE.c.lot_id)
        .join(Entry, Entry.id == _MOVE.c.entry_id)
        .where(
            _LOT.c.practice_id == clinic.practice_id,
            _LOT.c.normalised.in_(numbers),
            _MOVE.c.clinic_id == clinic.id,
            Entry.kind != EntryKind.REVERSAL,
            not_undone(Entry.id),
        )
    )


def _take_in(
    clinic: Clinic,
    lines: Sequence[Incoming],
    table_read: Table,
    *,
    dry_run: bool,
    actor: Actor,
    now: dt.datetime,
) -> StockImport:
    entry = None
    warnings = _warnings(lines, clock.local_date(now, clinic.timezone))
    if not dry_run:
        entry = taking_in.take_in(
            clinic,
            lines,
            kind=EntryKind.OPENING_BALANCE,
            occurred_at=now,
            reason=table_read.filename,
            actor=actor,
            now=now,
        ).entry_id
    return StockImport(
        rows=len(lines),
        items=len({line.item.id for line in lines}),
        lots=len({(line.item.id, rules.normalise_lot(line.lot_number)) for line in lines}),
        warnings=warnings,
        dry_run=dry_run,
        entry=entry,
        notes=table_read.notes,
    )


def _warnings(lines: Sequence[Incoming], today: dt.date) -> list[str]:
    expired = [
        _(
            "Row %(row)s: lot %(lot)s expired on %(day)s. It is taken in, but not available.",
            row=line.field,
            lot=line.lot_number,
            day=line.expiry.isoformat(),
        )
        for line in lines
        if line.expiry is not None and rules.is_expired(line.expiry, today)
    ]
    alike = [
        _(
            "Row %(row)s: lot %(new)s looks like lot %(known)s of the same item. If they are one,"
            " write both alike.",
            row=found.field,
            new=found.new,
            known=found.known,
        )
        for found in lookalikes.among(lines)
    ]
    return [*expired, *alike]
