"""Protocols, courses and sessions: what uses stock, and when."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic, Person
from supply.db import Base, Identified, Instant, Quantity, derived, word
from supply.formulations.models import Formulation, FormulationVersion
from supply.inventory.models import Entry, Lot
from supply.inventory.terms import EntryKind
from supply.items.models import Item
from supply.text import fold
from supply.treatments.terms import SESSION_SOURCE, SessionStatus


class Protocol(Identified, Base):
    """A formulation given on explicit days, then perhaps kept up."""

    __tablename__ = "protocol"
    __table_args__ = (
        sa.UniqueConstraint("practice_id", "code"),
        sa.Index("uq_protocol_code_key", "practice_id", "code_key", unique=True),
        sa.CheckConstraint("maintenance_days > 0", name="maintenance_days"),
        sa.CheckConstraint("sessions_minimum > 0", name="sessions_minimum"),
    )

    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = mapped_column(sa.Text, default=derived("code", fold))
    name: Mapped[str] = mapped_column(sa.String(200))
    concern: Mapped[str] = mapped_column(sa.String(60), default="")
    formulation_id: Mapped[int] = mapped_column(sa.ForeignKey("formulation.id"), index=True)
    sessions_minimum: Mapped[int | None]
    maintenance_days: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(sa.Text, default="")
    source: Mapped[str] = mapped_column(sa.Text, default="")
    archived_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    formulation: Mapped[Formulation] = relationship()
    days: Mapped[list[ProtocolDay]] = relationship(
        cascade="all, delete-orphan", order_by="ProtocolDay.day"
    )


class ProtocolDay(Base):
    """A session day, counted from the course's start (day 0)."""

    __tablename__ = "protocol_day"
    __table_args__ = (sa.CheckConstraint("day >= 0", name="day"),)

    protocol_id: Mapped[int] = mapped_column(sa.ForeignKey("protocol.id"), primary_key=True)
    day: Mapped[int] = mapped_column(primary_key=True)


class Course(Identified, Base):
    """A protocol for one patient reference at a clinic."""

    __tablename__ = "course"

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), index=True)
    protocol_id: Mapped[int] = mapped_column(sa.ForeignKey("protocol.id"), index=True)
    patient_reference: Mapped[str] = mapped_column(sa.String(80))
    starts_on: Mapped[dt.date]
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    created_at: Mapped[dt.datetime] = mapped_column(Instant)

    protocol: Mapped[Protocol] = relationship()


class KnownAllergen(Identified, Base):
    """What the patient behind a reference is allergic to, anywhere in the practice.

    It stands until taken back with a reason, whatever becomes of courses and sessions.
    """

    __tablename__ = "known_allergen"
    __table_args__ = (
        sa.Index(
            "uq_known_allergen_standing",
            "practice_id",
            "reference_key",
            "allergen",
            unique=True,
            postgresql_where=sa.text("withdrawn_at IS NULL"),
            sqlite_where=sa.text("withdrawn_at IS NULL"),
        ),
        sa.CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn"),
    )

    practice_id: Mapped[int] = mapped_column(sa.ForeignKey("practice.id"))
    reference_key: Mapped[str] = mapped_column(sa.Text)
    patient_reference: Mapped[str] = mapped_column(sa.String(80))
    allergen: Mapped[str] = mapped_column(sa.String(60))
    noted_at: Mapped[dt.datetime] = mapped_column(Instant)
    noted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    withdrawn_reason: Mapped[str | None] = mapped_column(sa.Text)

    noted_by: Mapped[Person | None] = relationship(foreign_keys=[noted_by_id])
    withdrawn_by: Mapped[Person | None] = relationship(foreign_keys=[withdrawn_by_id])


