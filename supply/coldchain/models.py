"""Ranges of locations, loggers, readings, and excursions with what was decided on them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.coldchain.terms import Side, Source
from supply.db import Base, Identified, Instant, derived, word
from supply.items.models import Location
from supply.text import fold


class ColdLimit(Base):
    """The range of a location where others than the usual of its storage class were set.

    Temperatures are whole hundredths of a degree Celsius, here and in all tables of this room.
    """

    __tablename__ = "cold_limit"
    __table_args__ = (
        sa.CheckConstraint("low < high", name="range"),
        sa.CheckConstraint("low IS NOT NULL OR high IS NOT NULL", name="bound"),
        sa.CheckConstraint(
            "warm_minutes >= 0 AND warm_total >= 0 AND cold_minutes >= 0 AND cold_total >= 0",
            name="minutes",
        ),
    )

    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"), primary_key=True)
    low: Mapped[int | None]
    high: Mapped[int | None]
    warm_minutes: Mapped[int]
    warm_total: Mapped[int]
    cold_minutes: Mapped[int]
    cold_total: Mapped[int]
    may_freeze: Mapped[bool]


class Logger(Identified, Base):
    """A device that writes temperatures down: where it is, and how its files are read."""

    __tablename__ = "logger"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "serial_key"),
        sa.Index("ix_logger_calibration", "calibration_valid_to"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"), index=True)
    serial: Mapped[str] = mapped_column(sa.String(80))
    serial_key: Mapped[str] = mapped_column(sa.Text, default=derived("serial", fold))
    name: Mapped[str] = mapped_column(sa.String(100), default="")
    calibration_valid_to: Mapped[dt.date | None]
    told_for: Mapped[dt.date | None]
    """The last day of calibration that people were told of."""
    told_days: Mapped[int | None]
    """How many days ahead they were told of it, at the nearest."""
    retired_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    location: Mapped[Location] = relationship()


class FileShape(Identified, Base):
    """How files with a certain heading are read at a clinic, as a person confirmed it."""

    __tablename__ = "file_shape"
    __table_args__ = (sa.UniqueConstraint("clinic_id", "signature"),)

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    signature: Mapped[str] = mapped_column(sa.String(64))
    reading: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    confirmed_at: Mapped[dt.datetime] = mapped_column(Instant)


class ReadingImport(Identified, Base):
    """Readings that came together: a file, what a program sent, what a person read."""

    __tablename__ = "reading_import"
    __table_args__ = (
        sa.Index("ix_reading_import_location", "location_id", "id"),
        sa.CheckConstraint("accepted >= 0 AND repeated >= 0", name="counts"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), index=True)
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    logger_id: Mapped[int | None] = mapped_column(sa.ForeignKey("logger.id"), index=True)
    source: Mapped[Source] = mapped_column(word(Source))
    sha256: Mapped[str | None] = mapped_column(sa.String(64))
    filename: Mapped[str] = mapped_column(sa.String(200), default="")
    size: Mapped[int]
    """In bytes."""
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[dt.datetime] = mapped_column(Instant)
    first_at: Mapped[dt.datetime] = mapped_column(Instant)
    last_at: Mapped[dt.datetime] = mapped_column(Instant)
    accepted: Mapped[int]
    repeated: Mapped[int]
    undone_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    location: Mapped[Location] = relationship()
    logger: Mapped[Logger | None] = relationship()
    person: Mapped[Person | None] = relationship()


class Reading(Base):
    """A temperature at an instant in a location. What says the same again is not kept again."""

    __tablename__ = "reading"
    __table_args__ = (
        sa.Index("ix_reading_import_id", "import_id"),
        {"sqlite_with_rowid": False},
    )

    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Instant, primary_key=True)
    celsius: Mapped[int]
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("reading_import.id"))


class DayReading(Base):
    """The lowest and highest of a day, from a logger that keeps no more of it.

    Minutes out of range are those beyond the logger's own bounds, ``warm_above`` and
    ``cold_below``, where it counts them.
    """

    __tablename__ = "day_reading"
    __table_args__ = (
        sa.Index("ix_day_reading_import_id", "import_id"),
        sa.CheckConstraint("low <= high", name="range"),
    )

    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    low: Mapped[int]
    high: Mapped[int]
    warm_above: Mapped[int | None]
    warm_minutes: Mapped[int | None]
    cold_below: Mapped[int | None]
    cold_minutes: Mapped[int | None]
    import_id: Mapped[int] = mapped_column(sa.ForeignKey("reading_import.id"))


class ColdExcursion(Identified, Base):
    """A time out of range that was too long, and what was decided on what was there.

    ``ended_at`` None: it goes on. ``closed_at``: everything held for it was decided on.
    ``withdrawn_at``: its readings were taken back, or say otherwise under other limits.
    """

    __tablename__ = "cold_excursion"
    __table_args__ = (
        sa.Index("ix_cold_excursion_location", "location_id", "began_at"),
        sa.Index(
            "ix_cold_excursion_open",
            "clinic_id",
            postgresql_where=sa.text("closed_at IS NULL AND withdrawn_at IS NULL"),
            sqlite_where=sa.text("closed_at IS NULL AND withdrawn_at IS NULL"),
        ),
        sa.CheckConstraint("ended_at >= began_at", name="times"),
        sa.CheckConstraint("low <= high", name="range"),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    location_id: Mapped[int] = mapped_column(sa.ForeignKey("location.id"))
    side: Mapped[Side] = mapped_column(word(Side))
    began_at: Mapped[dt.datetime] = mapped_column(Instant)
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    low: Mapped[int]
    high: Mapped[int]
    minutes: Mapped[int]
    """How long it was out, as far as readings tell."""
    froze: Mapped[bool]
    kinetic: Mapped[int | None]
    """The mean kinetic temperature; None where only the lowest and highest of days are known."""
    of_days: Mapped[bool] = mapped_column(default=False)
    """Whether only the lowest and highest of days are known."""
    found_at: Mapped[dt.datetime] = mapped_column(Instant)
    answer: Mapped[str | None] = mapped_column(sa.Text)
    answered_by: Mapped[str | None] = mapped_column(sa.String(200))
    answered_on: Mapped[dt.date | None]
    answered_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    closed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    location: Mapped[Location] = relationship()
    closed_by: Mapped[Person | None] = relationship()


class ExcursionDocument(Base):
    """The maker's answer as it came, beside its words."""

    __tablename__ = "excursion_document"

    excursion_id: Mapped[int] = mapped_column(sa.ForeignKey("cold_excursion.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(60))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary)
