"""Terms of supply as rows: for every practice, or for one."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supply.conditions.rules import Carriage, Terms
from supply.db import Base, Identified, Instant


class SupplyTerms(Identified, Base):
    """What a supplier asks in one currency, of all practices or of one; None: it does not say."""

    __tablename__ = "supply_terms"
    __table_args__ = (
        sa.Index(
            "uq_supply_terms_practice",
            "supplier_id",
            "practice_id",
            "currency",
            unique=True,
            postgresql_where=sa.text("practice_id IS NOT NULL"),
            sqlite_where=sa.text("practice_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_supply_terms_all",
            "supplier_id",
            "currency",
            unique=True,
            postgresql_where=sa.text("practice_id IS NULL"),
            sqlite_where=sa.text("practice_id IS NULL"),
        ),
        sa.CheckConstraint("minimum_minor >= 0", name="minimum_minor"),
        sa.CheckConstraint("carriage_minor >= 0", name="carriage_minor"),
        sa.CheckConstraint(
            "free_from_minor >= 0 AND (free_from_minor IS NULL OR carriage_minor IS NOT NULL)",
            name="free_from_minor",
        ),
        sa.CheckConstraint("payment_days >= 0", name="payment_days"),
    )

    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"))
    practice_id: Mapped[int | None] = mapped_column(sa.ForeignKey("practice.id"))
    currency: Mapped[str] = mapped_column(sa.String(3))
    minimum_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    carriage_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    free_from_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    payment_days: Mapped[int | None]
    changed_at: Mapped[dt.datetime] = mapped_column(Instant)

    @property
    def terms(self) -> Terms:
        """It as the rules have it."""
        known = self.carriage_minor is not None
        carriage = Carriage(self.carriage_minor or 0, self.free_from_minor) if known else None
        return Terms(self.minimum_minor, carriage, self.payment_days)
