"""Reading invoices and credit notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.db import db
from supply.invoicing.models import Invoice, InvoiceLine
from supply.invoicing.terms import InvoiceKind
from supply.ordering.models import PurchaseOrder

PAGE = 50
"""Documents on one page of a list."""


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line of an invoice with the packs on it that no credit note has taken back."""

    line_id: int
    order_line_id: int
    shipment_id: int | None
    packs: int


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """Documents, newest first, and the id after which the next page begins (None: no more)."""

    invoices: Sequence[Invoice]
    next_before: int | None


def billed_packs(order_id: int) -> dict[int, int]:
    """Return by order line id the packs that were invoiced and not credited. One query."""
    signed = sa.case(
        (Invoice.kind == InvoiceKind.INVOICE, InvoiceLine.packs), else_=-InvoiceLine.packs
    )
    rows = db.session.execute(
        sa.select(InvoiceLine.order_line_id, sa.func.sum(signed))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.order_id == order_id)
        .group_by(InvoiceLine.order_line_id)
    )
    return {line_id: int(packs) for line_id, packs in rows}


def lines_left(order_id: int) -> list[LineLeft]:
    """Return the lines of an order's invoices of which something is left to credit. One query."""
    credit = aliased(InvoiceLine)
    credited = (
        sa.select(sa.func.coalesce(sa.func.sum(credit.packs), 0))
        .where(credit.credits_id == InvoiceLine.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            InvoiceLine.id,
            InvoiceLine.order_line_id,
            Invoice.shipment_id,
            (InvoiceLine.packs - credited).label("packs"),
        )
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.order_id == order_id, Invoice.kind == InvoiceKind.INVOICE)
        .order_by(InvoiceLine.id)
    )
    return [
        LineLeft(row.id, row.order_line_id, row.shipment_id, int(row.packs))
        for row in rows
        if row.packs > 0
    ]


def carriage_left(order_id: int) -> list[tuple[Invoice, int]]:
    """Return invoices of an order with the carriage on them that is not credited. One query.

    Carriage is on one invoice at a time: what a credit note takes back is the last one's.
    """
    query = (
        sa.select(Invoice)
        .where(Invoice.order_id == order_id, Invoice.carriage_minor > 0)
        .order_by(Invoice.id)
    )
    left: list[tuple[Invoice, int]] = []
    for invoice in db.session.scalars(query):
        if invoice.is_credit:
            left.pop()
        else:
            left.append((invoice, invoice.carriage_minor))
    return left


def invoices_of(order_id: int) -> Sequence[Invoice]:
    """Return the invoices and credit notes of an order as they were issued."""
    query = (
        sa.select(Invoice)
        .where(Invoice.order_id == order_id)
        .options(*_whole())
        .order_by(Invoice.id)
    )
    return db.session.scalars(query).all()


def invoice_with_number(number: str) -> Invoice:
    """Return a document by its number. Whoever asks checks access to its order.

    Raises:
        NotFoundHereError: no such document.
    """
    return _one(Invoice.number == number)


def invoice_of_clinic(clinic: Clinic, number: str) -> Invoice:
    """Return a document of an order of ``clinic``.

    Raises:
        NotFoundHereError: no such document, or another clinic's.
    """
    order = sa.select(PurchaseOrder.id).where(PurchaseOrder.clinic_id == clinic.id)
    return _one(Invoice.number == number, Invoice.order_id.in_(order))


def invoice_of_supplier(supplier: Supplier, number: str) -> Invoice:
    """Return a document that ``supplier`` issued.

    Raises:
        NotFoundHereError: no such document, or another supplier's.
    """
    return _one(Invoice.number == number, Invoice.supplier_id == supplier.id)


def supplier_invoices(supplier: Supplier, before: int | None = None) -> InvoicePage:
    """Return a page of what ``supplier`` issued, newest first."""
    query = (
        sa.select(Invoice)
        .where(Invoice.supplier_id == supplier.id)
        .options(joinedload(Invoice.order).joinedload(PurchaseOrder.clinic))
        .order_by(Invoice.id.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(Invoice.id < before)
    found = db.session.scalars(query).all()
    more = len(found) > PAGE
    return InvoicePage(found[:PAGE], found[PAGE - 1].id if more else None)


def _one(*where: sa.ColumnElement[bool]) -> Invoice:
    found = db.session.scalars(sa.select(Invoice).where(*where).options(*_whole())).one_or_none()
    if found is None:
        raise NotFoundHereError
    return found


def _whole() -> tuple[ORMOption, ...]:
    return (
        joinedload(Invoice.order).joinedload(PurchaseOrder.clinic).joinedload(Clinic.practice),
        selectinload(Invoice.lines).joinedload(InvoiceLine.credits).joinedload(InvoiceLine.invoice),
        selectinload(Invoice.taxes),
    )
