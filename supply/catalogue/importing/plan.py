"""What taking a supplier's file would change: worked out before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.catalogue import rules
from supply.catalogue.finding import needles
from supply.catalogue.importing.reading import ProductFacts
from supply.catalogue.models import (
    Price,
    Product,
    ProductAllergen,
    ProductConcern,
    ProductGtin,
    ProductIngredient,
    ProductOpeningRule,
)
from supply.catalogue.successors import fault_of, links_of
from supply.db import Base, db
from supply.money import Money
from supply.quantity import as_text
from supply.tables import Fault
from supply.text import fold

CHUNK = 500
"""Keys in one IN (…) list, well under what a database allows."""

FIXED_ONCE_USED = ("unit", "content_per_container")
"""What a practice's items and lots have copied from a product."""

# The inventory room lies above this one: only its table is known here, by name.
_item_product = sa.table("item_product", sa.column("product_id", sa.BigInteger))


@dataclass(slots=True)
class Known:
    """What is on file for one product, shaped as a row would say it."""

    id: int
    columns: dict[str, Any]
    concerns: list[str] = field(default_factory=list)
    allergens: list[str] = field(default_factory=list)
    ingredients: list[rules.Ingredient] = field(default_factory=list)
    opening_hours: int | None = None
    gtins: dict[str, int] = field(default_factory=dict)
    """How many containers each GTIN stands for."""
    prices: list[rules.PriceRow] = field(default_factory=list)
    successor: str = ""
    """The SKU of what replaces it."""


@dataclass(slots=True)
class Plan:
    """What taking the file means."""

    added: list[ProductFacts] = field(default_factory=list)
    changed: list[tuple[Known, ProductFacts]] = field(default_factory=list)
    priced: list[ProductFacts] = field(default_factory=list)


def known_products(supplier_id: int) -> dict[str, Known]:
    """Return the supplier's products by SKU, in as many queries as there are tables."""
    table = Product.__table__
    rows = db.session.execute(sa.select(table).where(table.c.supplier_id == supplier_id))
    by_sku = {row["sku"]: Known(row["id"], dict(row)) for row in rows.mappings()}
    by_id = {product.id: product for product in by_sku.values()}
    for concern in _children(ProductConcern, supplier_id):
        by_id[concern.product_id].concerns.append(concern.concern)
    for allergen in _children(ProductAllergen, supplier_id):
        by_id[allergen.product_id].allergens.append(allergen.allergen)
    for part in _children(ProductIngredient, supplier_id, ProductIngredient.position):
        by_id[part.product_id].ingredients.append(rules.Ingredient(part.name, part.strength))
    for rule in _children(ProductOpeningRule, supplier_id):
        if rule.storage is None:
            by_id[rule.product_id].opening_hours = rule.hours
    for gtin in _children(ProductGtin, supplier_id):
        by_id[gtin.product_id].gtins[gtin.gtin] = gtin.containers
    for price in _children(Price, supplier_id):
        by_id[price.product_id].prices.append(price_row(price))
    for sku, successor in links_of(supplier_id).items():
        by_sku[sku].successor = successor
    return by_sku


def _children(
    model: type[Base], supplier_id: int, order: sa.orm.InstrumentedAttribute[int] | None = None
) -> Sequence[sa.Row[Any]]:
    table = model.__table__
    statement = sa.select(table).join(Product, Product.id == table.c.product_id)
    statement = statement.where(Product.supplier_id == supplier_id)
    return db.session.execute(statement.order_by(order if order is not None else table.c.id)).all()


def price_row(price: Price | sa.Row[Any]) -> rules.PriceRow:
    """Return a stored price as the rules take it."""
    return rules.PriceRow(
        price.product_id,
        price.practice_id,
        price.currency,
        price.valid_from,
        price.from_packs,
        price.pack_minor,
        price.valid_to,
    )


def plan_for(facts: Sequence[ProductFacts], known: Mapping[str, Known], today: dt.date) -> Plan:
    """Return which products the file adds, changes, and gives another price today."""
    plan = Plan()
    for row in facts:
        found = known.get(row.sku)
        product = _with_needle(row, found)
        if found is None:
            plan.added.append(product)
        elif differences(found, product):
            plan.changed.append((found, product))
        if product.price and _list_price(found, product.price, today) != product.price.minor:
            plan.priced.append(product)
    return plan


