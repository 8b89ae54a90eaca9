"""Counts, and their lines: one for each lot in each location."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic
from supply.counting.terms import CountStatus, DifferenceCause, ItemClass
from supply.db import Base, Identified, Instant, Quantity, word
from supply.inventory.models import Lot
from supply.items.models import Item, Location


class Count(Identified, Base):
    """A count of what is really there: of some locations or items of a clinic, or of all.

    While it is open and ``blind``, those who count do not see what is expected. ``entry_id`` is
    the entry that put the ledger right; a count in which nothing differed has none.
    """

    __tablename__ = "stock_count"
    __table_args__ = (
        sa.Index("ix_stock_count_clinic_begun", "clinic_id", "begun_at"),
        sa.Index("ix_stock_count_ended", "ended_at"),
        sa.Index(
            "ix_stock_count_open",
            "clinic_id",
            postgresql_where=sa.text("status = 'open'"),
            sqlite_where=sa.text("status = 'open'"),
        ),
        sa.CheckConstraint("(status = 'open') = (ended_at IS NULL)", name="ended"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    status: Mapped[CountStatus] = mapped_column(word(CountStatus), default=CountStatus.OPEN)
    blind: Mapped[bool] = mapped_column(default=True)
    scope: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    """What is counted: ``{"locations": [id] or null, "items": [id] or null}``."""
    begun_at: Mapped[dt.datetime] = mapped_column(Instant)
    begun_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id"))
    note: Mapped[str | None] = mapped_column(sa.Text)
    """Why somebody posted their own large differences, there being nobody else."""

    clinic: Mapped[Clinic] = relationship()


class CountLine(Identified, Base):
    """What was counted of a lot in a location, by whom, at which moment; None: not yet.

    ``rests`` says by container (its id, or "0" for one that nobody recorded as open) how much
    of it is in open ones; None where only the sum was told. A line said again keeps what it said
    ``before``. ``expected``, ``difference``, ``value_minor`` and ``cause`` are written at posting.
    """

    __tablename__ = "count_line"
    __table_args__ = (
        sa.UniqueConstraint("count_id", "location_id", "lot_id"),
        sa.Index("ix_count_line_lot", "lot_id"),
        sa.CheckConstraint("counted >= 0", name="counted"),
        sa.CheckConstraint("(counted IS NULL) = (counted_at IS NULL)", name="moment"),
        sa.CheckConstraint("(expected IS NULL) = (difference IS NULL)", name="posted"),
    )

    count_id: Mapped[int] = mapped_column(sa.ForeignKey("stock_count.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"))
    counted: Mapped[Decimal | None] = mapped_column(Quantity)
    rests: Mapped[dict[str, str] | None] = mapped_column(sa.JSON(none_as_null=True))
    counted_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    counted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    again: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether somebody else than who counted it is to count it once more."""
    before: Mapped[Decimal | None] = mapped_column(Quantity)
    before_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    expected: Mapped[Decimal | None] = mapped_column(Quantity)
    difference: Mapped[Decimal | None] = mapped_column(Quantity)
    value_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    cause: Mapped[DifferenceCause | None] = mapped_column(word(DifferenceCause))

    item: Mapped[Item] = relationship()
    lot: Mapped[Lot] = relationship()
    location: Mapped[Location] = relationship()


class CountLimits(Base):
    """What a clinic calls a large difference, and every how many days each class is counted.

    A clinic without a row goes by the usual, see :mod:`supply.counting.limits`.
    """

    __tablename__ = "count_limits"
    __table_args__ = (
        sa.CheckConstraint("recount_minor > 0", name="recount_minor"),
        sa.CheckConstraint("recount_percent BETWEEN 1 AND 100", name="recount_percent"),
        sa.CheckConstraint("days_a > 0 AND days_b > 0 AND days_c > 0", name="days"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    recount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    recount_percent: Mapped[int]
    days_a: Mapped[int]
    days_b: Mapped[int]
    days_c: Mapped[int]


class ClassedItem(Base):
    """Of which class an item is at a clinic, by what it is worth there in a year; made anew."""

    __tablename__ = "classed_item"

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), primary_key=True, index=True)
    word: Mapped[ItemClass] = mapped_column(word(ItemClass))
    classed_on: Mapped[dt.date]
