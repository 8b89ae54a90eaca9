"""What people type on shipping and receiving pages: rows of lots, kept as typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.depot.rules import Fill
from supply.fulfilment.models import Shipment, ShipmentLine
from supply.fulfilment.receiving import ReceiveLine
from supply.fulfilment.ship_lines import ShipLine
from supply.fulfilment.shipping import Parcel
from supply.fulfilment.terms import ClaimWish, Condition
from supply.inventory.labels import read_label
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.refusals import InvalidInput
from supply.text import whole

ROWS = 3
"""Lots one order line may be sent as in one go, at least; what is filled in may be more."""

MOST_LOTS = 50
"""Lots of an order line in one parcel at most; more go with the next one."""

PARCEL_ROWS = 3
"""Tracking numbers that may be typed while shipping; more are added on the order's page."""

Fault = tuple[str, str]


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
        return self.packs.strip() in ("", "0") and not self.lot.strip()


@dataclass(frozen=True, slots=True)
class ReceiveRow:
    """One line of the receive form: packs typed by condition.

    ``left`` is how many packs were left to receive when the form was shown.
    """

    line: ShipmentLine
    left: int
    good: str = "0"
    damaged: str = "0"

    def with_more(self, packs: int) -> ReceiveRow:
        """Return the row with ``packs`` more that are good."""
        return replace(self, good=str((whole(self.good) or 0) + packs))

    @property
    def room(self) -> int:
        """Packs that nobody has counted yet."""
        return max(self.left - self.counted, 0)

    def filled(self) -> ReceiveRow:
        """Return the row with all that is not said to be damaged as good."""
        return replace(self, good=str(max(self.left - (whole(self.damaged) or 0), 0)))

    @property
    def damaged_packs(self) -> int:
        """Packs said to be damaged, as far as they can be read."""
        return whole(self.damaged) or 0

    @property
    def counted(self) -> int:
        """Packs said to be there, good or damaged."""
        return (whole(self.good) or 0) + (whole(self.damaged) or 0)

    @property
    def complete(self) -> bool:
        """Whether every pack that was left is said to be there."""
        good, damaged = whole(self.good), whole(self.damaged)
        return good is not None and damaged is not None and good + damaged == self.left


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


def form_field(field: str, names: Sequence[str]) -> str:
    """Return the form's name of a service's field: ``lines.0.lot`` is ``lot_<name of row 0>``."""
    part = field.split(".")
    if len(part) == 3 and part[1].isdecimal() and int(part[1]) < len(names):
        return f"{part[2]}_{names[int(part[1])]}"
    return field


def blank_receive_rows(shipment: Shipment) -> list[ReceiveRow]:
    """Return the rows of a fresh receive form: every pack that is left, as good."""
    return [
        ReceiveRow(line, line.unaccounted).filled() for line in shipment.lines if line.unaccounted
    ]


def receive_rows(shipment: Shipment, form: Mapping[str, str]) -> list[ReceiveRow]:
    """Return the rows of the receive form, as typed, of the state in which it was shown.

    What was left then may be received by now: the service says so.
    """
    return [
        ReceiveRow(
            line,
            min(whole(form.get(f"left_{line.id}", "")) or line.unaccounted, line.packs),
            form.get(f"good_{line.id}", "0").strip(),
            form.get(f"damaged_{line.id}", "0").strip(),
        )
        for line in shipment.lines
        if line.unaccounted or f"left_{line.id}" in form
    ]


def received_lines(
    rows: Sequence[ReceiveRow], *, rest_missing: bool, reason: str, want: ClaimWish | None = None
) -> list[ReceiveLine]:
    """Return what the typed rows say; with ``rest_missing`` also what is not there.

    Raises:
        InvalidInput: packs that cannot be read, or more than were sent, by field name.
    """
    faults: list[Fault] = []
    lines: list[ReceiveLine] = []
    for row in rows:
        name = row.line.order_line.name
        good = read_packs(row.good or "0", f"good_{row.line.id}", name, faults)
        damaged = read_packs(row.damaged or "0", f"damaged_{row.line.id}", name, faults)
        left = row.left - good - damaged
        if left < 0:
            sentence = ngettext(
                "%(name)s: %(num)d pack was sent; counted: %(counted)d.",
                "%(name)s: %(num)d packs were sent; counted: %(counted)d.",
                row.left,
                name=name,
                counted=good + damaged,
            )
            faults.append((f"good_{row.line.id}", sentence))
        said = {Condition.GOOD: good, Condition.DAMAGED: damaged}
        if rest_missing:
            said[Condition.MISSING] = left
        lines += [
            _line(row.line, packs, condition, reason, want)
            for condition, packs in said.items()
            if packs
        ]
    if faults:
        raise InvalidInput(*faults)
    if not lines:
        raise InvalidInput(("scan", _("Say what is in the parcel, or that the rest is missing.")))
    return lines


def _line(
    line: ShipmentLine, packs: int, condition: Condition, reason: str, want: ClaimWish | None
) -> ReceiveLine:
    return ReceiveLine(line.order_line.sku, line.lot_number, packs, condition, reason, want)


def read_packs(text: str, field: str, name: str, faults: list[Fault]) -> int:
    """Read whole packs, 0 included; add to ``faults`` and return 0 when they are not."""
    stripped = text.strip()
    if stripped.isascii() and stripped.isdecimal() and len(stripped) <= 9:
        return int(stripped)
    sentence = _("%(name)s: enter whole packs, up to %(most)d.", name=name, most=MOST_PACKS)
    faults.append((field, sentence))
    return 0


def read_day(text: str, field: str, name: str, faults: list[Fault]) -> dt.date | None:
    """Read a date (YYYY-MM-DD), None when empty; add to ``faults`` when it is neither."""
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        faults.append((field, _("%(name)s: enter the date as 2027-05-31.", name=name)))
        return None