def _with_needle(product: ProductFacts, known: Known | None) -> ProductFacts:
    """Return the row with its needle, read from its words where the file does not say it.

    A column that the file lacks leaves what the supplier set; a blank cell is read anew.
    """
    missing = [name for name in needles.COLUMNS if name not in product.columns]
    said = {name: product.columns.get(name) for name in needles.COLUMNS}
    read = needles.read_needle(
        product.columns["name"], product.columns["category"], product.columns["kind"]
    ).columns
    if known and missing:
        read |= {
            name: value
            for name, value in needles.followed(known.columns, product.columns).items()
            if name in missing
        }
    needle = {name: read[name] if value is None else value for name, value in said.items()}
    return replace(product, columns={**product.columns, **needle})


def differences(known: Known, product: ProductFacts) -> dict[str, tuple[str, str]]:
    """Return what ``product`` would change, as field -> (before, after) in words."""
    before = {name: known.columns[name] for name in product.columns}
    after = dict(product.columns)
    before |= {
        "concerns": tuple(sorted(known.concerns)),
        "allergens": tuple(sorted(known.allergens)),
        "ingredients": tuple(known.ingredients),
        "opening_hours": known.opening_hours,
    }
    after |= {
        "concerns": product.concerns,
        "allergens": product.allergens,
        "ingredients": product.ingredients,
        "opening_hours": product.opening_hours,
    }
    if product.successor is not None:
        before["successor"], after["successor"] = known.successor, product.successor
    if product.gtin:
        before["gtin"], after["gtin"] = "", ""
        if product.gtin not in known.gtins:
            after["gtin"] = product.gtin
        # The GTIN a row names is its pack's: it stands for as many containers as the pack holds.
        before["gtin_containers"] = known.gtins.get(product.gtin, after["containers_per_pack"])
        after["gtin_containers"] = after["containers_per_pack"]
    return {
        name: (_said(before[name]), _said(value))
        for name, value in after.items()
        if before[name] != value
    }


def _said(value: Any) -> str:
    """Return a value in words, as a file writes it."""
    if isinstance(value, tuple):
        return "; ".join(map(_said, value))
    if isinstance(value, rules.Ingredient):
        return f"{value.name} {value.strength}".strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return as_text(value)
    return "" if value is None else str(value)


def _list_price(known: Known | None, price: Money, today: dt.date) -> int | None:
    rows = known.prices if known else []
    return rules.pack_price(rows, None, price.currency, 1, today)


def gtin_faults(facts: Iterable[ProductFacts], known: Mapping[str, Known]) -> Iterable[Fault]:
    """Yield the rows whose GTIN is that of another product of the supplier."""
    holders = {gtin: sku for sku, product in known.items() for gtin in product.gtins}
    for product in facts:
        holder = holders.get(product.gtin or "", product.sku)
        if holder != product.sku:
            message = _("Your product %(sku)s has this GTIN already.", sku=holder)
            yield Fault(product.row, "gtin", message)


def with_successors(
    facts: Sequence[ProductFacts], known: Mapping[str, Known]
) -> tuple[list[ProductFacts], list[Fault]]:
    """Return the rows with their successors' SKUs as they are on file, and what is wrong.

    A successor is a product on file or of a row; none leads back to where one came from.
    """
    spelled = {fold(sku): sku for sku in (*(row.sku for row in facts), *known)}
    links = {sku: product.successor for sku, product in known.items() if product.successor}
    read = [
        replace(row, successor=spelled.get(fold(row.successor), "")) if row.successor else row
        for row in facts
    ]
    said = {row.sku: row.successor for row in read if row.successor is not None}
    links = {sku: to for sku, to in {**links, **said}.items() if to}
    faults = []
    for typed, row in zip(facts, read, strict=True):
        fault = fault_of(row.sku, row.successor or None, links) if typed.successor else None
        if fault:
            faults.append(Fault(row.row, "successor", fault))
    return read, faults


def fixed_faults(plan: Plan) -> Iterable[Fault]:
    """Yield the rows that would change what practices have copied from the product."""
    wanting = {
        known.id: (product, name)
        for known, product in plan.changed
        for name in FIXED_ONCE_USED
        if known.columns[name] != product.columns[name]
    }
    for product_id in products_in_use(list(wanting)):
        product, name = wanting[product_id]
        message = _("Practices keep this product already. Give what changed a new SKU.")
        yield Fault(product.row, name, message)


def products_in_use(product_ids: Sequence[int]) -> list[int]:
    """Return those of ``product_ids`` that some practice has made an item of."""
    found: list[int] = []
    for start in range(0, len(product_ids), CHUNK):
        some = product_ids[start : start + CHUNK]
        column = _item_product.c.product_id
        found += db.session.scalars(sa.select(column).where(column.in_(some)).distinct())
    return found
