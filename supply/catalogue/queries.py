"""Reading the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply import searching
from supply.accounts.models import Practice, Supplier
from supply.catalogue.models import Price, Product, ProductIngredient
from supply.catalogue.offered import offered_to
from supply.catalogue.rules import PriceRow
from supply.db import Key, db, execute
from supply.money import currency_of_zone

_PRICE_COLUMNS = (
    Price.product_id,
    Price.practice_id,
    Price.currency,
    Price.valid_from,
    Price.from_packs,
    Price.pack_minor,
    Price.valid_to,
)

_EVERYTHING = (
    joinedload(Product.supplier),
    selectinload(Product.concerns),
    selectinload(Product.ingredients),
    selectinload(Product.allergens),
    selectinload(Product.gtins),
    selectinload(Product.opening_rules),
)


def prices_for(
    product_ids: Collection[int], practice_id: int | None, currency: str, on: dt.date
) -> dict[int, list[PriceRow]]:
    """Return by product every price valid on the day, the practice's own and the list's.

    One query; pick with :func:`supply.catalogue.rules.pack_price`. Products without a price
    in ``currency`` are absent.
    """
    asked = {
        "product_ids": list(product_ids), "practice_id": practice_id, "currency": currency, "on": on
    }  # fmt: skip
    found: dict[int, list[PriceRow]] = {}
    for row in db.session.execute(_prices_for(), asked):
        found.setdefault(row.product_id, []).append(PriceRow(*row))
    return found


@cache
def _prices_for() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*_PRICE_COLUMNS)
        .where(
            Price.product_id.in_(sa.bindparam("product_ids", expanding=True)),
            Price.currency == sa.bindparam("currency"),
            Price.valid_from <= sa.bindparam("on"),
            sa.or_(Price.valid_to.is_(None), Price.valid_to >= sa.bindparam("on")),
            sa.or_(Price.practice_id.is_(None), Price.practice_id == sa.bindparam("practice_id")),
        )
        .order_by(Price.product_id, Price.id)
    )


def product_sold(practice_id: int, product_id: int) -> Product | None:
    """Return a product the practice may see with all its facts, withdrawn ones too, or None."""
    return db.session.scalar(
        sa.select(Product)
        .options(*_EVERYTHING)
        .where(Product.id == product_id, offered_to(practice_id))
    )


def product_of(supplier_id: int, product_id: int) -> Product | None:
    """Return a product of the supplier with all its facts; None for another's."""
    return db.session.scalar(
        sa.select(Product)
        .options(*_EVERYTHING)
        .where(Product.id == product_id, Product.supplier_id == supplier_id)
    )


def price_history(product_id: int) -> list[Price]:
    """Return every price of a product, the newest first."""
    return list(
        db.session.scalars(
            sa.select(Price)
            .where(Price.product_id == product_id)
            .order_by(Price.valid_from.desc(), Price.currency, Price.from_packs, Price.id)
        )
    )


def practices_with_prices(supplier_id: int) -> list[Practice]:
    """Return the practices that the supplier has prices of their own for, by name."""
    priced = (
        sa.select(Price.practice_id)
        .join(Product, Product.id == Price.product_id)
        .where(Product.supplier_id == supplier_id, Price.practice_id.is_not(None))
    )
    found = sa.select(Practice).where(Practice.id.in_(priced)).order_by(Practice.name)
    return list(db.session.scalars(found))


def list_prices(product_ids: Collection[int], on: dt.date) -> dict[int, dict[str, PriceRow]]:
    """Return by product and currency the list price of one pack in force."""
    rows = db.session.execute(
        sa.select(*_PRICE_COLUMNS).where(
            Price.product_id.in_(product_ids),
            Price.practice_id.is_(None),
            Price.from_packs == 1,
            Price.valid_from <= on,
            sa.or_(Price.valid_to.is_(None), Price.valid_to >= on),
        )
    )
    latest: dict[int, dict[str, PriceRow]] = {}
    for row in sorted((PriceRow(*row) for row in rows), key=lambda price: price.valid_from):
        latest.setdefault(row.product_id, {})[row.currency] = row
    return latest


