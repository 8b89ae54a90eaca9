"""What replaces a product: named by its supplier, and found for whoever still asks for the old one.

Nothing is chosen for anybody: pages say what replaces a product, and people order that instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import aliased, joinedload

from supply.catalogue import rules
from supply.catalogue.models import Product, ProductSuccessor
from supply.db import Key, db
from supply.text import fold

LONGEST_CHAIN = 20
"""Successors of successors that are followed."""


def successor_of(product_id: int) -> Product | None:
    """Return what its supplier has named as the successor of a product."""
    return db.session.scalar(
        sa.select(Product)
        .join(ProductSuccessor, ProductSuccessor.successor_id == Product.id)
        .where(ProductSuccessor.product_id == product_id)
    )


def replacements(products: Iterable[Product]) -> dict[int, Product]:
    """Return what to order instead of those of ``products`` that are no longer sold, by id.

    Of a chain of successors the first one that is sold; a product that none replaces is absent.
    One statement, and none where everything is sold.
    """
    gone = sorted({product.id for product in products if product.withdrawn_at is not None})
    if not gone:
        return {}
    return {row.start: row.Product for row in db.session.execute(_replacing(), {"gone": gone})}


@cache
def _replacing() -> sa.Select[*tuple[Any, ...]]:
    link, passed = aliased(ProductSuccessor), aliased(Product)
    chain = (
        sa.select(
            ProductSuccessor.product_id.label("start"),
            ProductSuccessor.successor_id.label("id"),
            sa.literal(1).label("steps"),
        )
        .where(ProductSuccessor.product_id.in_(sa.bindparam("gone", type_=Key, expanding=True)))
        .cte("chain", recursive=True)
    )
    chain = chain.union_all(
        sa.select(chain.c.start, link.successor_id, chain.c.steps + 1)
        .join(link, link.product_id == chain.c.id)
        .join(passed, passed.id == chain.c.id)
        .where(passed.withdrawn_at.is_not(None), chain.c.steps < LONGEST_CHAIN)
    )
    return (
        sa.select(chain.c.start, Product)
        .options(joinedload(Product.supplier))
        .join(Product, Product.id == chain.c.id)
        .where(Product.withdrawn_at.is_(None))
    )


def links_of(supplier_id: int) -> dict[str, str]:
    """Return the SKU of each product's successor, by SKU."""
    old, new = aliased(Product), aliased(Product)
    rows = db.session.execute(
        sa.select(old.sku, new.sku)
        .join(ProductSuccessor, ProductSuccessor.product_id == old.id)
        .join(new, new.id == ProductSuccessor.successor_id)
        .where(old.supplier_id == supplier_id)
    )
    return {row[0]: row[1] for row in rows}


def find_sku(skus: Iterable[str], said: str) -> str | None:
    """Return the one of ``skus`` that ``said`` is, in whatever case and width it is written."""
    wanted = fold(said)
    return next((sku for sku in skus if fold(sku) == wanted), None)


def fault_of(sku: str, successor: str | None, links: Mapping[str, str]) -> str | None:
    """Return why ``successor`` (None: no such product) cannot follow ``sku``; None if it can."""
    if successor is None:
        return str(_("You have no product with this SKU."))
    if successor == sku:
        return str(_("A product is not its own successor."))
    if rules.leads_back({**links, sku: successor}, sku):
        return str(_("That product is replaced by this one in its turn."))
    return None


def name_successor(product: Product, successor: Product | None) -> None:
    """Let ``successor``, of the same supplier, replace the product, or (None) nothing."""
    link = db.session.get(ProductSuccessor, product.id)
    if successor is None:
        if link is not None:
            db.session.delete(link)
    elif link is None:
        db.session.add(ProductSuccessor(product_id=product.id, successor_id=successor.id))
    else:
        link.successor_id = successor.id
    db.session.flush()
