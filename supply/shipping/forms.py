"""What people type on the page that ships a parcel: rows of lots, kept as typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from supply.depot.rules import Fill
from supply.inventory.labels import read_label
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.typed import Fault, form_field, read_day, read_packs
from supply.refusals import InvalidInput
from supply.shipping.ship_lines import ShipLine
from supply.shipping.shipping import Parcel
from supply.text import whole

ROWS = 3
"""Lots one order line may be sent as in one go, at least; what is filled in may be more."""

MOST_LOTS = 50
"""Lots of an order line in one parcel at most; more go with the next one."""

PARCEL_ROWS = 3
"""Tracking numbers that may be typed while shipping; more are added on the order's page."""


@dataclass(frozen=True, slots=True)
class ShipRow:
    """One row of the ship form, as typed. ``name`` ends the names of its fields ("7_0")."""

    line: OrderLine
    name: str
    lot: str = ""
    expiry: str = ""
    packs: str = ""
    elsewhere: bool = False
    """Whether it does not leave the supplier's own stock."""

    @property
    def blank(self) -> bool:
        """Whether nothing is to be sent from this row."""
        packs = self.packs.strip()
        return whole(packs) == 0 or (not packs and not self.lot.strip())


def blank_ship_rows(order: PurchaseOrder) -> list[ShipRow]:
    """Return the rows of a fresh ship form: all that is left of each line, then empty ones."""
    return [
        replace(row, packs=str(row.line.to_ship) if index == 0 else "")
        for line in order.lines
        if line.to_ship
        for index, row in enumerate(_rows_of(line, ROWS))
    ]


def filled_ship_rows(order: PurchaseOrder, fills: Mapping[int, Fill]) -> list[ShipRow]:
    """Return the rows of a ship form filled from stock: a lot each, then empty ones.

    ``fills`` are by the id of the line. What is short is in no row.
    """
    rows: list[ShipRow] = []
    for line in order.lines:
        if line.id not in fills:
            continue
        picks = fills[line.id].picks[: MOST_LOTS - 1]
        empty = _rows_of(line, max(ROWS, len(picks) + 1))
        rows += [
            replace(
                row,
                lot=pick.lot_number,
                expiry=pick.expiry.isoformat() if pick.expiry else "",
                packs=str(pick.packs),
            )
            for row, pick in zip(empty, picks, strict=False)
        ]
        rows += empty[len(picks) :]
    return rows


def _rows_of(line: OrderLine, count: int) -> list[ShipRow]:
    return [ShipRow(line, f"{line.id}_{index}") for index in range(count)]


def _sent_rows(order: PurchaseOrder, form: Mapping[str, str]) -> list[ShipRow]:
    """Return as many rows of each line as the form has."""
    rows = []
    for line in order.lines:
        if line.to_ship:
            sent = sum(f"lot_{line.id}_{index}" in form for index in range(MOST_LOTS))
            rows += _rows_of(line, max(ROWS, sent))
    return rows


def typed_ship_rows(
    order: PurchaseOrder, form: Mapping[str, str], today: dt.date
) -> tuple[list[ShipRow], list[Fault]]:
    """Return the rows as typed, scans in lot fields read, and what was wrong with a scan."""
    rows: list[ShipRow] = []
    faults: list[Fault] = []
    ordered = [line.product for line in order.lines]
    for row in _sent_rows(order, form):
        lot, expiry = form.get(f"lot_{row.name}", ""), form.get(f"expiry_{row.name}", "").strip()
        label = read_label(lot, expiry, row.line.product, today, ordered)
        if label.fault:
            faults.append((f"lot_{row.name}", label.fault))
        packs = form.get(f"packs_{row.name}", "").strip()
        elsewhere = f"elsewhere_{row.name}" in form
        rows.append(
            replace(row, lot=label.lot, expiry=label.expiry, packs=packs, elsewhere=elsewhere)
        )
    return rows, faults


def parcels(form: Mapping[str, str]) -> list[Parcel]:
    """Return who carries what, as typed; the service leaves out what is empty."""
    return [
        Parcel(form.get(f"carrier_{row}", ""), form.get(f"tracking_{row}", ""))
        for row in range(PARCEL_ROWS)
    ]


def ship_lines(rows: Sequence[ShipRow]) -> tuple[list[ShipLine], list[ShipRow]]:
    """Return what the typed rows send, and the row behind each line; blank rows send nothing.

    Raises:
        InvalidInput: packs or dates that cannot be read, by field name.
    """
    faults: list[Fault] = []
    lines: list[ShipLine] = []
    used = [row for row in rows if not row.blank]
    for row in used:
        packs = read_packs(row.packs, f"packs_{row.name}", row.line.name, faults)
        expiry = read_day(row.expiry, f"expiry_{row.name}", row.line.name, faults)
        lines.append(
            ShipLine(
                row.lot,
                expiry,
                packs,
                order_line_id=row.line.id,
                from_stock=not row.elsewhere,
            )
        )
    if faults:
        raise InvalidInput(*faults)
    return lines, used


def by_field(fault: InvalidInput, used: Sequence[ShipRow]) -> InvalidInput:
    """Return a refusal of the service with rows named as the form names its fields."""
    names = [row.name for row in used]
    return InvalidInput(*((form_field(field, names), text) for field, text in fault.errors))
