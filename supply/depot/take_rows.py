"""Rows of goods that come into a depot, kept as typed; scans fill them in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Supplier
from supply.catalogue.barcodes import Scan, scan
from supply.catalogue.models import Product, ProductGtin
from supply.db import db
from supply.depot.arriving import Arriving
from supply.inventory.boxes import holds_code
from supply.inventory.labels import is_code, problem_with
from supply.inventory.rules import normalise_lot
from supply.ordering.rules import MOST_PACKS
from supply.refusals import InvalidInput
from supply.text import fold, whole

MOST_ROWS = 200
"""Rows in one go; more go with the next."""

FIELDS = ("sku", "lot", "expiry", "packs", "location", "reason")

SCANNED_INTO = ("sku", "packs", "reason")
"""Fields of a row that are for something else, and that a scan may land in."""

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class TakeRow:
    """One row as typed; ``name`` ends the names of its fields."""

    name: str
    sku: str = ""
    lot: str = ""
    expiry: str = ""
    packs: str = ""
    location: str = ""
    reason: str = ""

    @property
    def blank(self) -> bool:
        """Whether nothing came in this row."""
        return not (self.sku or self.lot or self.packs)


def typed_rows(
    supplier: Supplier, form: Mapping[str, str], today: dt.date
) -> tuple[list[TakeRow], list[Fault]]:
    """Return the rows as typed, with what was scanned, and what was wrong with a scan.

    A code scanned into any field of a row fills in that row; one scanned into the field ``scan``,
    or into a row whose lot is known already, fills in the row it belongs to.
    """
    faults: list[Fault] = []
    rows: list[TakeRow] = []
    codes: list[str] = []
    sent = sum(f"lot_{number}" in form for number in range(1, MOST_ROWS + 1))
    for number in range(1, max(sent, 1) + 1):
        said = {field: form.get(f"{field}_{number}", "").strip() for field in FIELDS}
        codes += _to_lot_field(said, today)
        row, fault = _read_lot_field(supplier, TakeRow(str(number), **said), today)
        rows.append(row)
        if fault:
            faults.append((f"lot_{number}", fault))
    for code in filter(None, (*codes, form.get("scan", "").strip())):
        rows, fault = _put_in_its_row(supplier, rows, code, today)
        if fault:
            faults.append(("scan", fault))
    return rows, faults


def _to_lot_field(said: dict[str, str], today: dt.date) -> list[str]:
    """Take codes out of the other fields of a row: the lot field reads one, the rest are left."""
    scanned = [field for field in SCANNED_INTO if holds_code(said[field], today)]
    codes = [said[field] for field in scanned]
    said |= dict.fromkeys(scanned, "")
    if codes and not said["lot"]:
        said["lot"] = codes.pop(0)
    return codes


def with_blank(rows: Sequence[TakeRow]) -> list[TakeRow]:
    """Return ``rows`` and an empty one after them."""
    return [*rows, TakeRow(str(len(rows) + 1))][:MOST_ROWS]


def arrivals(supplier: Supplier, rows: Sequence[TakeRow]) -> list[Arriving]:
    """Return what the typed rows take in; blank ones take nothing.

    Raises:
        InvalidInput: a product that is not the supplier's, packs or a day that cannot be read,
            by field name.
    """
    used = [row for row in rows if not row.blank]
    products = products_of(supplier, [row.sku for row in used])
    faults: list[Fault] = []
    found = [line for row in used if (line := _arrival(row, products, faults))]
    if faults:
        raise InvalidInput(*faults)
    return found


def by_field(fault: InvalidInput) -> InvalidInput:
    """Return a refusal of the service with rows named as the form names its fields."""
    renamed = []
    for field, message in fault.errors:
        row, dot, part = field.partition(".")
        renamed.append((f"{part}_{row}" if dot else field, message))
    return InvalidInput(*renamed)


def products_of(supplier: Supplier, skus: Sequence[str]) -> dict[str, Product]:
    """Return the supplier's products by folded SKU, withdrawn ones among them."""
    rows = db.session.scalars(
        sa.select(Product).where(
            Product.supplier_id == supplier.id, Product.sku_key.in_({fold(sku) for sku in skus})
        )
    )
    return {product.sku_key: product for product in rows}


