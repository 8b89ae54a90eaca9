"""How many orders wait for an owner's decision: a count for the menu."""

from __future__ import annotations

import sqlalchemy as sa

from supply.accounts.access import clinics_to_decide_for
from supply.accounts.models import Person
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.web import access
from supply.web.waiting import Count, Place, counts


@counts("today.index")
def to_approve(person: Person, _clinic: Place) -> Count | None:
    """Count the orders that wait for this person, at all their clinics; None for who cannot."""
    deciding = clinics_to_decide_for(person, access.clinics())
    if not deciding:
        return None
    return (
        sa.select(sa.func.count(PurchaseOrder.id))
        .where(
            PurchaseOrder.clinic_id.in_(deciding),
            PurchaseOrder.stage == Stage.AWAITING_APPROVAL,
        )
        .scalar_subquery()
    )
