"""What is kept of an invoice that does not match: somebody's word that it is paid all the same."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.db import Base, Identified, Instant
from supply.open_items.models import OpenItem

_HOLDS = "taken_back_at IS NULL"


class PaidNevertheless(Identified, Base):
    """Somebody's word, with a reason, that an invoice is paid though it does not match."""

    __tablename__ = "paid_nevertheless"
    __table_args__ = (
        sa.CheckConstraint("reason <> ''", name="reason"),
        sa.Index(
            "uq_paid_nevertheless_holds",
            "item_id",
            unique=True,
            postgresql_where=sa.text(_HOLDS),
            sqlite_where=sa.text(_HOLDS),
        ),
    )

    item_id: Mapped[int] = mapped_column(sa.ForeignKey("open_item.id"))
    reason: Mapped[str] = mapped_column(sa.Text)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    taken_back_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    taken_back_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    item: Mapped[OpenItem] = relationship()
    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
