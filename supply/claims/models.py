"""Claims: packs that a clinic says are wrong, and what both sides said of them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.claims import rules
from supply.claims.terms import ClaimOutcome, ClaimStatus, Goods
from supply.db import Base, Identified, Instant, Key, word
from supply.inventory.models import Hold
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import Side
from supply.receiving.models import ReceiptLine
from supply.receiving.terms import ClaimKind, ClaimWish


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
