"""Returns of packs to a supplier, and what became of each line."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.db import Base, Identified, Instant, word
from supply.inventory.models import Lot
from supply.money import Money
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.returning import rules
from supply.returning.terms import CarriageBy, Fate, ReturnReason, ReturnState
from supply.shipping.carriers import tracking_url


class Return(Identified, Base):
    """Packs of an order that a clinic sends back, known to both sides by its RMA number.

    The number, the last day to send and who pays carriage come with the authorisation.
    """

    __tablename__ = "goods_return"
    __table_args__ = (
        sa.Index(
            "ix_goods_return_open",
            "order_id",
            postgresql_where=sa.text("state IN ('asked', 'authorised', 'sent')"),
            sqlite_where=sa.text("state IN ('asked', 'authorised', 'sent')"),
        ),
        sa.CheckConstraint("state <> 'lapsed'", name="never_written"),
        sa.CheckConstraint(
            "(number IS NULL) = (valid_until IS NULL) AND (number IS NULL) = (carriage_by IS NULL)",
            name="authorised",
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'refused', 'withdrawn') OR number IS NOT NULL", name="number"
        ),
        sa.CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered"),
        sa.CheckConstraint(
            "(state IN ('sent', 'settled', 'turned_down')) = (entry_id IS NOT NULL)"
            " AND (entry_id IS NULL) = (sent_at IS NULL)",
            name="sent",
        ),
        sa.CheckConstraint(
            "(state IN ('settled', 'turned_down')) = (settled_at IS NOT NULL)", name="settled"
        ),
    )

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    state: Mapped[ReturnState] = mapped_column(word(ReturnState))
    reason: Mapped[ReturnReason] = mapped_column(word(ReturnReason))
    note: Mapped[str] = mapped_column(sa.Text)
    asked_at: Mapped[dt.datetime] = mapped_column(Instant)
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    number: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    """The RMA number."""
    valid_until: Mapped[dt.date | None]
    """The last day on which it may be sent, on the clinic's calendar."""
    carriage_by: Mapped[CarriageBy | None] = mapped_column(word(CarriageBy))
    answer: Mapped[str] = mapped_column(sa.Text, default="")
    """What was said with the answer, or the withdrawal."""
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """When it was authorised, refused or withdrawn, the last of these."""
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    carrier: Mapped[str] = mapped_column(sa.String(100), default="")
    tracking: Mapped[str] = mapped_column(sa.String(100), default="")
    sent_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    sent_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id"), unique=True)
    """By which the packs left the clinic's ledger."""
    from_holds: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    """What was sent out of holds of refused claims, for putting it back."""
    settled_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    settled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    order: Mapped[PurchaseOrder] = relationship()
    lines: Mapped[list[ReturnLine]] = relationship(
        back_populates="whole", order_by="ReturnLine.id", cascade="all, delete-orphan"
    )
    asked_by: Mapped[Person | None] = relationship(foreign_keys=[asked_by_id])
    answered_by: Mapped[Person | None] = relationship(foreign_keys=[answered_by_id])
    sent_by: Mapped[Person | None] = relationship(foreign_keys=[sent_by_id])
    settled_by: Mapped[Person | None] = relationship(foreign_keys=[settled_by_id])

    def state_on(self, today: dt.date) -> ReturnState:
        """Return where it stands on the clinic's day ``today``."""
        return rules.on_day(self.state, self.valid_until, today)

    @property
    def tracking_url(self) -> str | None:
        """Where to follow the parcel; None where the carrier is not known."""
        return tracking_url(self.carrier, self.tracking)

    @property
    def packs(self) -> int:
        """Packs of all its lines."""
        return sum(line.packs for line in self.lines)

    @property
    def accepted(self) -> int:
        """Packs of all its lines that the supplier accepted."""
        return sum(line.accepted or 0 for line in self.lines)

    @property
    def comes_back(self) -> bool:
        """Whether refused packs are on their way back to the clinic."""
        return any(line.awaited for line in self.lines)

    @property
    def is_cold(self) -> bool:
        """Whether some of it must be kept cold on the way."""
        return any(line.order_line.product.storage.is_cold for line in self.lines)

    @property
    def credit(self) -> Money:
        """What is credited for it, net of VAT: for the packs accepted, or before that for all."""
        minor = sum((line.credit_minor or 0) * (line.packs - line.refused) for line in self.lines)
        return Money(minor, self.order.currency)


class ReturnLine(Identified, Base):
    """Packs of one lot of an order's line."""

    __tablename__ = "goods_return_line"
    __table_args__ = (
        sa.UniqueConstraint("return_id", "order_line_id", "lot_id"),
        sa.CheckConstraint("packs > 0", name="packs"),
        sa.CheckConstraint("credit_minor >= 0", name="credit_minor"),
        sa.CheckConstraint("accepted >= 0 AND accepted <= packs", name="accepted"),
        sa.CheckConstraint(
            "(fate IS NOT NULL) = (accepted IS NOT NULL AND accepted < packs)",
            name="fate_said",
        ),
        sa.CheckConstraint(
            "back = 0 OR (fate IS NOT NULL AND fate = 'come_back' AND back = packs - accepted)",
            name="back",
        ),
    )

    return_id: Mapped[int] = mapped_column(sa.ForeignKey("goods_return.id"))
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("order_line.id"), index=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    packs: Mapped[int]
    credit_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    """What is credited for a pack, net of VAT, in the order's currency; from the authorisation."""
    accepted: Mapped[int | None]
    """Packs that the supplier received and accepted; None before it did."""
    refused_why: Mapped[str] = mapped_column(sa.Text, default="")
    fate: Mapped[Fate | None] = mapped_column(word(Fate))
    """What becomes of the packs it did not accept."""
    back: Mapped[int] = mapped_column(default=0)
    """Packs not accepted that are in the clinic's stock again."""

    whole: Mapped[Return] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine] = relationship()
    lot: Mapped[Lot] = relationship()

    @property
    def refused(self) -> int:
        """Packs that were received and not accepted."""
        return 0 if self.accepted is None else self.packs - self.accepted

    @property
    def awaited(self) -> int:
        """Packs not accepted that are on their way back."""
        return self.refused - self.back if self.fate is Fate.COME_BACK else 0

    @property
    def credit(self) -> Money | None:
        """What is credited for a pack, net of VAT."""
        if self.credit_minor is None:
            return None
        return Money(self.credit_minor, self.whole.order.currency)

    @property
    def restocking(self) -> Money | None:
        """What the supplier keeps of the price of a pack."""
        if self.credit_minor is None:
            return None
        kept = self.order_line.pack_minor - self.credit_minor
        return Money(kept, self.whole.order.currency)
