"""What a practice stocks, and the locations of its clinics."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply import searching
from supply.accounts.models import Clinic
from supply.catalogue.models import Product
from supply.catalogue.terms import Dose, Storage
from supply.db import Base, Identified, Instant, Quantity, derived, word
from supply.items.terms import LocationKind
from supply.quantity import Unit
from supply.text import fold


class Item(Identified, Base):
    """What a practice stocks, under its own code; bought as one or more products."""

    __tablename__ = "item"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "code"),
        sa.Index("uq_item_code_key", "practice_id", "code_key", unique=True),
        sa.CheckConstraint("content_per_container > 0", name="content_per_container"),
    )

    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = mapped_column(sa.Text, default=derived("code", fold))
    name: Mapped[str] = mapped_column(sa.String(300))
    searched: Mapped[str] = mapped_column(sa.Text, default="")
    category: Mapped[str] = mapped_column(sa.String(60), default="")
    unit: Mapped[Unit] = mapped_column(word(Unit))
    container: Mapped[str] = mapped_column(sa.String(40), default="")
    content_per_container: Mapped[Decimal] = mapped_column(Quantity)
    dose: Mapped[Dose] = mapped_column(word(Dose))
    injectable: Mapped[bool] = mapped_column(default=False)
    storage: Mapped[Storage] = mapped_column(word(Storage))
    archived_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    products: Mapped[list[Product]] = relationship(secondary="item_product", order_by="Product.id")
    opening_rules: Mapped[list[ItemOpeningRule]] = relationship(
        cascade="all, delete-orphan", order_by="ItemOpeningRule.storage"
    )


searching.follows(Item, "searched", lambda row: searching.words_of(row.name, row.code))


class ItemProduct(Base):
    """A product an item may be bought as; the preferred one is proposed first."""

    __tablename__ = "item_product"
    __table_args__ = (
        sa.Index(
            "uq_item_product_preferred",
            "item_id",
            unique=True,
            postgresql_where=sa.text("preferred"),
            sqlite_where=sa.text("preferred"),
        ),
    )

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("product.id"), primary_key=True, index=True
    )
    preferred: Mapped[bool] = mapped_column(default=False)


class ItemGtin(Identified, Base):
    """A GTIN that a practice says is an item's, for no supplier's catalogue has it."""

    __tablename__ = "item_gtin"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "gtin"),
        sa.CheckConstraint("containers > 0", name="containers"),
        sa.CheckConstraint("length(gtin) = 14", name="gtin"),
    )

    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), index=True)
    gtin: Mapped[str] = mapped_column(sa.String(14))
    containers: Mapped[int]
    linked_at: Mapped[dt.datetime] = mapped_column(Instant)


class ItemOpeningRule(Identified, Base):
    """Hours an opened container lasts in a storage class; None holds anywhere."""

    __tablename__ = "item_opening_rule"
    __table_args__ = (
        sa.UniqueConstraint("item_id", "storage"),
        sa.CheckConstraint("hours >= 0", name="hours"),
    )

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    storage: Mapped[Storage | None] = mapped_column(word(Storage))
    hours: Mapped[int]


class ClinicItem(Base):
    """An item once stocked at a clinic; not tracked means used and named, nothing drawn."""

    __tablename__ = "clinic_item"

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), primary_key=True, index=True)
    tracked: Mapped[bool] = mapped_column(default=True)


class Location(Identified, Base):
    """A fridge, cupboard or room; or one of the clinic's outside places."""

    __tablename__ = "location"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "name"),
        sa.Index("uq_location_name_key", "clinic_id", "name_key", unique=True),
        sa.Index(
            "uq_location_outside",
            "clinic_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("kind <> 'shelf'"),
            sqlite_where=sa.text("kind <> 'shelf'"),
        ),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    kind: Mapped[LocationKind] = mapped_column(word(LocationKind))
    name: Mapped[str] = mapped_column(sa.String(100))
    name_key: Mapped[str] = mapped_column(sa.Text, default="")
    storage: Mapped[Storage | None] = mapped_column(word(Storage))
    position: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    clinic: Mapped[Clinic] = relationship()


searching.follows(Location, "name_key", lambda row: fold(row.name))
