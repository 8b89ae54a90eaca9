"""Adverse events: what was noticed after a session, and its lots as they were known then."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Person
from supply.adverse.terms import LONGEST_KIND, Severity
from supply.db import Base, Identified, Instant, Quantity, word
from supply.inventory.models import Lot
from supply.treatments.models import TreatmentSession


class AdverseEvent(Identified, Base):
    """Something noticed after a session. Never changed: what is learned later is a note."""

    __tablename__ = "adverse_event"

    session_id: Mapped[int] = mapped_column(sa.ForeignKey("treatment_session.id"), index=True)
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(LONGEST_KIND))
    severity: Mapped[Severity] = mapped_column(word(Severity))
    noticed_at: Mapped[dt.datetime] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(sa.Text)
    recorded_at: Mapped[dt.datetime] = mapped_column(Instant)
    recorded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    session: Mapped[TreatmentSession] = relationship()
    recorded_by: Mapped[Person | None] = relationship()
    lots: Mapped[list[AdverseEventLot]] = relationship(order_by="AdverseEventLot.id")
    notes: Mapped[list[AdverseEventNote]] = relationship(order_by="AdverseEventNote.id")


class AdverseEventLot(Identified, Base):
    """A lot that went to the patient, in the words of the day the event was written down."""

    __tablename__ = "adverse_event_lot"
    __table_args__ = (sa.Index("uq_adverse_event_lot", "event_id", "lot_id", unique=True),)

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("adverse_event.id"))
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    sku: Mapped[str] = mapped_column(sa.String(80))
    name: Mapped[str] = mapped_column(sa.String(300))
    number: Mapped[str] = mapped_column(sa.String(80))
    expiry: Mapped[dt.date | None]
    gtin: Mapped[str | None] = mapped_column(sa.String(14))
    maker: Mapped[str] = mapped_column(sa.String(200))
    supplier: Mapped[str] = mapped_column(sa.String(200))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(sa.String(10))

    lot: Mapped[Lot] = relationship()


class AdverseEventNote(Identified, Base):
    """What was learned of an event later, or put right about it."""

    __tablename__ = "adverse_event_note"

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("adverse_event.id"), index=True)
    note: Mapped[str] = mapped_column(sa.Text)
    noted_at: Mapped[dt.datetime] = mapped_column(Instant)
    noted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))

    noted_by: Mapped[Person | None] = relationship()
