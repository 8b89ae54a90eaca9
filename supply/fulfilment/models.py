"""Shipments on the supplier's side, receipts and claims on the clinic's."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.db import Base, Identified, Instant, Key, Quantity, word
from supply.fulfilment import rules
from supply.fulfilment.terms import ClaimKind, ClaimOutcome, ClaimStatus, ClaimWish, Goods
from supply.inventory.models import Entry, Hold, Lot
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Side
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


class Claim(Identified, Base):
    """Packs of an order's line that a clinic says are wrong, and how that ended.

    ``taken_in``: they count as received. Packs missing from a parcel do not: they are to be
    shipped again until the claim is settled otherwise.
    """

    __tablename__ = "claim"
    __table_args__ = (
        sa.Index("ix_claim_receipt_line_id", "receipt_line_id"),
        sa.Index(
            "ix_claim_open",
            "order_id",
            postgresql_where=sa.text("outcome IS NULL"),
            sqlite_where=sa.text("outcome IS NULL"),
        ),
        sa.CheckConstraint("packs > 0", name="packs"),
        sa.CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled"),
        sa.CheckConstraint("goods IS NULL OR hold_id IS NOT NULL", name="goods_held"),
    )

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("order_line.id"), index=True)
    receipt_line_id: Mapped[int | None] = mapped_column(sa.ForeignKey("receipt_line.id"))
    hold_id: Mapped[int | None] = mapped_column(Key, sa.ForeignKey("hold.id"))
    kind: Mapped[ClaimKind] = mapped_column(word(ClaimKind))
    packs: Mapped[int]
    taken_in: Mapped[bool]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    wish: Mapped[ClaimWish] = mapped_column(word(ClaimWish))
    raised_at: Mapped[dt.datetime] = mapped_column(Instant)
    raised_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    outcome: Mapped[ClaimOutcome | None] = mapped_column(word(ClaimOutcome))
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    """What was said with the outcome."""
    settled_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    settled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    goods: Mapped[Goods | None] = mapped_column(word(Goods))

    order: Mapped[PurchaseOrder] = relationship()
    order_line: Mapped[OrderLine] = relationship()
    receipt_line: Mapped[ReceiptLine | None] = relationship()
    hold: Mapped[Hold | None] = relationship()
    raised_by: Mapped[Person | None] = relationship(foreign_keys=[raised_by_id])
    settled_by: Mapped[Person | None] = relationship(foreign_keys=[settled_by_id])
    comments: Mapped[list[ClaimComment]] = relationship(order_by="ClaimComment.id")

    @property
    def status(self) -> ClaimStatus:
        """Where it stands."""
        return rules.claim_status(self.outcome)

    @property
    def lot_number(self) -> str:
        """The lot it is about; "" when nobody knows."""
        lot = self.receipt_line.lot if self.receipt_line else None
        return lot.number if lot else ""

    @property
    def goods_wait(self) -> bool:
        """Whether it ended and the clinic has still to say what becomes of packs on hold."""
        held = self.hold is not None and self.hold.released_at is None
        return held and self.outcome is not None and self.goods is None


class ClaimComment(Identified, Base):
    """What somebody of one side said of a claim; ``mail_at`` is when the mail of it goes."""

    __tablename__ = "claim_comment"
    __table_args__ = (sa.CheckConstraint("text <> ''", name="text"),)

    claim_id: Mapped[int] = mapped_column(sa.ForeignKey("claim.id"), index=True)
    side: Mapped[Side] = mapped_column(word(Side))
    text: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    mail_at: Mapped[dt.datetime] = mapped_column(Instant)

    person: Mapped[Person | None] = relationship()
