"""How many payments a supplier has not answered: a count for the menu."""

from __future__ import annotations

import sqlalchemy as sa

from supply.settling.models import BankPayment
from supply.settling.terms import PaymentState
from supply.web.waiting import HERE, Count, counts


@counts("settling.supplier_accounts")
def to_confirm() -> Count:
    """Count the payments that practices say they made."""
    return (
        sa.select(sa.func.count(BankPayment.id))
        .where(BankPayment.supplier_id == HERE, BankPayment.state == PaymentState.ANNOUNCED)
        .scalar_subquery()
    )
