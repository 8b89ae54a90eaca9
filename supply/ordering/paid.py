"""Telling the catalogue what a clinic last paid for a product: importing this registers it."""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.catalogue.told import Paid, paid_teller
from supply.clock import local_date
from supply.db import db, unindexed
from supply.money import Money
from supply.ordering.models import OrderLine, PurchaseOrder


@paid_teller
def last_paid(clinic: Clinic, product_id: int) -> Paid | None:
    """Return the price on the newest placed order of the clinic that was not cancelled whole."""
    asked = {"clinic_id": clinic.id, "product_id": product_id}
    row = db.session.execute(_last(), asked).first()
    if row is None:
        return None
    return Paid(
        order_id=row.id,
        number=row.number,
        on=local_date(row.placed_at, clinic.timezone),
        packs=row.packs,
        price=Money(row.pack_minor, row.currency),
        pack_quantity=row.content_per_container * row.containers_per_pack,
    )


@cache
def _last() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            PurchaseOrder.id,
            PurchaseOrder.number,
            PurchaseOrder.placed_at,
            PurchaseOrder.currency,
            OrderLine.packs,
            OrderLine.pack_minor,
            OrderLine.content_per_container,
            OrderLine.containers_per_pack,
        )
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            # One clinic's orders are fewer than those of a product by everybody.
            unindexed(OrderLine.product_id) == sa.bindparam("product_id"),
            PurchaseOrder.clinic_id == sa.bindparam("clinic_id"),
            PurchaseOrder.placed_at.is_not(None),
            OrderLine.cancelled < OrderLine.packs,
        )
        .order_by(PurchaseOrder.placed_at.desc(), PurchaseOrder.id.desc())
        .limit(1)
    )
