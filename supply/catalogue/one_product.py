"""A product written by hand: by the same rules as a row of a catalogue file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import text
from supply.accounts.models import Supplier
from supply.actor import Actor
from supply.catalogue.finding import needles
from supply.catalogue.importing.products import import_catalogue
from supply.catalogue.importing.reading import OPTIONAL, REQUIRED
from supply.catalogue.models import Product
from supply.db import db
from supply.refusals import InvalidInput
from supply.tables import FaultyTable, Row, Table

COLUMNS = frozenset((*REQUIRED, *OPTIONAL))


def add_product(
    supplier: Supplier, cells: Mapping[str, str], *, actor: Actor, now: dt.datetime
) -> int:
    """Add a product to ``supplier``'s catalogue; return its id.

    ``cells`` are those of a row of a catalogue file, by column; what is not named is empty.

    Raises:
        InvalidInput: every cell that cannot be, by column; a SKU that is there already.
    """
    sku = text.code(cells.get("sku", ""))
    taken = db.session.scalar(
        sa.select(Product.sku).where(
            Product.supplier_id == supplier.id, Product.sku_key == text.fold(sku)
        )
    )
    if sku and taken is not None:
        message = _("You have a product with the SKU %(sku)s already.", sku=taken)
        raise InvalidInput(("sku", message))
    return _take(supplier, {**cells, "sku": sku}, actor, now)


def change_product(
    product: Product, cells: Mapping[str, str], *, actor: Actor, now: dt.datetime
) -> int:
    """Give a product other facts; its SKU stays. Return its id; raises as `add_product`."""
    kept = {
        "sku": product.sku,
        **_needle_read_anew(product, cells),
    }
    return _take(product.supplier, {**cells, **kept}, actor, now)


def _needle_read_anew(product: Product, cells: Mapping[str, str]) -> dict[str, str]:
    """Return blank cells for what was read from the old name and stands there as it was."""
    kept = needles.Needle(product.needle_gauge, product.needle_length)
    stands = needles.Needle(
        needles.gauge_in(cells.get("needle_gauge", "")),
        needles.length_in(cells.get("needle_length", "")),
    )
    read = needles.read_needle(product.name, product.category, product.kind)
    return dict.fromkeys(needles.COLUMNS, "") if kept == stands == read else {}


def _take(supplier: Supplier, cells: Mapping[str, str], actor: Actor, now: dt.datetime) -> int:
    kept = {name: text.clean(cell) for name, cell in cells.items()}
    if faults := list(_unkept(kept)):
        raise InvalidInput(*faults)
    table = Table(COLUMNS, [Row(1, kept)])
    try:
        import_catalogue(table, supplier, actor=actor, now=now)
    except FaultyTable as faulty:
        raise InvalidInput(*((fault.column, fault.message) for fault in faulty.errors)) from faulty
    written = sa.select(Product.id).where(
        Product.supplier_id == supplier.id, Product.sku == kept["sku"]
    )
    return db.session.scalars(written).one()


def _unkept(cells: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, cell in cells.items():
        if text.has_control(cell):
            yield name, _("This holds characters that cannot be kept. Type it anew.")
