"""Products by SKUs as people type them: in any case, with spaces or without."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from supply.catalogue.models import Product
from supply.db import db
from supply.text import fold


def products_named(supplier_id: int, skus: Collection[str]) -> dict[str, Product]:
    """Return a supplier's products by ``skus`` as typed, withdrawn ones too; unknown are absent.

    Where two differ by a space alone, the one typed so is meant, and none where neither is.
    """
    bare = sa.func.replace(Product.sku_key, " ", "")
    query = sa.select(Product).where(
        Product.supplier_id == supplier_id, bare.in_({_bare(sku) for sku in skus})
    )
    found = db.session.scalars(query.order_by(Product.id)).all()
    meant = {sku: _meant(sku, found) for sku in skus}
    return {sku: product for sku, product in meant.items() if product is not None}


def _meant(sku: str, found: Collection[Product]) -> Product | None:
    near = [product for product in found if _bare(product.sku) == _bare(sku)]
    same = [product for product in near if product.sku_key == fold(sku)]
    return same[0] if same else near[0] if len(near) == 1 else None


def _bare(sku: str) -> str:
    return fold(sku).replace(" ", "")
