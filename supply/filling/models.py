"""Templates: lists of products and packs that a clinic orders again and again."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply import searching
from supply.accounts.models import Clinic, Person
from supply.catalogue.models import Product
from supply.db import NO_ID_TWICE, Base, Identified, Instant
from supply.text import fold


class OrderTemplate(Identified, Base):
    """A named list of what a clinic orders; a deleted one is kept, so that it can come back."""

    __tablename__ = "order_template"
    __table_args__ = (
        sa.Index(
            "uq_order_template_name_key",
            "clinic_id",
            "name_key",
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL"),
        ),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    name: Mapped[str] = mapped_column(sa.String(100))
    name_key: Mapped[str] = mapped_column(sa.Text, default="")
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    changed_at: Mapped[dt.datetime] = mapped_column(Instant)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    clinic: Mapped[Clinic] = relationship()
    created_by: Mapped[Person | None] = relationship()
    lines: Mapped[list[TemplateLine]] = relationship(
        back_populates="template", cascade="all, delete-orphan", order_by="TemplateLine.position"
    )


searching.follows(OrderTemplate, "name_key", lambda row: fold(row.name))


class TemplateLine(Identified, Base):
    """Packs of a product on a template."""

    __tablename__ = "order_template_line"
    __table_args__ = (
        sa.UniqueConstraint("template_id", "product_id"),
        sa.CheckConstraint("packs > 0", name="packs"),
        NO_ID_TWICE,
    )

    template_id: Mapped[int] = mapped_column(sa.ForeignKey("order_template.id"))
    position: Mapped[int]
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"), index=True)
    packs: Mapped[int]

    template: Mapped[OrderTemplate] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
