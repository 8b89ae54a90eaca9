"""Codes scanned anywhere on the page of a parcel to be sent: which row they fill in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.catalogue.barcodes import Scan, scan
from supply.catalogue.models import Product, ProductGtin
from supply.db import db
from supply.inventory.labels import has_gtin, problem_with
from supply.inventory.rules import normalise_lot
from supply.shipping.forms import ShipRow


def put_in_its_row(
    rows: Sequence[ShipRow], code: str, today: dt.date
) -> tuple[list[ShipRow], str | None]:
    """Return ``rows`` with a scanned box in the first free row of its product.

    A lot that a row has already changes nothing: how many packs go is as typed. Beside the rows
    stands what is wrong with the code, or what is to be checked of it.
    """
    read = scan(code, today=today)
    own = [row for row in rows if has_gtin(row.line.product, read.gtin or "")]
    if fault := problem_with(code, read) or _of_no_row(code, read, rows, own):
        return list(rows), fault
    if any(normalise_lot(row.lot) == normalise_lot(read.lot or "") for row in own):
        return list(rows), None
    free = next((row for row in own if not row.lot), None)
    if free is None:
        return list(rows), str(_("All lots of this product are filled in. Ship those first."))
    filled = _filled(free, read)
    return [filled if row is free else row for row in rows], _doubt(read)


def _of_no_row(
    code: str, read: Scan, rows: Sequence[ShipRow], own: Sequence[ShipRow]
) -> str | None:
    if read.gtin is None:
        return str(_("“%(text)s” is no product's code.", text=code[:80]))
    if not own:
        return _not_ordered(read.gtin, rows)
    if read.lot is None:
        return str(_("This code names no lot. Enter the lot printed on the box."))
    return None


def _not_ordered(gtin: str, rows: Sequence[ShipRow]) -> str:
    """Name the supplier's own product that was scanned, if it is one."""
    sellers = {row.line.product.supplier_id for row in rows}
    name = db.session.scalar(
        sa.select(Product.name)
        .join(ProductGtin, ProductGtin.product_id == Product.id)
        .where(Product.supplier_id.in_(sellers), ProductGtin.gtin == gtin)
        .order_by(Product.id)
        .limit(1)
    )
    if name is None:
        return str(_("This code is of no product on the order."))
    return str(_("This code is of %(name)s, which is not on the order.", name=name))


def _filled(row: ShipRow, read: Scan) -> ShipRow:
    expiry = read.expiry.isoformat() if read.expiry else row.expiry
    return replace(row, lot=read.lot or row.lot, expiry=expiry)


def _doubt(read: Scan) -> str | None:
    return read.problems[0].message if read.problems else None
