"""How many orders wait for somebody's decision at the clinics: a count for the menu."""

from __future__ import annotations

import sqlalchemy as sa

from supply.ordering.models import PurchaseOrder
from supply.ordering.queries import written_by_supplier
from supply.ordering.terms import Stage
from supply.web.waiting import DECIDED, ORDERED_FOR, Count, counts


@counts("today.index")
def to_approve() -> Count:
    """Count the orders that wait for this person, at all their clinics.

    Over a limit where they decide, and what suppliers wrote where they order.
    """
    return (
        sa.select(sa.func.count(PurchaseOrder.id))
        .where(
            sa.or_(
                sa.and_(
                    PurchaseOrder.clinic_id.in_(DECIDED),
                    PurchaseOrder.stage == Stage.AWAITING_APPROVAL,
                ),
                sa.and_(PurchaseOrder.clinic_id.in_(ORDERED_FOR), *written_by_supplier()),
            )
        )
        .scalar_subquery()
    )
