"""What suppliers sell: products, packs, GTINs, ingredients, prices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply import searching
from supply.accounts.models import Supplier
from supply.catalogue.finding import needles, words
from supply.catalogue.terms import Availability, Dose, PackLevel, Storage
from supply.db import Base, Identified, Instant, Quantity, derived, word
from supply.quantity import Unit
from supply.text import fold
from supply.vat.terms import TaxClass


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
        sa.CheckConstraint("needle_gauge BETWEEN 10 AND 40", name="needle_gauge"),
        sa.CheckConstraint("needle_length > 0", name="needle_length"),
        sa.CheckConstraint(
            "expected_on IS NULL OR availability <> 'available'", name="expected_on"
        ),
    )

    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    sku: Mapped[str] = mapped_column(sa.String(80), index=True)
    sku_key: Mapped[str] = mapped_column(sa.Text, default=derived("sku", fold))
    """What two products of a supplier may not share: the SKU as it reads."""
    name: Mapped[str] = mapped_column(sa.String(300), active_history=True)
    manufacturer: Mapped[str] = mapped_column(sa.String(200), default="")
    searched: Mapped[str] = mapped_column(sa.Text, default="")
    """What lists look for parts of words in, and are sorted by."""
    named: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """The words of name, SKU and needle in the index of words."""
    made: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """The words of the maker there."""
    category: Mapped[str] = mapped_column(sa.String(60), index=True, active_history=True)
    kind: Mapped[str] = mapped_column(sa.String(40), default="", active_history=True)
    needle_gauge: Mapped[int | None]
    needle_length: Mapped[Decimal | None] = mapped_column(Quantity)
    """In millimetres. Both are read from the name, unless the supplier says them."""
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
    stated_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """When the supplier last stated its facts otherwise, or first."""
    stated_in: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    """The file it stated them in; "" where they were typed."""
    lead_time_days: Mapped[int | None]
    minimum_order_packs: Mapped[int] = mapped_column(default=1)
    minimum_remaining_days: Mapped[int | None]
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    tax_class: Mapped[TaxClass] = mapped_column(
        word(TaxClass), default=TaxClass.STANDARD, server_default=TaxClass.STANDARD.value
    )
    availability: Mapped[Availability] = mapped_column(
        word(Availability),
        default=Availability.AVAILABLE,
        server_default=Availability.AVAILABLE.value,
    )
    expected_on: Mapped[dt.date | None]
    """When the supplier expects to have it again; nothing for what it has."""

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

    def again_on(self, today: dt.date) -> dt.date | None:
        """Return the day to come on which its supplier expects to have it again, if it says one."""
        if self.expected_on is None or self.expected_on <= today:
            return None
        return self.expected_on


def words_of_product(columns: Mapping[str, Any]) -> dict[str, str]:
    """Return the columns by which a product with these is found."""
    name, sku, maker = columns["name"], columns["sku"], columns.get("manufacturer") or ""
    return {
        "searched": searching.words_of(name, sku, maker),
        "named": words.named(name, sku, *(columns.get(column) for column in needles.COLUMNS)),
        "made": words.words_kept(maker),
    }


_FOUND_BY = ("name", "sku", "manufacturer", *needles.COLUMNS)


def _keep_words(_mapper: object, _connection: object, row: Product) -> None:
    """Keep what a product is found by at what it is, whenever the session writes one."""
    _keep_needle(row)
    for column, value in words_of_product({c: getattr(row, c) for c in _FOUND_BY}).items():
        if getattr(row, column) != value:
            setattr(row, column, value)


def _keep_needle(row: Product) -> None:
    now = {c: getattr(row, c) for c in ("name", "category", "kind", *needles.COLUMNS)}
    now["kind"] = now["kind"] or ""
    state = sa.inspect(row)
    if any(state.attrs[column].history.deleted for column in needles.COLUMNS):
        return  # somebody says it
    if not state.persistent:
        before = {**now, "name": ""}
    else:
        changed = {c: state.attrs[c].history.deleted for c in ("name", "category", "kind")}
        before = now | {column: old[0] for column, old in changed.items() if old}
    for column, value in needles.followed(before, now).items():
        if getattr(row, column) != value:
            setattr(row, column, value)


event.listen(Product, "before_insert", _keep_words)
event.listen(Product, "before_update", _keep_words)


def _words_of_ingredient(context: Any) -> str:
    row = context.get_current_parameters()
    return _found_by(row["name"], row.get("strength"))


def _found_by(name: str, strength: str | None) -> str:
    return words.words_kept(name, strength or "")


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
    searched: Mapped[str] = mapped_column(sa.Text, default=_words_of_ingredient)
    """Its words, and those of its strength, in the index of words."""
    strength: Mapped[str] = mapped_column(sa.String(200), default="")


searching.follows(ProductIngredient, "searched", lambda row: _found_by(row.name, row.strength))


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


class ProductSuccessor(Base):
    """What replaces a product, of the same supplier; it may have a successor in its turn."""

    __tablename__ = "product_successor"
    __table_args__ = (sa.CheckConstraint("product_id <> successor_id", name="another"),)

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), primary_key=True)
    successor_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), index=True)


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
    """The price of a pack from a date and a number of packs on, for one practice or all.

    It ends with its last day, if it has one, or gives way to one that begins later.
    """

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
        sa.CheckConstraint("valid_to >= valid_from", name="valid_to"),
    )

    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), index=True)
    practice_id: Mapped[int | None] = mapped_column(sa.ForeignKey("practice.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    valid_from: Mapped[dt.date]
    from_packs: Mapped[int] = mapped_column(default=1)
    pack_minor: Mapped[int] = mapped_column(sa.BigInteger)
    valid_to: Mapped[dt.date | None]

    product: Mapped[Product] = relationship()
