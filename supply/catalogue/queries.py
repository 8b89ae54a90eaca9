"""Reading the catalogue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa

from supply.catalogue.models import Price
from supply.catalogue.rules import PriceRow
from supply.db import db


def prices_for(
    product_ids: Collection[int], practice_id: int | None, currency: str, on: dt.date
) -> dict[int, list[PriceRow]]:
    """Return by product every price valid on the day, the practice's own and the list's.

    One query; pick with :func:`supply.catalogue.rules.pack_price`. Products without a price
    in ``currency`` are absent.
    """
    rows = db.session.execute(
        sa.select(
            Price.product_id,
            Price.practice_id,
            Price.currency,
            Price.valid_from,
            Price.from_packs,
            Price.pack_minor,
        )
        .where(
            Price.product_id.in_(product_ids),
            Price.currency == currency,
            Price.valid_from <= on,
            sa.or_(Price.practice_id.is_(None), Price.practice_id == practice_id),
        )
        .order_by(Price.product_id, Price.id)
    )
    found: dict[int, list[PriceRow]] = {}
    for row in rows:
        found.setdefault(row.product_id, []).append(PriceRow(*row))
    return found
