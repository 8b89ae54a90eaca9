"""A clinic's own calendar: where it is, how its titles are read, and what became of its events."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic
from supply.calendars.terms import EventState, ReferenceMark, Trouble
from supply.db import Base, Identified, Instant, word
from supply.formulations.models import Formulation


class CalendarFeed(Base):
    """A clinic's calendar. Its address is a secret: whoever has it reads the calendar."""

    __tablename__ = "calendar_feed"
    __table_args__ = (sa.Index("ix_calendar_feed_next_at", "next_at"),)

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    address: Mapped[str] = mapped_column(sa.Text)
    mark: Mapped[ReferenceMark] = mapped_column(word(ReferenceMark))
    set_up_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    next_at: Mapped[dt.datetime] = mapped_column(Instant)
    """When it is to be read next."""
    read_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    """When it was read last, without any trouble."""
    trouble: Mapped[Trouble | None] = mapped_column(word(Trouble))
    troubled_since: Mapped[dt.datetime | None] = mapped_column(Instant)

    clinic: Mapped[Clinic] = relationship()
    rules: Mapped[list[CalendarRule]] = relationship(
        order_by="CalendarRule.position", cascade="all, delete-orphan"
    )


class CalendarRule(Identified, Base):
    """What is given where a title has certain words in it; the first that fits says so."""

    __tablename__ = "calendar_rule"
    __table_args__ = (sa.Index("ix_calendar_rule_clinic_id", "clinic_id", "position"),)

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("calendar_feed.clinic_id"))
    position: Mapped[int]
    words: Mapped[str] = mapped_column(sa.String(120))
    formulation_id: Mapped[int] = mapped_column(sa.ForeignKey("formulation.id"))

    formulation: Mapped[Formulation] = relationship()


class CalendarEvent(Identified, Base):
    """An event of a clinic's calendar: when it is, and what was made of its title.

    The title is not here, nor anything else of it: only what rules or a person said.
    """

    __tablename__ = "calendar_event"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "key"),
        sa.Index("ix_calendar_event_clinic_day", "clinic_id", "day"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    key: Mapped[str] = mapped_column(sa.String(40))
    """A hash of the event's UID, and of which repetition it is."""
    sequence: Mapped[int]
    day: Mapped[dt.date]
    time: Mapped[dt.time | None]
    formulation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("formulation.id"))
    reference: Mapped[str | None] = mapped_column(sa.String(80))
    state: Mapped[EventState] = mapped_column(word(EventState))
