"""Standing orders and what came of each day they were due."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic, Person, Supplier
from supply.db import Base, Identified, Instant, word
from supply.filling.models import OrderTemplate
from supply.standing.rules import Rhythm
from supply.standing.terms import Every, Outcome


class StandingOrder(Identified, Base):
    """A template that is ordered by itself, in a rhythm; a deleted one is kept, to come back."""

    __tablename__ = "standing_order"
    __table_args__ = (
        sa.Index("ix_standing_order_clinic", "clinic_id", "id"),
        sa.Index(
            "ix_standing_order_next",
            "next_on",
            postgresql_where=sa.text("deleted_at IS NULL AND paused_at IS NULL"),
            sqlite_where=sa.text("deleted_at IS NULL AND paused_at IS NULL"),
        ),
        sa.CheckConstraint("count BETWEEN 1 AND 52", name="count"),
        sa.CheckConstraint(
            "(every = 'weeks' AND day_of BETWEEN 0 AND 6)"
            " OR (every = 'months' AND day_of BETWEEN 1 AND 31)",
            name="day_of",
        ),
        sa.CheckConstraint("ends_on >= starts_on", name="ends_on"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    template_id: Mapped[int] = mapped_column(sa.ForeignKey("order_template.id"))
    supplier_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supplier.id"))
    """Of the template's lines only this supplier's; None: of all."""
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    """Whose it is: it orders what they may order, and they get its mails."""
    every: Mapped[Every] = mapped_column(word(Every))
    count: Mapped[int]
    day_of: Mapped[int]
    """Of the week (Monday is 0) or the month (1 to 31)."""
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date | None]
    next_on: Mapped[dt.date | None]
    """When it is due next; None where that is never."""
    skip_on: Mapped[dt.date | None]
    """The due date that is to be left out."""
    paused_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    retry_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """Until when one that failed is left alone."""
    created_at: Mapped[dt.datetime] = mapped_column(Instant)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    clinic: Mapped[Clinic] = relationship()
    template: Mapped[OrderTemplate] = relationship()
    supplier: Mapped[Supplier | None] = relationship()
    person: Mapped[Person] = relationship()

    @property
    def rhythm(self) -> Rhythm:
        """When it is due, as the rules have it."""
        return Rhythm(self.every, self.count, self.day_of, self.starts_on, self.ends_on)


class StandingRun(Identified, Base):
    """A day on which a standing order was due and what came of it: one a day, whoever tries."""

    __tablename__ = "standing_run"
    __table_args__ = (sa.UniqueConstraint("standing_order_id", "due_on"),)

    standing_order_id: Mapped[int] = mapped_column(sa.ForeignKey("standing_order.id"))
    due_on: Mapped[dt.date]
    at: Mapped[dt.datetime] = mapped_column(Instant)
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    orders: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    """Of each order made: its id, number, supplier and whether an owner was asked."""
    left: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON)
    """Of each supplier whose part is in the basket: its name and why, see ``reasons``."""
    gone: Mapped[list[dict[str, Any] | str]] = mapped_column(sa.JSON)
    """Of each product that is no longer sold its name, and what replaces it or None. A bare name
    stands where it was written down before replacements were."""
