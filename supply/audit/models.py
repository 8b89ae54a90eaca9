"""Who did what: one row for each thing a service did."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supply.db import Base, Identified, Instant, Key


def _where_given(name: str, where: str) -> sa.Index:
    """Return the index of a way in to the rows of a place, the newest last."""
    condition = sa.text(where)
    return sa.Index(
        f"ix_audit_row_{name}",
        f"{name}_id",
        "at",
        "id",
        postgresql_where=condition,
        sqlite_where=condition,
    )


class AuditRow(Identified, Base):
    """One thing done, append-only: who, from where, to what, before and after."""

    __tablename__ = "audit_row"
    __table_args__ = (
        sa.Index("ix_audit_row_at_clinic", "at", "clinic_id"),
        sa.Index("ix_audit_row_subject", "subject_type", "subject_id", "at", "id"),
        sa.Index("ix_audit_row_person", "person_id", "at", "id"),
        _where_given("practice", "practice_id IS NOT NULL"),
        _where_given("supplier", "supplier_id IS NOT NULL"),
        _where_given("clinic", "practice_id IS NULL AND clinic_id IS NOT NULL"),
    )

    at: Mapped[dt.datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(Key)
    address: Mapped[str | None] = mapped_column(sa.String(64))
    action: Mapped[str] = mapped_column(sa.String(80))
    practice_id: Mapped[int | None] = mapped_column(Key)
    clinic_id: Mapped[int | None] = mapped_column(Key)
    supplier_id: Mapped[int | None] = mapped_column(Key)
    subject_type: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int | None] = mapped_column(Key)
    before: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