class TreatmentSession(Identified, Base):
    """One sitting, planned or recorded; recording it writes the ledger."""

    __tablename__ = "treatment_session"
    __table_args__ = (
        sa.Index("ix_treatment_session_clinic_occurred", "clinic_id", "occurred_at"),
        sa.Index("ix_treatment_session_clinic_planned", "clinic_id", "planned_on"),
        sa.Index("ix_treatment_session_formulation", "formulation_id", "clinic_id", "occurred_at"),
        sa.Index("ix_treatment_session_reference", "reference_key", "clinic_id"),
        sa.CheckConstraint(
            "(status IN ('recorded', 'undone')) = (occurred_at IS NOT NULL)", name="occurred"
        ),
        sa.Index(
            "uq_treatment_session_external",
            "clinic_id",
            "external_id",
            unique=True,
            postgresql_where=sa.text("external_id IS NOT NULL"),
            sqlite_where=sa.text("external_id IS NOT NULL"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('planned', 'no_show') OR planned_on IS NOT NULL", name="planned"
        ),
        sa.CheckConstraint("areas >= 1", name="areas"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    external_id: Mapped[str | None] = mapped_column(sa.String(200))
    """What the practice's own diary calls the booking."""
    course_id: Mapped[int | None] = mapped_column(sa.ForeignKey("course.id"), index=True)
    number: Mapped[int | None]
    status: Mapped[SessionStatus] = mapped_column(word(SessionStatus))
    planned_on: Mapped[dt.date | None]
    planned_at: Mapped[dt.time | None]
    """The time on the clinic's clock, where one is known."""
    booked_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """When it was booked first; None for what was planned before that was kept, or not at all."""
    practitioner: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")
    """Who is to give it, as the diary names them."""
    areas: Mapped[int] = mapped_column(default=1, server_default="1")
    formulation_id: Mapped[int] = mapped_column(sa.ForeignKey("formulation.id"))
    version_id: Mapped[int | None] = mapped_column(sa.ForeignKey("formulation_version.id"))
    patient_reference: Mapped[str] = mapped_column(sa.String(80))
    reference_key: Mapped[str] = mapped_column(sa.Text)
    """The reference as it is compared; see :mod:`supply.treatments.references`."""
    occurred_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    recorded_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    clinic: Mapped[Clinic] = relationship()
    course: Mapped[Course | None] = relationship()
    formulation: Mapped[Formulation] = relationship()
    version: Mapped[FormulationVersion | None] = relationship()
    recorded_by: Mapped[Person | None] = relationship()
    entry: Mapped[Entry | None] = relationship(
        primaryjoin=lambda: sa.and_(
            sa.orm.foreign(Entry.source_id) == TreatmentSession.id,
            Entry.source_type == SESSION_SOURCE,
            Entry.kind == EntryKind.SESSION,
        ),
        viewonly=True,
        uselist=False,
    )
    lines: Mapped[list[SessionLine]] = relationship(order_by="SessionLine.id")
    overrides: Mapped[list[SessionOverride]] = relationship(order_by="SessionOverride.id")


class SessionLine(Identified, Base):
    """What a session said of one item: as planned, as given, and why it differs."""

    __tablename__ = "session_line"
    __table_args__ = (
        sa.UniqueConstraint("session_id", "item_id"),
        sa.CheckConstraint("planned >= 0", name="planned"),
        sa.CheckConstraint("given >= 0", name="given"),
    )

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("treatment_session.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    planned: Mapped[Decimal] = mapped_column(Quantity)
    given: Mapped[Decimal] = mapped_column(Quantity)
    lot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lot.id"))
    """The lot a person picked instead of FEFO's; none where FEFO chose."""
    reason: Mapped[str | None] = mapped_column(sa.Text)

    item: Mapped[Item] = relationship()
    lot: Mapped[Lot | None] = relationship()


class SessionOverride(Identified, Base):
    """A warning that was gone on from when a session was recorded, and why."""

    __tablename__ = "session_override"
    __table_args__ = (sa.UniqueConstraint("session_id", "warning"),)

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("treatment_session.id"))
    warning: Mapped[str] = mapped_column(sa.String(120))
    skus: Mapped[list[str]] = mapped_column(sa.JSON)
    source: Mapped[str] = mapped_column(sa.Text)
    message: Mapped[str] = mapped_column(sa.Text)
    reason: Mapped[str] = mapped_column(sa.Text)
