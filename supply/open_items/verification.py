"""Checking that open items, settlements, payments and documents agree."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from supply.db import db
from supply.inventory.verification import also_verify
from supply.invoicing.models import Invoice
from supply.open_items.models import BankPayment, OpenItem, Settlement
from supply.open_items.terms import PaymentState


@also_verify
def verify_accounts() -> list[str]:
    """Add up what settles each item; return a sentence for each difference."""
    return [*_settled(), *_documents(), *_payments()]


def _settled() -> Iterator[str]:
    written = _sum(Settlement.item_id == OpenItem.id)
    rows = db.session.execute(
        sa.select(OpenItem.id, OpenItem.settled_minor, written.label("written")).where(
            OpenItem.settled_minor != written
        )
    )
    for row in rows:
        yield (
            f"open item {row.id}: the settlements say {row.written} is settled,"
            f" the item {row.settled_minor}"
        )


def _documents() -> Iterator[str]:
    asked = Invoice.net_minor + Invoice.vat_minor
    rows = db.session.execute(
        sa.select(Invoice.number, asked.label("asked"), OpenItem.total_minor)
        .outerjoin(OpenItem, OpenItem.invoice_id == Invoice.id)
        .where(sa.or_(OpenItem.id.is_(None), OpenItem.total_minor != asked))
    )
    for row in rows:
        if row.total_minor is None:
            yield f"document {row.number}: it is on no account"
        else:
            yield f"document {row.number}: it asks for {row.asked}, the account {row.total_minor}"


def _payments() -> Iterator[str]:
    """A confirmed payment has settled all of its sum, or left it as credit; others nothing."""
    settled = _sum(Settlement.payment_id == BankPayment.id)
    left = sa.func.coalesce(OpenItem.total_minor, 0)
    expected = sa.case(
        (BankPayment.state == PaymentState.CONFIRMED, BankPayment.total_minor), else_=0
    )
    rows = db.session.execute(
        sa.select(BankPayment.id, (settled + left).label("booked"), expected.label("expected"))
        .outerjoin(OpenItem, OpenItem.payment_id == BankPayment.id)
        .where(settled + left != expected)
    )
    for row in rows:
        yield f"payment {row.id}: {row.expected} came, {row.booked} is on the account"


def _sum(where: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    total = sa.func.coalesce(sa.func.sum(Settlement.minor), 0)
    return sa.select(total).where(where).scalar_subquery()
