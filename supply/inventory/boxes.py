"""Boxes of a practice: which of its items the code on one means, and what stands in the way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import Scan, scan
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.offered import offered_to
from supply.db import db
from supply.inventory.labels import is_code, problem_with
from supply.inventory.queries import item_of_gtin
from supply.items.models import Item, ItemGtin, ItemProduct, Location
from supply.items.terms import LocationKind
from supply.text import fold, whole

NO_FIELD_HOLDS = 8
"""Characters of a code at least; fewer are something typed into a field."""


@dataclass(frozen=True, slots=True)
class Box:
    """What a code says of a box. With a ``fault`` nothing of it is to be filled in.

    ``doubt`` is what a person has to check or add, though the rest was read.
    """

    read: Scan
    sku: str = ""
    """The item's code; of a product that the practice did not stock yet, its SKU."""
    name: str = ""
    fault: str | None = None
    doubt: str | None = None

    @property
    def expiry(self) -> str:
        """The expiry as forms write it; "" where the code has none."""
        return self.read.expiry.isoformat() if self.read.expiry else ""


def read_box(practice_id: int, code: str, today: dt.date) -> Box:
    """Return the item of the practice behind a scanned code, and what else the code says."""
    read = scan(code, today=today)
    if fault := problem_with(code, read):
        return Box(read, fault=fault)
    if read.gtin is None and read.item is None:
        return Box(read, fault=str(_("“%(text)s” is no product's code.", text=code[:80])))
    found = named(practice_id, read)
    if found is None:
        return Box(read, fault=no_item(read))
    return Box(read, *found, doubt=doubt(read))


def named(practice_id: int, read: Scan) -> tuple[str, str] | None:
    """Return code and name of the item that a code was read to mean.

    Where the practice has no such item, those of the product offered to it: its first lot makes
    the item. Of several products with that GTIN none is picked.
    """
    item = item_behind(practice_id, read)
    if item is not None:
        return item.code, item.name
    if read.gtin is None:
        return None
    found = db.session.execute(
        sa.select(Product.sku, Product.name)
        .join(ProductGtin, ProductGtin.product_id == Product.id)
        .where(
            ProductGtin.gtin == read.gtin,
            Product.withdrawn_at.is_(None),
            offered_to(practice_id),
        )
        .order_by(Product.id)
        .limit(2)
    ).all()
    return (found[0].sku, found[0].name) if len(found) == 1 else None


def item_behind(practice_id: int, read: Scan) -> Item | None:
    """Return the item of the practice that a code was read to mean, if it means one."""
    if read.item is not None:
        of_code = sa.select(Item).where(
            Item.practice_id == practice_id,
            Item.code_key == fold(read.item),
            Item.archived_at.is_(None),
        )
        return db.session.scalar(of_code)
    if read.gtin is None:
        return None
    item_id = item_of_gtin(practice_id, read.gtin, read.lot)
    return db.session.get(Item, item_id) if item_id else None


def containers_of(item_id: int, read: Scan) -> int:
    """Return how many containers of an item a code stands for: of a pack or case all in it."""
    return _containers(item_id, read.gtin) * read.boxes if read.gtin else 1


def _containers(item_id: int, gtin: str) -> int:
    known = (
        sa.select(ProductGtin.containers)
        .join(ItemProduct, ItemProduct.product_id == ProductGtin.product_id)
        .where(ItemProduct.item_id == item_id, ProductGtin.gtin == gtin)
        .order_by(ItemProduct.preferred.desc(), ProductGtin.id)
        .limit(1)
    )
    linked = sa.select(ItemGtin.containers).where(
        ItemGtin.item_id == item_id, ItemGtin.gtin == gtin
    )
    return db.session.scalar(known) or db.session.scalar(linked) or 1


def packs_in(practice_id: int, read: Scan) -> int:
    """Return how many packs of what it is usually bought as a code stands for; one at least.

    A case's are several; a single vial's names its pack.
    """
    item = item_behind(practice_id, read)
    if item is None:
        offered = _offered(practice_id, read.gtin)
        return max(1, offered[0] * read.boxes // offered[1]) if offered else 1
    in_pack = db.session.scalar(
        sa.select(Product.containers_per_pack)
        .join(ItemProduct, ItemProduct.product_id == Product.id)
        .where(ItemProduct.item_id == item.id)
        .order_by(ItemProduct.preferred.desc(), Product.id)
        .limit(1)
    )
    return max(1, containers_of(item.id, read) // (in_pack or 1))


def containers_in(practice_id: int, read: Scan) -> int:
    """Return how many containers a code stands for, of an item or of what may become one."""
    if item := item_behind(practice_id, read):
        return containers_of(item.id, read)
    offered = _offered(practice_id, read.gtin)
    return offered[0] * read.boxes if offered else 1


def _offered(practice_id: int, gtin: str | None) -> tuple[int, int] | None:
    """Return how many containers carry a GTIN, and how many are in a pack, of what is offered."""
    row = db.session.execute(
        sa.select(ProductGtin.containers, Product.containers_per_pack)
        .join(Product, Product.id == ProductGtin.product_id)
        .where(ProductGtin.gtin == gtin, offered_to(practice_id))
        .order_by(Product.id)
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def place_behind(clinic: Clinic, read: Scan) -> Location | None:
    """Return the clinic's location that a code on one of our labels names, if it is in use."""
    code, _slash, number = (read.place or "").rpartition("/")
    if fold(code) != fold(clinic.code) or whole(number) is None:
        return None
    found = db.session.get(Location, int(number))
    if found is None or found.clinic_id != clinic.id or found.archived_at is not None:
        return None
    return found if found.kind is LocationKind.SHELF else None


def linked(practice_id: int, gtin: str | None) -> tuple[int, int] | None:
    """Return the item that the practice linked a GTIN to, and how many containers carry it."""
    row = db.session.execute(
        sa.select(ItemGtin.item_id, ItemGtin.containers).where(
            ItemGtin.practice_id == practice_id, ItemGtin.gtin == gtin
        )
    ).one_or_none()
    return (row.item_id, row.containers) if row else None


def no_item(read: Scan) -> str:
    """Say that the practice has no item of a code."""
    if read.item is not None:
        return str(_("You have no item %(code)s.", code=read.item))
    if read.gtin is None:
        return str(_("This code names no product. Enter the item code, the lot and the expiry."))
    return str(_("No item of yours has the code %(gtin)s. Enter the item code.", gtin=read.gtin))


def doubt(read: Scan) -> str | None:
    """Return what is to be checked of a code that was read."""
    if read.problems:
        return read.problems[0].message
    if read.lot is None:
        return str(_("This code names no lot. Enter the lot printed on the box."))
    return None


def holds_code(text: str, today: dt.date) -> bool:
    """Return whether a field for something else holds the scanned code of a product."""
    if len(text) < NO_FIELD_HOLDS:
        return False
    read = scan(text, today=today)
    return (read.gtin or read.item) is not None and is_code(text, read)
