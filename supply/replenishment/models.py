"""Reorder policies, alerts, proposals, and the record of each job's run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic
from supply.catalogue.models import Product
from supply.db import Base, Identified, Instant, Quantity, word
from supply.inventory.models import Lot
from supply.items.models import Item
from supply.replenishment.terms import Method


class Policy(Identified, Base):
    """How one item is reordered at one clinic."""

    __tablename__ = "policy"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "item_id"),
        sa.CheckConstraint("reorder_point >= 0", name="reorder_point"),
        sa.CheckConstraint("par_level > reorder_point", name="par_level"),
        sa.CheckConstraint(
            "method <> 'fixed' OR (reorder_point IS NOT NULL AND par_level IS NOT NULL)",
            name="fixed",
        ),
        sa.CheckConstraint(
            "method <> 'projected' OR service_level_thousandths BETWEEN 500 AND 999",
            name="projected",
        ),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), index=True)
    method: Mapped[Method] = mapped_column(word(Method))
    reorder_point: Mapped[Decimal | None] = mapped_column(Quantity)
    par_level: Mapped[Decimal | None] = mapped_column(Quantity)
    service_level_thousandths: Mapped[int | None]
    updated_at: Mapped[dt.datetime] = mapped_column(Instant)

    clinic: Mapped[Clinic] = relationship()
    item: Mapped[Item] = relationship()


class Proposal(Identified, Base):
    """What to order for an item at a clinic, while it is low; rewritten by each sweep."""

    __tablename__ = "proposal"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "item_id"),
        sa.CheckConstraint("packs > 0", name="packs"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    packs: Mapped[int]
    order_by: Mapped[dt.date]
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    item: Mapped[Item] = relationship()
    product: Mapped[Product] = relationship()


class ProposedTransfer(Identified, Base):
    """A lot that a clinic would let expire, and a sister clinic needs; rewritten by each sweep."""

    __tablename__ = "proposed_transfer"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "from_clinic_id", "lot_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("clinic_id <> from_clinic_id", name="another"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    """The clinic that needs it."""
    from_clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), index=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), index=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    by: Mapped[dt.date]
    """The last day on which bringing it over still helps."""
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    clinic: Mapped[Clinic] = relationship(foreign_keys=[clinic_id])
    from_clinic: Mapped[Clinic] = relationship(foreign_keys=[from_clinic_id])
    item: Mapped[Item] = relationship()
    lot: Mapped[Lot] = relationship()