@dataclass(frozen=True, slots=True)
class Rival:
    """As much of a product as says what a unit of it costs, beside others of its SKU."""

    id: int
    sku: str
    minimum_order_packs: int
    pack_quantity: Decimal


def offers_of(practice_id: int, skus: Collection[str]) -> list[Rival]:
    """Return what the practice is offered under these SKUs, by whomever."""
    asked = {"skus": list(skus), "practice_id": practice_id}
    return [
        Rival(
            row.id,
            row.sku,
            row.minimum_order_packs,
            row.content_per_container * row.containers_per_pack,
        )
        for row in execute(_offers_of(), asked)
    ]


@cache
def _offers_of() -> sa.Select[int, str, int, Decimal, int]:
    return (
        sa.select(
            Product.id,
            Product.sku,
            Product.minimum_order_packs,
            Product.content_per_container,
            Product.containers_per_pack,
        )
        .where(
            Product.sku.in_(sa.bindparam("skus", expanding=True)),
            Product.withdrawn_at.is_(None),
            offered_to(sa.bindparam("practice_id", type_=Key)),
        )
        .order_by(Product.id)
    )


def strengths_of(product_ids: Collection[int]) -> dict[int, str]:
    """Return by product what is in it by the label in one line; absent where none is printed."""
    named: dict[int, dict[str, None]] = {}
    for row in execute(_strengths(), {"product_ids": list(product_ids)}):
        named.setdefault(row.product_id, {})[f"{row.name} {row.strength}"] = None
    return {product_id: "; ".join(parts) for product_id, parts in named.items()}


@cache
def _strengths() -> sa.Select[int, str, str]:
    part = ProductIngredient
    return (
        sa.select(part.product_id, part.name, part.strength)
        .where(
            part.product_id.in_(sa.bindparam("product_ids", expanding=True)), part.strength != ""
        )
        .order_by(part.product_id, part.position)
    )


@dataclass(frozen=True, slots=True)
class SupplierPage:
    """A page of a supplier's products and how many match."""

    products: list[Product]
    total: int


def products_of_supplier(
    supplier_id: int, *, q: str = "", withdrawn: bool = False, start: int = 0, limit: int = 50
) -> SupplierPage:
    """Return the supplier's products by name, those that every word of ``q`` is in."""
    conditions: list[sa.ColumnElement[bool]] = [
        Product.supplier_id == supplier_id,
        Product.withdrawn_at.is_not(None) if withdrawn else Product.withdrawn_at.is_(None),
    ]
    conditions += [searching.mentions(Product.searched, word) for word in searching.wanted(q)]
    products = db.session.scalars(
        sa.select(Product)
        .where(*conditions)
        .order_by(Product.name, Product.id)
        .offset(start)
        .limit(limit)
    ).all()
    total = db.session.scalar(sa.select(sa.func.count()).select_from(Product).where(*conditions))
    return SupplierPage(list(products), total or 0)


def usual_currency(supplier: Supplier) -> str:
    """Return the currency most of the supplier's list prices are in, else that of its country."""
    usual = db.session.scalar(
        sa.select(Price.currency)
        .join(Product, Product.id == Price.product_id)
        .where(Product.supplier_id == supplier.id, Price.practice_id.is_(None))
        .group_by(Price.currency)
        .order_by(sa.func.count().desc(), Price.currency)
        .limit(1)
    )
    return usual or currency_of_zone(supplier.timezone) or "EUR"


def count_products(supplier_ids: Collection[int]) -> dict[int, int]:
    """Return by supplier how many products it sells; those that sell none are absent."""
    rows = db.session.execute(
        sa.select(Product.supplier_id, sa.func.count())
        .where(Product.supplier_id.in_(supplier_ids), Product.withdrawn_at.is_(None))
        .group_by(Product.supplier_id)
    )
    return {row[0]: row[1] for row in rows}
