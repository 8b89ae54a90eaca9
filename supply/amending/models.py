"""Proposals to change an order."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.amending.terms import ChangeState
from supply.db import Base, Identified, Instant, word
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side


class OrderChange(Identified, Base):
    """Another day or other packs that one side proposes; at most one of an order is open."""

    __tablename__ = "order_change"
    __table_args__ = (
        sa.Index(
            "uq_order_change_open",
            "order_id",
            unique=True,
            postgresql_where=sa.text("state = 'open'"),
            sqlite_where=sa.text("state = 'open'"),
        ),
        sa.Index("ix_order_change_order", "order_id", "id"),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answered"),
    )

    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"))
    side: Mapped[Side] = mapped_column(word(Side))
    """Who proposed it."""
    state: Mapped[ChangeState] = mapped_column(word(ChangeState), default=ChangeState.OPEN)
    day: Mapped[dt.date | None]
    """On which it is to be delivered; None leaves that as it is."""
    packs: Mapped[dict[str, int]] = mapped_column(sa.JSON)
    """Packs by order line id (as text) that are to be sent in all; others stay."""
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    proposed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    proposed_at: Mapped[dt.datetime] = mapped_column(Instant)
    answered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    order: Mapped[PurchaseOrder] = relationship()
    proposed_by: Mapped[Person | None] = relationship(foreign_keys=[proposed_by_id])
