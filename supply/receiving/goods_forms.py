"""Rows of the form for goods without a shipment, kept as typed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.db import db
from supply.inventory.boxes import holds_code
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.ordering.models import PurchaseOrder
from supply.ordering.typed import Fault, form_field, read_day, read_packs
from supply.quantity import InvalidQuantityError, Unit, parse
from supply.receiving import scanned_goods
from supply.receiving.goods_in import GoodsLine
from supply.receiving.scanned_goods import GoodsRow
from supply.receiving.terms import Arrived
from supply.refusals import InvalidInput, Refusal

MOST_ROWS = 200
"""Rows of goods by hand in one go; more go with the next."""

ROWS_OF_LINE = 2
MOST_ITEMS = 2_000
"""Item codes offered while typing; any other may still be typed."""


FIELDS = ("sku", "lot", "expiry", "packs", "quantity", "location", "arrived", "reason")

SCANNED_INTO = ("sku", "packs", "quantity", "reason")
"""Fields of a row that are for something else, and that a scan may land in."""


def blank_rows(order: PurchaseOrder | None) -> list[GoodsRow]:
    """Return the rows of a fresh form: one by hand, of an order what is still to come."""
    if order is None:
        return [GoodsRow("1")]
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


def with_blank(rows: Sequence[GoodsRow]) -> list[GoodsRow]:
    """Return ``rows`` and an empty one after them."""
    return [*rows, GoodsRow(str(len(rows) + 1))][:MOST_ROWS]


def typed_rows(
    clinic: Clinic, order: PurchaseOrder | None, form: Mapping[str, str], today: dt.date
) -> tuple[list[GoodsRow], list[Fault]]:
    """Return the rows as typed, with what was scanned, and what was wrong with a scan.

    A code scanned into any field of a row fills in that row whole; one scanned into the field
    ``scan``, or into a row whose lot is known already, fills in the row it belongs to.
    """
    faults: list[Fault] = []
    rows: list[GoodsRow] = []
    codes: list[str] = []
    for row in _rows_of(order, form):
        fields = FIELDS if order is None else FIELDS[1:]
        typed: dict[str, Any] = {
            field: form.get(f"{field}_{row.name}", "").strip() for field in fields
        }
        codes += _to_lot_field(typed, today)
        read, fault = scanned_goods.read_lot_field(clinic, order, replace(row, **typed), today)
        rows.append(read)
        if fault:
            faults.append((f"lot_{row.name}", fault))
    for code in filter(None, (*codes, form.get("scan", "").strip())):
        rows, fault = scanned_goods.put_in_its_row(clinic, rows, code, today)
        if fault:
            faults.append(("scan", fault))
    return rows, faults


def _to_lot_field(typed: dict[str, Any], today: dt.date) -> list[str]:
    """Take codes out of the other fields of a row: the lot field reads one, the rest are left."""
    scanned = [field for field in SCANNED_INTO if holds_code(typed.get(field, ""), today)]
    codes = [typed[field] for field in scanned]
    typed |= dict.fromkeys(scanned, "")
    if codes and not typed["lot"]:
        typed["lot"] = codes.pop(0)
    return codes


def _rows_of(order: PurchaseOrder | None, form: Mapping[str, str]) -> list[GoodsRow]:
    if order is not None:
        return blank_rows(order)
    sent = sum(f"lot_{number}" in form for number in range(1, MOST_ROWS + 1))
    return [GoodsRow(str(number)) for number in range(1, max(sent, 1) + 1)]


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
    if not row.sku:
        faults.append((f"sku_{row.name}", _("%(row)s: enter an item code.", row=row.title)))
    return GoodsLine(
        sku=row.sku,
        lot=row.lot,
        expiry=read_day(row.expiry, f"expiry_{row.name}", row.title, faults),
        packs=packs,
        quantity=_quantity(row, faults),
        location=row.location or None,
        reason=row.reason,
        arrived=next((one for one in Arrived if one == row.arrived), Arrived.WELL),
    )


def _quantity(row: GoodsRow, faults: list[Fault]) -> Decimal | None:
    if not row.quantity:
        return None
    try:
        return parse(row.quantity, Unit.ML)
    except InvalidQuantityError as error:
        faults.append(
            (f"quantity_{row.name}", str(_("%(what)s: %(more)s", what=row.title, more=error)))
        )
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
