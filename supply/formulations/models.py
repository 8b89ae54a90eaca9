"""Recipes: formulations, their versions, lines and substitutes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply import searching
from supply.db import Base, Identified, Instant, Quantity, derived, word
from supply.formulations.terms import Per
from supply.items.models import Item
from supply.text import fold


class Formulation(Identified, Base):
    """A recipe under the practice's own code; what it says is in its versions."""

    __tablename__ = "formulation"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "code"),
        sa.Index("uq_formulation_code_key", "practice_id", "code_key", unique=True),
    )

    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = mapped_column(sa.Text, default=derived("code", fold))
    name: Mapped[str] = mapped_column(sa.String(200))
    concern: Mapped[str] = mapped_column(sa.String(60), default="")
    searched: Mapped[str] = mapped_column(sa.Text, default="")
    archived_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    versions: Mapped[list[FormulationVersion]] = relationship(
        back_populates="formulation", order_by="FormulationVersion.number"
    )


searching.follows(
    Formulation, "searched", lambda row: searching.words_of(row.name, row.code, row.concern)
)


class FormulationVersion(Identified, Base):
    """One wording of a formulation, frozen once a session used it."""

    __tablename__ = "formulation_version"
    __table_args__ = (
        sa.UniqueConstraint("formulation_id", "number"),
        sa.CheckConstraint("number > 0", name="number"),
    )

    formulation_id: Mapped[int] = mapped_column(sa.ForeignKey("formulation.id"))
    number: Mapped[int]
    frozen_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    formulation: Mapped[Formulation] = relationship(back_populates="versions")
    lines: Mapped[list[FormulationLine]] = relationship(
        cascade="all, delete-orphan", order_by="FormulationLine.position"
    )


class FormulationLine(Identified, Base):
    """An item and how much of it; dead space is what the syringe keeps."""

    __tablename__ = "formulation_line"
    __table_args__ = (
        sa.UniqueConstraint("version_id", "position"),
        sa.UniqueConstraint("version_id", "item_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("dead_space >= 0", name="dead_space"),
    )

    version_id: Mapped[int] = mapped_column(sa.ForeignKey("formulation_version.id"))
    position: Mapped[int]
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    per: Mapped[Per] = mapped_column(word(Per), default=Per.SESSION)
    optional: Mapped[bool] = mapped_column(default=False)
    dead_space: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))

    item: Mapped[Item] = relationship()
    substitutes: Mapped[list[FormulationSubstitute]] = relationship(
        cascade="all, delete-orphan", order_by="FormulationSubstitute.position"
    )


class FormulationSubstitute(Identified, Base):
    """An item that may stand in for a line, in its own quantity."""

    __tablename__ = "formulation_substitute"
    __table_args__ = (
        sa.UniqueConstraint("line_id", "item_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
    )

    line_id: Mapped[int] = mapped_column(sa.ForeignKey("formulation_line.id"))
    position: Mapped[int]
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)

    item: Mapped[Item] = relationship()
