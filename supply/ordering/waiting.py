"""How many orders wait for an owner's decision: a count for the menu."""

from __future__ import annotations

import sqlalchemy as sa

from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.web.waiting import DECIDED, Count, counts


@counts("today.index")
def to_approve() -> Count:
    """Count the orders that wait for this person, at all the clinics they decide for."""
    return (
        sa.select(sa.func.count(PurchaseOrder.id))
        .where(
            PurchaseOrder.clinic_id.in_(DECIDED),
            PurchaseOrder.stage == Stage.AWAITING_APPROVAL,
        )
        .scalar_subquery()
    )
