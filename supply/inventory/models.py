"""Lots, holds, and the stock ledger: entries, moves, balances."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic
from supply.db import Base, Identified, Instant, Key, Quantity, derived, word
from supply.inventory.rules import lot_likeness
from supply.inventory.terms import AllocationPurpose, EntryKind, HoldSource, WasteCause
from supply.items.models import Item, Location
from supply.quantity import ZERO


class Lot(Identified, Base):
    """A manufacturer's lot of an item, in one practice. Expiry None: undated."""

    __tablename__ = "lot"
    __table_args__ = (
        sa.UniqueConstraint("item_id", "normalised"),
        sa.Index("ix_lot_normalised", "normalised"),
        sa.Index("ix_lot_likeness", "likeness", "item_id"),
        sa.CheckConstraint("content_per_container > 0", name="content_per_container"),
    )

    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"), index=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    number: Mapped[str] = mapped_column(sa.String(80))
    normalised: Mapped[str] = mapped_column(sa.String(80))
    likeness: Mapped[str] = mapped_column(sa.String(80), default=derived("number", lot_likeness))
    expiry: Mapped[dt.date | None]
    content_per_container: Mapped[Decimal] = mapped_column(Quantity)
    product_id: Mapped[int | None] = mapped_column(sa.ForeignKey("product.id"), index=True)
    gtin: Mapped[str | None] = mapped_column(sa.String(14), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    item: Mapped[Item] = relationship()


class Hold(Identified, Base):
    """A lot, or part of it in one place, that may not be drawn until released."""

    __tablename__ = "hold"
    __table_args__ = (
        sa.Index(
            "ix_hold_active",
            "lot_id",
            postgresql_where=sa.text("released_at IS NULL"),
            sqlite_where=sa.text("released_at IS NULL"),
        ),
        sa.Index(
            "ix_hold_source",
            "source_id",
            "source",
            postgresql_where=sa.text("source_id IS NOT NULL"),
            sqlite_where=sa.text("source_id IS NOT NULL"),
        ),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("quantity IS NULL OR location_id IS NOT NULL", name="place"),
    )

    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"))
    clinic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("clinic.id"))
    location_id: Mapped[int | None] = mapped_column(sa.ForeignKey("location.id"))
    quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    reason: Mapped[str] = mapped_column(sa.Text)
    source: Mapped[HoldSource] = mapped_column(word(HoldSource))
    source_id: Mapped[int | None] = mapped_column(Key)
    held_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    held_at: Mapped[dt.datetime] = mapped_column(Instant)
    stands_at: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """Where what is held stands, in the words of who put it there."""
    released_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    released_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    release_reason: Mapped[str | None] = mapped_column(sa.Text)