def _arrival(row: TakeRow, products: Mapping[str, Product], faults: list[Fault]) -> Arriving | None:
    before = len(faults)
    product = products.get(fold(row.sku))
    if product is None:
        said = _("You have no product %(sku)s.", sku=row.sku) if row.sku else _("Enter the SKU.")
        faults.append((f"sku_{row.name}", str(said)))
    packs = whole(row.packs)
    if packs is None or not 1 <= packs <= MOST_PACKS:
        message = _("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS)
        faults.append((f"packs_{row.name}", message))
    expiry = _day(row, faults)
    if product is None or packs is None or len(faults) > before:
        return None
    return Arriving(
        product,
        row.lot,
        expiry,
        packs,
        location_id=whole(row.location) or None,
        expired_reason=row.reason or None,
        field=row.name,
    )


def _day(row: TakeRow, faults: list[Fault]) -> dt.date | None:
    if not row.expiry:
        return None
    try:
        return dt.date.fromisoformat(row.expiry)
    except ValueError:
        faults.append((f"expiry_{row.name}", _("Enter the date as 2027-05-31.")))
        return None


def _read_lot_field(supplier: Supplier, row: TakeRow, today: dt.date) -> tuple[TakeRow, str | None]:
    """Return a row with the code in its lot field read, and what is wrong with that code."""
    read = scan(row.lot, today=today)
    if fault := problem_with(row.lot, read):
        return replace(row, lot=""), fault
    if not is_code(row.lot, read):
        return row, None
    if read.gtin is None and read.lot is not None:
        return _with_lot(row, read), _doubt(read)
    found = _product(supplier, read)
    if found is None:
        return replace(row, lot=""), _no_product(read)
    product, packs = found
    if row.sku and fold(row.sku) != product.sku_key:
        sentence = _("This code is of %(name)s: scan it into a row of its own.", name=product.name)
        return replace(row, lot=""), str(sentence)
    return _filled(row, product, read, packs), _doubt(read)


def _put_in_its_row(
    supplier: Supplier, rows: Sequence[TakeRow], code: str, today: dt.date
) -> tuple[list[TakeRow], str | None]:
    """Return ``rows`` with a scanned box in the row of its lot, else in the first free one."""
    read = scan(code, today=today)
    if fault := problem_with(code, read):
        return list(rows), fault
    if read.gtin is None:
        return list(rows), str(_("“%(text)s” is no product's code.", text=code[:80]))
    found = _product(supplier, read)
    if found is None:
        return list(rows), _no_product(read)
    product, packs = found
    of_product = [row for row in rows if fold(row.sku) == product.sku_key]
    same = next((row for row in of_product if _is_lot(row, read)), None)
    free = same or next((row for row in of_product if not row.lot), None)
    free = free or next((row for row in rows if row.blank), None)
    if free is None:
        free = TakeRow(str(len(rows) + 1))
        rows = [*rows, free]
    filled = _filled(free, product, read, packs, more=same is not None)
    return [filled if row is free else row for row in rows], _doubt(read)


def _is_lot(row: TakeRow, read: Scan) -> bool:
    return normalise_lot(row.lot) == normalise_lot(read.lot or "")


def _filled(
    row: TakeRow, product: Product, read: Scan, packs: int, *, more: bool = False
) -> TakeRow:
    there = whole(row.packs) or 0
    packs = there + packs if more or not there else there
    return replace(_with_lot(row, read), sku=product.sku, packs=str(packs))


def _with_lot(row: TakeRow, read: Scan) -> TakeRow:
    expiry = read.expiry.isoformat() if read.expiry else row.expiry
    return replace(row, lot=read.lot or ("" if is_code(row.lot, read) else row.lot), expiry=expiry)


def _product(supplier: Supplier, read: Scan) -> tuple[Product, int] | None:
    """Return the supplier's product a code is of, and for how many packs it stands.

    A case's code stands for several, a single vial's for one.
    """
    row = db.session.execute(
        sa.select(Product, ProductGtin.containers)
        .join(ProductGtin, ProductGtin.product_id == Product.id)
        .where(Product.supplier_id == supplier.id, ProductGtin.gtin == read.gtin)
        .order_by(Product.withdrawn_at.is_not(None), Product.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    containers = row.containers * read.boxes
    return row.Product, max(1, containers // row.Product.containers_per_pack)


def _no_product(read: Scan) -> str:
    return str(_("None of your products has the code %(gtin)s.", gtin=read.gtin or ""))


def _doubt(read: Scan) -> str | None:
    return read.problems[0].message if read.problems else None
