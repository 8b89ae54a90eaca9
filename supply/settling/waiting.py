"""What waits on accounts: counts for the menus of both sides."""

from __future__ import annotations

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.invoicing.models import Invoice
from supply.open_items.models import BankPayment, OpenItem
from supply.open_items.terms import ItemKind, PaymentState
from supply.ordering.models import PurchaseOrder
from supply.web.waiting import HERE, REACHED, TODAY, UNLIMITED, Count, counts


@counts("settling.practice_accounts")
def overdue() -> Count:
    """Count the practice's accounts on which an invoice is overdue, of those the person sees."""
    practice = sa.select(Clinic.practice_id).where(Clinic.id == HERE).scalar_subquery()
    seen = (
        sa.select(Invoice.id)
        .join(PurchaseOrder, PurchaseOrder.id == Invoice.order_id)
        .where(PurchaseOrder.clinic_id.in_(REACHED))
    )
    late = (
        sa.select(OpenItem.supplier_id, OpenItem.currency)
        .where(
            OpenItem.practice_id == practice,
            OpenItem.kind == ItemKind.INVOICE,
            OpenItem.settled_minor < OpenItem.total_minor,
            OpenItem.due_on < TODAY,
            sa.or_(UNLIMITED, OpenItem.invoice_id.in_(seen)),
        )
        .distinct()
        .subquery()
    )
    return sa.select(sa.func.count()).select_from(late).scalar_subquery()


@counts("settling.supplier_accounts")
def to_confirm() -> Count:
    """Count the payments that practices say they made."""
    return (
        sa.select(sa.func.count(BankPayment.id))
        .where(BankPayment.supplier_id == HERE, BankPayment.state == PaymentState.ANNOUNCED)
        .scalar_subquery()
    )
