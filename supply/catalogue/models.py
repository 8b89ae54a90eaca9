"""What suppliers sell: products, packs, GTINs, ingredients, prices."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply import searching
from supply.accounts.models import Supplier
from supply.catalogue.terms import Dose, PackLevel, Storage
from supply.db import Base, Identified, Instant, Quantity, derived, word
from supply.quantity import Unit
from supply.text import fold, search_key


class Product(Identified, Base):
    """One line of a supplier's catalogue, sold by the pack."""

    __tablename__ = "product"
    __table_args__ = (
        sa.UniqueConstraint("supplier_id", "sku"),
        sa.Index("uq_product_sku_key", "supplier_id", "sku_key", unique=True),
        sa.CheckConstraint("containers_per_pack > 0", name="containers_per_pack"),
        sa.CheckConstraint("content_per_container > 0", name="content_per_container"),
        sa.CheckConstraint("minimum_order_packs > 0", name="minimum_order_packs"),
        sa.CheckConstraint("minimum_remaining_days >= 0", name="minimum_remaining_days"),
        sa.CheckConstraint("lead_time_days >= 0", name="lead_time_days"),
    )

    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    sku: Mapped[str] = mapped_column(sa.String(80), index=True)
    sku_key: Mapped[str] = mapped_column(sa.Text, default=derived("sku", fold))
    """What two products of a supplier may not share: the SKU as it reads."""
    name: Mapped[str] = mapped_column(sa.String(300))
    manufacturer: Mapped[str] = mapped_column(sa.String(200), default="")
    searched: Mapped[str] = mapped_column(sa.Text, default="")
    category: Mapped[str] = mapped_column(sa.String(60), index=True)
    kind: Mapped[str] = mapped_column(sa.String(40), default="")
    unit: Mapped[Unit] = mapped_column(word(Unit))
    containers_per_pack: Mapped[int]
    content_per_container: Mapped[Decimal] = mapped_column(Quantity)
    dose: Mapped[Dose] = mapped_column(word(Dose))
    storage: Mapped[Storage] = mapped_column(word(Storage))
    storage_text: Mapped[str] = mapped_column(sa.String(200), default="")
    keep_dark: Mapped[bool] = mapped_column(default=False)
    keep_dry: Mapped[bool] = mapped_column(default=False)
    flammable: Mapped[bool] = mapped_column(default=False)
    do_not_freeze: Mapped[bool] = mapped_column(default=False)
    shelf_life_months: Mapped[int | None]
    prescription_only: Mapped[bool] = mapped_column(default=False)
    regulatory_class: Mapped[str] = mapped_column(sa.String(200), default="")
    source: Mapped[str] = mapped_column(sa.Text, default="")
    lead_time_days: Mapped[int | None]
    minimum_order_packs: Mapped[int] = mapped_column(default=1)
    minimum_remaining_days: Mapped[int | None]
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    supplier: Mapped[Supplier] = relationship()
    concerns: Mapped[list[ProductConcern]] = relationship(
        cascade="all, delete-orphan", order_by="ProductConcern.concern"
    )
    ingredients: Mapped[list[ProductIngredient]] = relationship(
        cascade="all, delete-orphan", order_by="ProductIngredient.position"
    )
    allergens: Mapped[list[ProductAllergen]] = relationship(
        cascade="all, delete-orphan", order_by="ProductAllergen.allergen"
    )
    gtins: Mapped[list[ProductGtin]] = relationship(
        cascade="all, delete-orphan", order_by="ProductGtin.containers"
    )
    opening_rules: Mapped[list[ProductOpeningRule]] = relationship(
        cascade="all, delete-orphan", order_by="ProductOpeningRule.storage"
    )

    @property
    def pack_quantity(self) -> Decimal:
        """What one pack holds, in the base unit."""
        return self.content_per_container * self.containers_per_pack


searching.follows(
    Product, "searched", lambda row: searching.words_of(row.name, row.sku, row.manufacturer)
)


class ProductConcern(Identified, Base):
    """A treatment concern a product is sold for, such as ``hair_loss``."""

    __tablename__ = "product_concern"
    __table_args__ = (sa.UniqueConstraint("product_id", "concern"),)

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    concern: Mapped[str] = mapped_column(sa.String(60), index=True)


class ProductIngredient(Identified, Base):
    """An ingredient of a product with its strength as the label prints it."""

    __tablename__ = "product_ingredient"
    __table_args__ = (sa.UniqueConstraint("product_id", "position"),)

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(200), index=True)
    searched: Mapped[str] = mapped_column(sa.Text, default=derived("name", search_key))
    strength: Mapped[str] = mapped_column(sa.String(200), default="")


class ProductAllergen(Identified, Base):
    """An allergen code a product carries, such as ``fish``."""

    __tablename__ = "product_allergen"
    __table_args__ = (sa.UniqueConstraint("product_id", "allergen"),)

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    allergen: Mapped[str] = mapped_column(sa.String(60))


class ProductGtin(Identified, Base):
    """A GTIN (14 digits) of a product at one pack level; not unique across suppliers."""

    __tablename__ = "product_gtin"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "gtin"),
        sa.CheckConstraint("containers > 0", name="containers"),
        sa.CheckConstraint("length(gtin) = 14", name="gtin"),
    )

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    gtin: Mapped[str] = mapped_column(sa.String(14), index=True)
    level: Mapped[PackLevel] = mapped_column(word(PackLevel))
    containers: Mapped[int]

    product: Mapped[Product] = relationship(back_populates="gtins")


class ProductOpeningRule(Identified, Base):
    """How many hours an opened container lasts; ``storage`` None holds anywhere."""

    __tablename__ = "product_opening_rule"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "storage"),
        sa.CheckConstraint("hours >= 0", name="hours"),
    )

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    storage: Mapped[Storage | None] = mapped_column(word(Storage))
    hours: Mapped[int]


class Price(Identified, Base):
    """The price of a pack from a date and a number of packs, for one practice or all."""

    __tablename__ = "price"
    __table_args__ = (
        sa.Index(
            "uq_price_practice",
            "product_id",
            "practice_id",
            "currency",
            "valid_from",
            "from_packs",
            unique=True,
            postgresql_where=sa.text("practice_id IS NOT NULL"),
            sqlite_where=sa.text("practice_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_price_list",
            "product_id",
            "currency",
            "valid_from",
            "from_packs",
            unique=True,
            postgresql_where=sa.text("practice_id IS NULL"),
            sqlite_where=sa.text("practice_id IS NULL"),
        ),
        sa.CheckConstraint("from_packs > 0", name="from_packs"),
        sa.CheckConstraint("pack_minor >= 0", name="pack_minor"),
    )

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), index=True)
    practice_id: Mapped[int | None] = mapped_column(sa.ForeignKey("practice.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    valid_from: Mapped[dt.date]
    from_packs: Mapped[int] = mapped_column(default=1)
    pack_minor: Mapped[int] = mapped_column(sa.BigInteger)

    product: Mapped[Product] = relationship()