class Entry(Identified, Base):
    """One thing that happened to stock. Append-only."""

    __tablename__ = "entry"
    __table_args__ = (
        sa.Index("ix_entry_clinic_occurred", "clinic_id", "occurred_at"),
        sa.Index("ix_entry_source", "source_type", "source_id"),
        sa.Index(
            "uq_entry_reverses_id",
            "reverses_id",
            unique=True,
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
        ),
        sa.CheckConstraint("occurred_at <= recorded_at", name="never_ahead"),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    kind: Mapped[EntryKind] = mapped_column(word(EntryKind))
    occurred_at: Mapped[dt.datetime] = mapped_column(Instant)
    recorded_at: Mapped[dt.datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    source_type: Mapped[str | None] = mapped_column(sa.String(40))
    source_id: Mapped[int | None] = mapped_column(Key)
    idempotency_key: Mapped[str | None] = mapped_column(sa.String(200))
    reverses_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id"))

    moves: Mapped[list[Move]] = relationship(back_populates="entry", order_by="Move.id")
    clinic: Mapped[Clinic] = relationship()


class Container(Identified, Base):
    """One opened container, with the instant by which it must be thrown away."""

    __tablename__ = "container"
    __table_args__ = (
        sa.CheckConstraint("discard_at IS NULL OR discard_at >= opened_at", name="clock"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), index=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    opened_at: Mapped[dt.datetime] = mapped_column(Instant)
    discard_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    lot: Mapped[Lot] = relationship()


class Move(Identified, Base):
    """A quantity of a lot from one place to another. Append-only.

    A container id says that side is an open container; none says sealed stock. ``cost_minor``,
    in the clinic's currency, is what ``costed`` of the quantity cost when it moved; of the rest
    the cost is not known. ``cause`` says why what goes to waste does; an undo carries it back.
    """

    __tablename__ = "move"
    __table_args__ = (
        sa.Index("ix_move_lot", "lot_id", "id"),
        sa.Index("ix_move_item_clinic", "item_id", "clinic_id", "id"),
        sa.Index(
            "ix_move_from_container",
            "from_container_id",
            postgresql_where=sa.text("from_container_id IS NOT NULL"),
            sqlite_where=sa.text("from_container_id IS NOT NULL"),
        ),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("costed BETWEEN 0 AND quantity", name="costed"),
        sa.CheckConstraint("cost_minor >= 0 AND (costed > 0 OR cost_minor = 0)", name="cost"),
        sa.CheckConstraint(
            "from_location_id <> to_location_id"
            " OR coalesce(from_container_id, 0) <> coalesce(to_container_id, 0)",
            name="goes_somewhere",
        ),
    )

    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id"), index=True)
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"))
    from_location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    from_container_id: Mapped[int | None] = mapped_column(sa.ForeignKey("container.id"))
    to_location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    to_container_id: Mapped[int | None] = mapped_column(sa.ForeignKey("container.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    note: Mapped[str | None] = mapped_column(sa.String(200))
    cause: Mapped[WasteCause | None] = mapped_column(word(WasteCause))
    costed: Mapped[Decimal] = mapped_column(Quantity, default=ZERO)
    cost_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)

    entry: Mapped[Entry] = relationship(back_populates="moves")
    lot: Mapped[Lot] = relationship()


class Balance(Identified, Base):
    """What is there now: one row per location, lot and container (none: sealed).

    ``content_per_container`` repeats the lot's so that the database itself can
    hold the sealed count whole. ``first_in_at`` and ``counted_at`` bound how far
    back an entry may be dated. ``cost_minor`` is what ``costed`` of it cost, in the clinic's
    currency.
    """

    __tablename__ = "balance"
    __table_args__ = (
        sa.Index(
            "uq_balance_sealed",
            "location_id",
            "lot_id",
            unique=True,
            postgresql_where=sa.text("container_id IS NULL"),
            sqlite_where=sa.text("container_id IS NULL"),
        ),
        sa.Index(
            "uq_balance_container",
            "location_id",
            "container_id",
            unique=True,
            postgresql_where=sa.text("container_id IS NOT NULL"),
            sqlite_where=sa.text("container_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_balance_there",
            "clinic_id",
            "item_id",
            postgresql_where=sa.text("quantity > 0"),
            sqlite_where=sa.text("quantity > 0"),
        ),
        sa.Index("ix_balance_lot", "lot_id"),
        sa.CheckConstraint("quantity >= 0", name="quantity"),
        sa.CheckConstraint("costed BETWEEN 0 AND quantity", name="costed"),
        sa.CheckConstraint("cost_minor >= 0 AND (costed > 0 OR cost_minor = 0)", name="cost"),
        sa.CheckConstraint(
            "container_id IS NOT NULL OR quantity % content_per_container = 0",
            name="sealed_is_whole",
        ),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    container_id: Mapped[int | None] = mapped_column(sa.ForeignKey("container.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    costed: Mapped[Decimal] = mapped_column(Quantity, default=ZERO)
    cost_minor: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    content_per_container: Mapped[Decimal] = mapped_column(Quantity)
    first_in_at: Mapped[dt.datetime] = mapped_column(Instant)
    counted_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    lot: Mapped[Lot] = relationship()
    location: Mapped[Location] = relationship()
    container: Mapped[Container | None] = relationship()


class Allocation(Identified, Base):
    """A quantity promised to a booked session, transfer or shipment."""

    __tablename__ = "allocation"
    __table_args__ = (
        sa.UniqueConstraint("purpose", "purpose_id", "item_id", "lot_id"),
        sa.Index("ix_allocation_clinic_item", "clinic_id", "item_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    lot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lot.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    purpose: Mapped[AllocationPurpose] = mapped_column(word(AllocationPurpose))
    purpose_id: Mapped[int] = mapped_column(Key)
