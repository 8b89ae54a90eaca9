"""Receipts: what one entry of the ledger took in, line by line, and what did not come."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.db import Base, Identified, Instant, Quantity, word
from supply.inventory.models import Entry, Lot
from supply.ordering.models import OrderLine
from supply.shipping.terms import Condition


class Receipt(Identified, Base):
    """What one ledger entry took in, with cost, currency and rate frozen."""

    __tablename__ = "receipt"

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), index=True)
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    shipment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shipment.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id"), unique=True)
    received_at: Mapped[dt.datetime] = mapped_column(Instant)
    received_on: Mapped[dt.date]
    """The day it was on the clinic's calendar."""
    received_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    rate_millionths: Mapped[int] = mapped_column(sa.BigInteger, default=1_000_000)
    """Clinic currency per order currency, in millionths, on the day of receipt."""

    entry: Mapped[Entry | None] = relationship()
    received_by: Mapped[Person | None] = relationship()
    lines: Mapped[list[ReceiptLine]] = relationship(order_by="ReceiptLine.id")


class ReceiptLine(Identified, Base):
    """Packs or a quantity of one lot that a receipt says came, or did not."""

    __tablename__ = "receipt_line"
    __table_args__ = (
        sa.CheckConstraint("quantity >= 0", name="quantity"),
        sa.CheckConstraint("cost_minor >= 0", name="cost_minor"),
    )

    receipt_id: Mapped[int] = mapped_column(sa.ForeignKey("receipt.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("order_line.id"), index=True)
    shipment_line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("shipment_line.id"))
    lot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    packs: Mapped[int | None]
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    condition: Mapped[Condition] = mapped_column(word(Condition))
    cost_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    """Cost of the whole line in minor units of the receipt's currency."""

    lot: Mapped[Lot | None] = relationship()
    order_line: Mapped[OrderLine | None] = relationship()
