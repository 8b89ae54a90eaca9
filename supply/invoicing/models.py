"""Invoices and credit notes, frozen as they were issued. The database takes no change of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.db import Base, Identified, Instant, Key, word
from supply.invoicing.terms import InvoiceKind, Reason
from supply.money import Money
from supply.ordering.models import PurchaseOrder
from supply.vat.rules import Share, Taxed, TaxTerms
from supply.vat.terms import TaxCategory


class InvoiceCounter(Base):
    """The last number given to a document of a supplier in a year. Its row is the lock."""

    __tablename__ = "invoice_counter"
    __table_args__ = (sa.CheckConstraint("last > 0", name="last"),)

    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Invoice(Identified, Base):
    """An invoice for a shipment, or a credit note. Sums are not below zero in either."""

    __tablename__ = "invoice"
    __table_args__ = (
        sa.UniqueConstraint("supplier_id", "year", "sequence"),
        sa.Index(
            "uq_invoice_shipment",
            "shipment_id",
            unique=True,
            postgresql_where=sa.text("kind = 'invoice'"),
            sqlite_where=sa.text("kind = 'invoice'"),
        ),
        sa.Index("ix_invoice_supplier", "supplier_id", "id"),
        sa.CheckConstraint("sequence > 0", name="sequence"),
        sa.CheckConstraint("net_minor >= 0 AND vat_minor >= 0", name="sums"),
        sa.CheckConstraint("carriage_minor >= 0", name="carriage_minor"),
        sa.CheckConstraint(
            "kind <> 'invoice' OR (shipment_id IS NOT NULL AND due_on IS NOT NULL)", name="whole"
        ),
    )

    number: Mapped[str] = mapped_column(sa.String(60), unique=True)
    kind: Mapped[InvoiceKind] = mapped_column(word(InvoiceKind))
    reason: Mapped[Reason] = mapped_column(word(Reason))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    year: Mapped[int]
    sequence: Mapped[int]
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    shipment_id: Mapped[int | None] = mapped_column(Key)
    """No foreign key: a shipment that is taken back is gone, its invoice stays."""
    claim_id: Mapped[int | None] = mapped_column(sa.ForeignKey("claim.id"), unique=True)
    return_id: Mapped[int | None] = mapped_column(Key, unique=True)
    """No foreign key: returns stand in a room above."""
    issued_at: Mapped[dt.datetime] = mapped_column(Instant)
    issued_on: Mapped[dt.date]
    """On the supplier's calendar."""
    due_on: Mapped[dt.date | None]
    supplied_on: Mapped[dt.date]
    currency: Mapped[str] = mapped_column(sa.String(3))
    net_minor: Mapped[int] = mapped_column(sa.BigInteger)
    vat_minor: Mapped[int] = mapped_column(sa.BigInteger)
    carriage_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    """Charged for sending, or no longer; in ``net_minor``."""
    carriage_tax_category: Mapped[TaxCategory] = mapped_column(
        word(TaxCategory, "carriagetaxcategory"),
        default=TaxCategory.NOT_SUBJECT,
        server_default=TaxCategory.NOT_SUBJECT.value,
    )
    carriage_tax_basis_points: Mapped[int] = mapped_column(default=0, server_default="0")
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    """Who sold to whom, as they were: see `supply.invoicing.parties`."""

    order: Mapped[PurchaseOrder] = relationship()
    lines: Mapped[list[InvoiceLine]] = relationship(
        back_populates="invoice", order_by="InvoiceLine.position"
    )
    taxes: Mapped[list[InvoiceTax]] = relationship(order_by="InvoiceTax.id")

    @property
    def net(self) -> Money:
        """Sum of its lines and carriage, without VAT."""
        return Money(self.net_minor, self.currency)

    @property
    def vat(self) -> Money:
        """VAT in all."""
        return Money(self.vat_minor, self.currency)

    @property
    def total(self) -> Money:
        """What is to be paid, or is no longer."""
        return Money(self.net_minor + self.vat_minor, self.currency)

    @property
    def carriage(self) -> Money:
        """What is charged for sending, without VAT."""
        return Money(self.carriage_minor, self.currency)

    @property
    def goods(self) -> Money:
        """Sum of its lines alone, without VAT."""
        return Money(self.net_minor - self.carriage_minor, self.currency)

    @property
    def carriage_terms(self) -> TaxTerms:
        """How carriage is taxed."""
        return TaxTerms(self.carriage_tax_category, self.carriage_tax_basis_points)

    @property
    def taxed(self) -> list[Taxed]:
        """The net sums of its lines and carriage with how they are taxed."""
        goods = [line.taxed for line in self.lines]
        carriage = Taxed(self.carriage_minor, self.carriage_terms)
        return [*goods, carriage] if self.carriage_minor else goods

    def in_currency(self, minor: int) -> Money:
        """Return a sum in the document's currency."""
        return Money(minor, self.currency)

    @property
    def shares(self) -> list[Share]:
        """VAT by category and rate."""
        return [tax.share for tax in self.taxes]

    @property
    def is_credit(self) -> bool:
        """Whether it takes back what an invoice asked for."""
        return self.kind is InvoiceKind.CREDIT_NOTE


