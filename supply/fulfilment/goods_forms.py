"""Rows of the form for goods without a shipment, kept as typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import scan
from supply.db import db
from supply.fulfilment.forms import Fault, form_field, read_day, read_packs
from supply.fulfilment.goods import GoodsLine
from supply.fulfilment.scans import read_label
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.quantity import InvalidQuantityError, Unit, parse
from supply.refusals import InvalidInput, Refusal

ROWS_BY_HAND = 5
ROWS_OF_LINE = 2
MOST_ITEMS = 2_000
"""Item codes offered while typing; any other may still be typed."""


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """One row as typed. ``line`` is the order's line, None when received by hand."""

    name: str
    line: OrderLine | None = None
    sku: str = ""
    lot: str = ""
    expiry: str = ""
    packs: str = ""
    quantity: str = ""
    location: str = ""
    reason: str = ""

    @property
    def group(self) -> tuple[int, str]:
        """What the row is shown under: its order line, else itself; sorts as rows are listed."""
        return (self.line.position, self.line.sku) if self.line else (0, self.name)

    @property
    def blank(self) -> bool:
        """Whether nothing came in this row."""
        if self.line is not None:
            return not self.lot and self.packs in ("", "0")
        return not (self.sku or self.lot or self.packs or self.quantity)

    @property
    def title(self) -> str:
        """What a message calls the row."""
        return self.line.name if self.line else self.sku or str(_("Row %(row)s", row=self.name))


FIELDS = ("sku", "lot", "expiry", "packs", "quantity", "location", "reason")


def blank_rows(order: PurchaseOrder | None) -> list[GoodsRow]:
    """Return the rows of a fresh form."""
    if order is None:
        return [GoodsRow(str(number)) for number in range(1, ROWS_BY_HAND + 1)]
    return [
        GoodsRow(
            f"{line.id}_{index}",
            line,
            sku=line.sku,
            packs=str(line.to_ship) if index == 0 else "",
        )
        for line in order.lines
        if line.to_ship
        for index in range(ROWS_OF_LINE)
    ]


def typed_rows(
    order: PurchaseOrder | None, form: Mapping[str, str], today: dt.date
) -> list[GoodsRow]:
    """Return the rows as typed; a whole GS1 code in a lot field is read into lot and expiry."""
    rows = []
    for row in blank_rows(order):
        fields = FIELDS if order is None else FIELDS[1:]
        typed: dict[str, Any] = {
            field: form.get(f"{field}_{row.name}", "").strip() for field in fields
        }
        rows.append(_with_label(replace(row, **typed), today))
    return rows


def _with_label(row: GoodsRow, today: dt.date) -> GoodsRow:
    if row.line is not None:
        label = read_label(row.lot, row.expiry, row.line.product, today)
        return replace(row, lot=label.lot, expiry=label.expiry)
    read = scan(row.lot, today=today)
    if read.gtin is None or read.lot is None:
        return row
    expiry = read.expiry.isoformat() if read.expiry else row.expiry
    return replace(row, lot=read.lot, expiry=expiry)


def goods_lines(rows: Sequence[GoodsRow]) -> list[GoodsLine]:
    """Return what the typed rows say; blank rows say nothing.

    Raises:
        InvalidInput: packs, quantities or dates that cannot be read, by field name.
    """
    faults: list[Fault] = []
    lines = [_line(row, faults) for row in rows if not row.blank]
    if faults:
        raise InvalidInput(*faults)
    return lines


def _line(row: GoodsRow, faults: list[Fault]) -> GoodsLine:
    packs = None
    if row.packs or (row.line is not None and not row.quantity):
        packs = read_packs(row.packs, f"packs_{row.name}", row.title, faults)
    return GoodsLine(
        sku=row.sku,
        lot=row.lot,
        expiry=read_day(row.expiry, f"expiry_{row.name}", row.title, faults),
        packs=packs,
        quantity=_quantity(row, faults),
        location=row.location or None,
        reason=row.reason,
    )


def _quantity(row: GoodsRow, faults: list[Fault]) -> Decimal | None:
    if not row.quantity:
        return None
    try:
        return parse(row.quantity, Unit.ML)
    except InvalidQuantityError as error:
        faults.append((f"quantity_{row.name}", f"{row.title}: {error}"))
        return None


def by_field(refusal: Refusal, rows: Sequence[GoodsRow]) -> Refusal:
    """Return a refusal of the service with rows named as the form names its fields."""
    if not isinstance(refusal, InvalidInput):
        return refusal
    names = [row.name for row in rows if not row.blank]
    return InvalidInput(*((form_field(field, names), text) for field, text in refusal.errors))


def places(clinic: Clinic) -> list[tuple[str, str]]:
    """Return the choices of a place: the first that fits, then the clinic's shelves in order."""
    query = (
        sa.select(Location.name)
        .where(
            Location.clinic_id == clinic.id,
            Location.kind == LocationKind.SHELF,
            Location.archived_at.is_(None),
        )
        .order_by(Location.position, Location.id)
    )
    names = [(name, name) for name in db.session.scalars(query)]
    return [("", str(_("The first that fits"))), *names]


def item_codes(clinic: Clinic) -> list[tuple[str, str]]:
    """Return (code, name) of the practice's items, to offer while typing."""
    query = (
        sa.select(Item.code, Item.name)
        .where(Item.practice_id == clinic.practice_id, Item.archived_at.is_(None))
        .order_by(Item.code)
        .limit(MOST_ITEMS)
    )
    return [(row.code, row.name) for row in db.session.execute(query)]
