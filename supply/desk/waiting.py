"""What waits at a supplier to be answered: a count for the menu."""

from __future__ import annotations

import sqlalchemy as sa

from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.web.waiting import HERE, Count, counts


@counts("desk.orders")
def to_acknowledge() -> Count:
    """Count the orders a supplier has not answered."""
    return (
        sa.select(sa.func.count(PurchaseOrder.id))
        .where(PurchaseOrder.supplier_id == HERE, PurchaseOrder.stage == Stage.PLACED)
        .scalar_subquery()
    )