class InvoiceLine(Identified, Base):
    """Packs of an order's line at the price and VAT it was placed at."""

    __tablename__ = "invoice_line"
    __table_args__ = (
        sa.UniqueConstraint("invoice_id", "position"),
        sa.CheckConstraint("packs > 0", name="packs"),
        sa.CheckConstraint("pack_minor >= 0", name="pack_minor"),
        sa.CheckConstraint("net_minor = packs * pack_minor", name="net_minor"),
    )

    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("invoice.id"))
    position: Mapped[int]
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("order_line.id"), index=True)
    credits_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invoice_line.id"), index=True)
    """The line of the invoice that a credit note's line is about."""
    sku: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(300))
    packs: Mapped[int]
    pack_minor: Mapped[int] = mapped_column(sa.BigInteger)
    net_minor: Mapped[int] = mapped_column(sa.BigInteger)
    tax_category: Mapped[TaxCategory] = mapped_column(word(TaxCategory))
    tax_basis_points: Mapped[int]
    lots: Mapped[list[str]] = mapped_column(sa.JSON)
    """Numbers of the lots that were sent."""

    invoice: Mapped[Invoice] = relationship(back_populates="lines")
    credits: Mapped[InvoiceLine | None] = relationship(remote_side="InvoiceLine.id")

    @property
    def tax_terms(self) -> TaxTerms:
        """How it is taxed."""
        return TaxTerms(self.tax_category, self.tax_basis_points)

    @property
    def taxed(self) -> Taxed:
        """Its net sum with how it is taxed."""
        return Taxed(self.net_minor, self.tax_terms)

    @property
    def price(self) -> Money:
        """Pack price."""
        return Money(self.pack_minor, self.invoice.currency)

    @property
    def net(self) -> Money:
        """Price of its packs, without VAT."""
        return Money(self.net_minor, self.invoice.currency)


class InvoiceTax(Identified, Base):
    """VAT of one category and rate on a document."""

    __tablename__ = "invoice_tax"
    __table_args__ = (
        sa.UniqueConstraint("invoice_id", "category", "basis_points"),
        sa.CheckConstraint("net_minor >= 0 AND vat_minor >= 0", name="sums"),
    )

    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("invoice.id"))
    category: Mapped[TaxCategory] = mapped_column(word(TaxCategory))
    basis_points: Mapped[int]
    net_minor: Mapped[int] = mapped_column(sa.BigInteger)
    vat_minor: Mapped[int] = mapped_column(sa.BigInteger)

    @property
    def share(self) -> Share:
        """It as the rules of VAT have it."""
        return Share(TaxTerms(self.category, self.basis_points), self.net_minor, self.vat_minor)
