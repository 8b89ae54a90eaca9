"""What other suppliers sell that does for a product, the cheapest by the unit first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic, Supplier
from supply.catalogue import offers
from supply.catalogue.finding.sheets import Bits, Sheet, places_in, sheets
from supply.catalogue.finding.values import gauge_value, length_value
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.offered import offered_to, seen_by
from supply.catalogue.offers import Offer
from supply.catalogue.product_page.rules import (
    Contents,
    do_for_one_another,
    main_parts,
    substance,
)
from supply.catalogue.rules import Ingredient
from supply.db import db

LISTED = 10
"""Alternatives shown."""

LOOKED_AT = 200
"""Products of the same kind that are compared in full; more than a page can use."""


def alternatives(clinic: Clinic, product: Product, now: dt.datetime, today: dt.date) -> list[Offer]:
    """Return what the clinic may buy instead, by the price of a unit in its currency.

    What has no price there comes last. A fixed number of statements.
    """
    found = _found(clinic, product)
    prices = offers.prices_of(clinic, found, today)
    rows = offers.offers(clinic, found, prices, now, today)
    return sorted(rows, key=_by_price)[:LISTED]


def _by_price(offer: Offer) -> tuple[bool, Decimal, str, int]:
    each = offer.unit_price
    return each is None, each or Decimal(0), offer.product.name, offer.product.id


def _found(clinic: Clinic, product: Product) -> Sequence[Product]:
    contents = contents_of(product)
    alike = set(_alike(clinic.practice_id, product, contents))
    same = set(_same_goods(clinic.practice_id, product))
    wanted = sorted(same) + sorted(alike - same)[:LOOKED_AT]
    return [
        other
        for other in _products(wanted)
        if other.id in same or do_for_one_another(contents, contents_of(other))
    ]


def contents_of(product: Product) -> Contents:
    """Return what a product is compared by."""
    return Contents(
        name=product.name,
        category=product.category,
        unit=product.unit,
        gauge=product.needle_gauge,
        length=product.needle_length,
        parts=tuple(Ingredient(part.name, part.strength) for part in product.ingredients),
        allergens=frozenset(row.allergen for row in product.allergens),
    )


def _alike(practice_id: int, product: Product, contents: Contents) -> Iterable[int]:
    """Yield other suppliers' products with the same category and needle or ingredients."""
    rows = db.session.execute(
        sa.select(Supplier.id, Supplier.catalogue_edition)
        .where(seen_by([practice_id]), Supplier.id != product.supplier_id)
        .order_by(Supplier.id)
    )
    for sheet in sheets().of({row.id: row.catalogue_edition for row in rows}).values():
        for place in places_in(_bits(sheet, contents)):
            yield sheet.order[place][1]


def _bits(sheet: Sheet, contents: Contents) -> Bits:
    having = sheet.having
    bits = having.get("category", {}).get(contents.category, 0)
    if contents.gauge:
        bits &= having.get("gauge", {}).get(gauge_value(contents.gauge), 0)
        if contents.length:
            bits &= having.get("length", {}).get(length_value(contents.length), 0)
        return bits
    parts = main_parts(contents.parts)
    for part in parts:
        if not bits:
            break
        bits &= _with(having.get("ingredient", {}), substance(part.name))
    return bits if parts else 0


def _with(ingredients: Mapping[str, Bits], wanted: tuple[str, ...]) -> Bits:
    bits = 0
    for value, some in ingredients.items():
        if substance(value) == wanted:
            bits |= some
    return bits


def _same_goods(practice_id: int, product: Product) -> Collection[int]:
    """Return other suppliers' products that carry one of the product's own barcodes."""
    gtins = [row.gtin for row in product.gtins]
    if not gtins:
        return ()
    return db.session.scalars(
        sa.select(ProductGtin.product_id)
        .join(Product, Product.id == ProductGtin.product_id)
        .where(
            ProductGtin.gtin.in_(gtins),
            Product.supplier_id != product.supplier_id,
            Product.withdrawn_at.is_(None),
            Product.unit == product.unit,
            offered_to(practice_id),
        )
        .distinct()
    ).all()


def _products(product_ids: Sequence[int]) -> Sequence[Product]:
    if not product_ids:
        return ()
    return db.session.scalars(
        sa.select(Product)
        .options(
            joinedload(Product.supplier),
            selectinload(Product.ingredients),
            selectinload(Product.allergens),
        )
        .where(Product.id.in_(product_ids))
        .order_by(Product.id)
    ).all()
