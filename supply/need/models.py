"""What the ledger says of past use, summed up by day; and what was learned from it.

All of it follows from the ledger, orders and receipts, and may be made anew from them. What was
learned are estimates, kept as floating-point numbers: no quantity of stock is among them.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from supply.db import Base, Identified, Key, Quantity


class UseDay(Base):
    """An item's day at a clinic, in its base unit; days on which nothing moved have no row."""

    __tablename__ = "use_day"
    __table_args__ = (sa.Index("ix_use_day_clinic_day", "clinic_id", "day"),)

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    unbooked: Mapped[Decimal] = mapped_column(Quantity)
    """What sessions took that were not booked in time, with what was wasted in giving them."""
    booked: Mapped[Decimal] = mapped_column(Quantity)
    wasted: Mapped[Decimal] = mapped_column(Quantity)
    """Broken, spilled and the like; not what expired, which is foreseen from its date."""
    lapsed: Mapped[Decimal] = mapped_column(Quantity)
    """What was left of open containers after their time."""
    net: Mapped[Decimal] = mapped_column(Quantity)
    """By how much there was more on shelves at its end; below zero: less."""


class UseMark(Identified, Base):
    """Up to which entry of the ledger all are summed up: one row."""

    __tablename__ = "use_mark"

    entry_id: Mapped[int] = mapped_column(Key)


class LearnedUse(Base):
    """What past use taught of an item at a clinic: see :class:`supply.projection.proposing.Known`.

    In units of ``unit``; a day is one of the clinic's calendar.
    """

    __tablename__ = "learned_use"
    __table_args__ = (sa.CheckConstraint("unit > 0", name="unit"),)

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), primary_key=True, index=True)
    learned_on: Mapped[dt.date]
    unit: Mapped[Decimal] = mapped_column(Quantity)
    """Base units that are counted as one: what a usual use takes, or a container."""
    likely: Mapped[float] = mapped_column(sa.Double)
    cautious: Mapped[float] = mapped_column(sa.Double)
    dispersion: Mapped[float] = mapped_column(sa.Double)
    waste: Mapped[float] = mapped_column(sa.Double)
    """Share wasted of what is used."""
    lapsing: Mapped[float] = mapped_column(sa.Double)
    """Share of what is used that lapses in open containers beside it."""
    days: Mapped[int]
    """Days that taught something: on which it was there to be used."""
    borrowed: Mapped[bool]
    """Whether its use is lent: too little is known here."""
    reckoned_from: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    """The sessions it was reckoned from, see :class:`supply.need.lending.Lent`; None: other use."""
    short_on: Mapped[dt.date | None]
    """The first day on which need is expected unmet, as the last sweep saw it; None: not soon."""


class LeadSeen(Base):
    """How many orders of a product took so many days from placing to receiving, in a year."""

    __tablename__ = "lead_seen"
    __table_args__ = (
        sa.CheckConstraint("days > 0", name="days"),
        sa.CheckConstraint("orders > 0", name="orders"),
    )

    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("supplier.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("product.id"), primary_key=True, index=True
    )
    days: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[int]
