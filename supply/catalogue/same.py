"""Which products are the same thing, whoever sells it and whatever it is called there."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from supply.catalogue.models import Product, ProductGtin
from supply.db import db


def same_products(products: Collection[int], *which: sa.ColumnElement[bool]) -> set[int]:
    """Return ``products`` with all that share a GTIN, or maker and name, with one of them.

    ``which`` limits what is joined, such as to what is offered to some practices.
    """
    mine, other = sa.orm.aliased(ProductGtin), sa.orm.aliased(ProductGtin)
    by_gtin = (
        sa.select(other.product_id)
        .join(mine, mine.gtin == other.gtin)
        .where(mine.product_id.in_(products))
    )
    known, like = sa.orm.aliased(Product), sa.orm.aliased(Product)
    by_maker = (
        sa.select(like.id)
        .join(known, sa.and_(known.manufacturer == like.manufacturer, known.name == like.name))
        .where(known.id.in_(products), known.manufacturer != "")
    )
    same = sa.select(Product.id).where(
        sa.or_(Product.id.in_(by_gtin), Product.id.in_(by_maker)), *which
    )
    return {*products, *db.session.scalars(same)}
