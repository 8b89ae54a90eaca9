"""Open items of accounts, what settled them, and payments by bank."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person, Practice, Supplier
from supply.db import Base, Identified, Instant, word
from supply.invoicing.models import Invoice
from supply.money import Money
from supply.open_items.terms import CREDITS, ItemKind, PaymentState, Way

_OPEN = "settled_minor < total_minor"
_ANNOUNCED = "state = 'announced'"


class OpenItem(Identified, Base):
    """An invoice, a credit note or an overpayment on an account: how much of it is settled.

    Beside the frozen document, one row each. Whoever settles an item holds its row's lock.
    """

    __tablename__ = "open_item"
    __table_args__ = (
        sa.CheckConstraint("settled_minor >= 0 AND settled_minor <= total_minor", name="settled"),
        sa.CheckConstraint(
            "(kind = 'overpaid') = (invoice_id IS NULL)"
            " AND (kind = 'overpaid') = (payment_id IS NOT NULL)",
            name="stands_for",
        ),
        sa.CheckConstraint("kind <> 'invoice' OR due_on IS NOT NULL", name="due_on"),
        sa.Index(
            "ix_open_item_practice_open",
            "practice_id",
            "supplier_id",
            postgresql_where=sa.text(_OPEN),
            sqlite_where=sa.text(_OPEN),
        ),
        sa.Index(
            "ix_open_item_supplier_open",
            "supplier_id",
            "practice_id",
            postgresql_where=sa.text(_OPEN),
            sqlite_where=sa.text(_OPEN),
        ),
        sa.Index("ix_open_item_account", "practice_id", "supplier_id", "currency", "dated_on"),
    )

    kind: Mapped[ItemKind] = mapped_column(word(ItemKind))
    invoice_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invoice.id"), unique=True)
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("bank_payment.id"), unique=True)
    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    dated_on: Mapped[dt.date]
    """When the document was issued, or the payment made."""
    due_on: Mapped[dt.date | None]
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
    settled_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)

    invoice: Mapped[Invoice | None] = relationship()
    payment: Mapped[BankPayment | None] = relationship()
    practice: Mapped[Practice] = relationship()
    supplier: Mapped[Supplier] = relationship()

    @property
    def open_minor(self) -> int:
        """What is not settled, in minor units."""
        return self.total_minor - self.settled_minor

    @property
    def open(self) -> Money:
        """What is not settled."""
        return Money(self.open_minor, self.currency)

    @property
    def total(self) -> Money:
        """What the document asks for, or takes back."""
        return Money(self.total_minor, self.currency)

    @property
    def is_credit(self) -> bool:
        """Whether the supplier owes it."""
        return self.kind in CREDITS

    @property
    def name(self) -> str:
        """What it is called: the document's number, or the reference of the payment."""
        if self.invoice is not None:
            return self.invoice.number
        return self.payment.reference if self.payment else ""


class Settlement(Identified, Base):
    """Part of an item that was settled, or below zero: was taken back. Append-only."""

    __tablename__ = "settlement"
    __table_args__ = (
        sa.CheckConstraint("(minor > 0) = (reverses_id IS NULL) AND minor <> 0", name="minor"),
        sa.CheckConstraint("(way = 'bank') = (payment_id IS NOT NULL)", name="bank"),
        sa.CheckConstraint("(way = 'credit') = (against_id IS NOT NULL)", name="credit"),
        sa.Index("ix_settlement_together", "together"),
    )

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("open_item.id"), index=True)
    minor: Mapped[int] = mapped_column(sa.BigInteger)
    way: Mapped[Way] = mapped_column(word(Way))
    payment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("bank_payment.id"), index=True)
    against_id: Mapped[int | None] = mapped_column(sa.ForeignKey("open_item.id"))
    """The other item, where one settles the other."""
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("settlement.id"), unique=True)
    together: Mapped[str] = mapped_column(sa.String(32))
    """The same in rows that were written as one step, and are taken back as one."""
    settled_on: Mapped[dt.date]
    at: Mapped[dt.datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))


class BankPayment(Identified, Base):
    """Money that a practice sent a supplier by bank, as one of them says."""

    __tablename__ = "bank_payment"
    __table_args__ = (
        sa.CheckConstraint("total_minor > 0", name="total"),
        sa.CheckConstraint("(state = 'announced') = (answered_at IS NULL)", name="answered"),
        sa.Index(
            "ix_bank_payment_announced",
            "supplier_id",
            "practice_id",
            postgresql_where=sa.text(_ANNOUNCED),
            sqlite_where=sa.text(_ANNOUNCED),
        ),
        sa.Index("ix_bank_payment_account", "practice_id", "supplier_id", "currency", "paid_on"),
    )

    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    total_minor: Mapped[int] = mapped_column(sa.BigInteger)
    paid_on: Mapped[dt.date]
    reference: Mapped[str] = mapped_column(sa.String(140))
    state: Mapped[PaymentState] = mapped_column(word(PaymentState))
    announced: Mapped[bool]
    """Whether the practice said it first; else the supplier wrote it down by itself."""
    said_at: Mapped[dt.datetime] = mapped_column(Instant)
    said_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    practice: Mapped[Practice] = relationship()
    supplier: Mapped[Supplier] = relationship()
    said_by: Mapped[Person | None] = relationship(foreign_keys=[said_by_id])
    lines: Mapped[list[BankPaymentLine]] = relationship(
        back_populates="payment", order_by="BankPaymentLine.id"
    )

    @property
    def total(self) -> Money:
        """What was paid."""
        return Money(self.total_minor, self.currency)


class BankPaymentLine(Identified, Base):
    """What part of a payment is for which invoice, as was said."""

    __tablename__ = "bank_payment_line"
    __table_args__ = (
        sa.UniqueConstraint("payment_id", "item_id"),
        sa.CheckConstraint("minor > 0", name="minor"),
    )

    payment_id: Mapped[int] = mapped_column(sa.ForeignKey("bank_payment.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("open_item.id"), index=True)
    minor: Mapped[int] = mapped_column(sa.BigInteger)

    payment: Mapped[BankPayment] = relationship(back_populates="lines")
    item: Mapped[OpenItem] = relationship()

    @property
    def part(self) -> Money:
        """The part that is for the invoice."""
        return Money(self.minor, self.payment.currency)
