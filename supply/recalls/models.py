"""Recalls: what a supplier calls back, the practices it reaches, and who was told when."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person, Practice, Supplier
from supply.catalogue.models import Product
from supply.db import Base, Identified, Instant, Key, word
from supply.recalls.terms import (
    LONGEST_NAME,
    RecallAnswer,
    RecallClass,
    RecallStatus,
    Telling,
)


class Recall(Identified, Base):
    """Lots of products that a supplier calls back, and the fields of its safety notice.

    ``fingerprint`` is what it says: the same, declared again, is the same recall. A drill holds
    nothing. One that is withdrawn is closed.
    """

    __tablename__ = "recall"
    __table_args__ = (
        sa.Index(
            "uq_recall_fingerprint",
            "supplier_id",
            "fingerprint",
            unique=True,
            postgresql_where=sa.text("withdrawn_at IS NULL"),
            sqlite_where=sa.text("withdrawn_at IS NULL"),
        ),
        sa.Index(
            "ix_recall_all_lots",
            "id",
            postgresql_where=sa.text("all_lots"),
            sqlite_where=sa.text("all_lots"),
        ),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint("withdrawn_at IS NULL OR status = 'closed'", name="withdrawn"),
    )

    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    is_drill: Mapped[bool] = mapped_column(default=False)
    recall_class: Mapped[RecallClass] = mapped_column(word(RecallClass))
    reason: Mapped[str] = mapped_column(sa.Text)
    action: Mapped[str] = mapped_column(sa.Text)
    deadline: Mapped[dt.date | None]
    reference: Mapped[str] = mapped_column(sa.String(LONGEST_NAME), default="")
    """The number of the field safety notice, as its maker wrote it."""
    device: Mapped[str] = mapped_column(sa.String(LONGEST_NAME), default="")
    """The device's identifier (UDI-DI) or what else the notice names it by."""
    reply_wanted: Mapped[bool] = mapped_column(default=True)
    all_lots: Mapped[bool] = mapped_column(default=False)
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[RecallStatus] = mapped_column(word(RecallStatus))
    declared_at: Mapped[dt.datetime] = mapped_column(Instant)
    declared_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    closed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    withdrawn_reason: Mapped[str] = mapped_column(sa.Text, default="")
    silence_told_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """When the supplier was last told who is silent."""

    supplier: Mapped[Supplier] = relationship()
    declared_by: Mapped[Person | None] = relationship(foreign_keys=[declared_by_id])
    products: Mapped[list[Product]] = relationship(
        secondary="recall_product", order_by="Product.name, Product.id", viewonly=True
    )
    lots: Mapped[list[RecallLot]] = relationship(order_by="RecallLot.id")

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return self.status is RecallStatus.OPEN


class RecallProduct(Base):
    """A product that a recall names."""

    __tablename__ = "recall_product"

    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("product.id"), primary_key=True, index=True
    )


class RecallLot(Identified, Base):
    """A lot number that a recall names."""

    __tablename__ = "recall_lot"
    __table_args__ = (
        sa.UniqueConstraint("recall_id", "normalised"),
        sa.Index("ix_recall_lot_normalised", "normalised"),
    )

    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"))
    number: Mapped[str] = mapped_column(sa.String(80))
    normalised: Mapped[str] = mapped_column(sa.String(80))


class RecallPractice(Identified, Base):
    """A practice that a recall reaches, or a supplier's depot, and what it answered.

    ``reached_at`` is None until its lots are held and its people told: a step of its own.
    """

    __tablename__ = "recall_practice"
    __table_args__ = (
        sa.UniqueConstraint("recall_id", "practice_id"),
        sa.Index("ix_recall_practice_practice", "practice_id", "recall_id"),
        sa.Index(
            "ix_recall_practice_waiting",
            "id",
            postgresql_where=sa.text("reached_at IS NULL"),
            sqlite_where=sa.text("reached_at IS NULL"),
        ),
        sa.CheckConstraint("(acknowledged_at IS NULL) = (answer IS NULL)", name="answer"),
        sa.CheckConstraint("reminders >= 0", name="reminders"),
    )

    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"))
    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    depot_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supplier.id"))
    """The supplier whose depot it is; None is a customer."""
    found_at: Mapped[dt.datetime] = mapped_column(Instant)
    reached_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    told_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    acknowledged_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    answer: Mapped[RecallAnswer | None] = mapped_column(word(RecallAnswer))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    reminders: Mapped[int] = mapped_column(default=0)
    reminded_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    recall: Mapped[Recall] = relationship()
    practice: Mapped[Practice] = relationship()
    acknowledged_by: Mapped[Person | None] = relationship()


class RecallClinic(Base):
    """A clinic of a practice where somebody has looked for what is recalled."""

    __tablename__ = "recall_clinic"

    recall_practice_id: Mapped[int] = mapped_column(
        sa.ForeignKey("recall_practice.id"), primary_key=True
    )
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    looked_at: Mapped[dt.datetime] = mapped_column(Instant)
    looked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    looked_by: Mapped[Person | None] = relationship()


class RecalledLot(Base):
    """A practice's lot that a recall means."""

    __tablename__ = "recalled_lot"
    __table_args__ = (sa.Index("ix_recalled_lot_practice", "recall_id", "practice_id"),)

    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), primary_key=True)
    recall_id: Mapped[int] = mapped_column(sa.ForeignKey("recall.id"), primary_key=True)
    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    found_at: Mapped[dt.datetime] = mapped_column(Instant)


class RecallTold(Identified, Base):
    """Somebody who was told of a recall, how and when."""

    __tablename__ = "recall_told"

    recall_practice_id: Mapped[int] = mapped_column(sa.ForeignKey("recall_practice.id"), index=True)
    telling: Mapped[Telling] = mapped_column(word(Telling))
    at: Mapped[dt.datetime] = mapped_column(Instant)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    address: Mapped[str] = mapped_column(sa.String(254))
    mail_id: Mapped[int | None] = mapped_column(Key)
    """The mail; None where none could be made."""
