"""What a line of a formulation can be of: the practice's items, and what it could buy.

What is bought becomes an item when it is first saved in a line; until then it is known by the
product it would be made from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to, sold_by_own
from supply.catalogue.rules import is_injectable
from supply.catalogue.search import Search, search_products
from supply.catalogue.terms import Dose
from supply.db import db
from supply.items.models import Item, ItemProduct
from supply.quantity import Unit

MOST_FOUND = 12
"""What a search shows at most."""


@dataclass(frozen=True, slots=True)
class Good:
    """Something a line can be of; ``item_id`` is None for what is no item of the practice yet."""

    code: str
    name: str
    unit: Unit
    content: Decimal
    dose: Dose
    injectable: bool
    item_id: int | None = None
    product_ids: tuple[int, ...] = field(default=())

    @property
    def usual_quantity(self) -> Decimal:
        """What a new line starts with: one piece, a container that serves one patient, or 1."""
        return self.content if self.dose is Dose.SINGLE else Decimal(1)


def goods_of(practice_id: int, codes: Collection[str]) -> dict[str, Good]:
    """Return what ``codes`` are codes of: an item's, else the SKU of a product on sale."""
    wanted = sorted(codes)
    if not wanted:
        return {}
    items = db.session.scalars(
        sa.select(Item).where(Item.practice_id == practice_id, Item.code.in_(wanted))
    ).all()
    bought_as = _bought_as([item.id for item in items])
    found = {item.code: _of_item(item, bought_as.get(item.id, ())) for item in items}
    missing = [code for code in wanted if code not in found]
    if missing:
        found |= {product.sku: _of_product(product) for product in _sold(practice_id, missing)}
    return found


def _bought_as(item_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    rows = db.session.execute(
        sa.select(ItemProduct.item_id, ItemProduct.product_id)
        .where(ItemProduct.item_id.in_(item_ids))
        .order_by(ItemProduct.item_id, ItemProduct.product_id)
    )
    found: dict[int, tuple[int, ...]] = {}
    for row in rows:
        found[row.item_id] = (*found.get(row.item_id, ()), row.product_id)
    return found


def _sold(practice_id: int, skus: Collection[str]) -> Sequence[Product]:
    """Return the products with these SKUs, that of a supplier of the practice's own last."""
    return db.session.scalars(
        sa.select(Product)
        .where(Product.sku.in_(skus), Product.withdrawn_at.is_(None), offered_to(practice_id))
        .order_by(sold_by_own(practice_id), Product.id.desc())
    ).all()


def _of_item(item: Item, product_ids: tuple[int, ...]) -> Good:
    return Good(
        item.code,
        item.name,
        item.unit,
        item.content_per_container,
        item.dose,
        item.injectable,
        item.id,
        product_ids,
    )


def _of_product(product: Product) -> Good:
    return Good(
        product.sku,
        product.name,
        product.unit,
        product.content_per_container,
        product.dose,
        is_injectable(product.kind, product.unit),
        None,
        (product.id,),
    )


def find_goods(clinic: Clinic, text: str, concern: str, today: dt.date) -> list[Good]:
    """Return what a search by name, ingredient or concern finds; what is stocked comes first.

    Without words, what is meant for ``concern``; nothing without either.
    """
    if not text and not concern:
        return []
    wanted = Search(q=text) if text else Search(chosen={"concern": (concern,)})
    products = search_products(wanted, clinic, today=today, limit=3 * MOST_FOUND).products
    items = _items_of(clinic.practice_id, [product.id for product in products])
    codes = [items.get(product.id, product.sku) for product in products]
    known = goods_of(clinic.practice_id, set(codes))
    found = [known[code] for code in dict.fromkeys(codes) if code in known]
    return sorted(found, key=lambda good: good.item_id is None)[:MOST_FOUND]


def _items_of(practice_id: int, product_ids: Iterable[int]) -> dict[int, str]:
    """Return by product the code of the practice's item that is bought as it."""
    rows = db.session.execute(
        sa.select(ItemProduct.product_id, Item.code)
        .join(Item, Item.id == ItemProduct.item_id)
        .where(
            Item.practice_id == practice_id,
            Item.archived_at.is_(None),
            ItemProduct.product_id.in_(list(product_ids)),
        )
        .order_by(Item.id.desc())
    )
    return {row.product_id: row.code for row in rows}
