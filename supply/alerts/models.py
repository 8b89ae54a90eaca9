"""Alerts, who has been told of them, and the digests that were settled.

What an alert is about belongs to rooms above this one: their rows are named by id alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic, Person
from supply.alerts.terms import AlertKind, AlertStatus, TroubledJob
from supply.db import Base, Identified, Instant, word


class Alert(Identified, Base):
    """Something that needs someone; one unresolved per clinic, kind and subject.

    ``subject`` names what it is about ("item:12", "lot:7@3", "container:9",
    "order:4"); ``facts`` carries the figures its message is worded from.
    """

    __tablename__ = "alert"
    __table_args__ = (
        sa.Index(
            "uq_alert_unresolved",
            "clinic_id",
            "kind",
            "subject",
            unique=True,
            postgresql_where=sa.text("status <> 'resolved'"),
            sqlite_where=sa.text("status <> 'resolved'"),
        ),
        sa.Index("ix_alert_clinic_opened", "clinic_id", "opened_at"),
        sa.Index("ix_alert_clinic_resolved", "clinic_id", "resolved_at"),
        sa.Index(
            "ix_alert_resolved",
            "resolved_at",
            postgresql_where=sa.text("resolved_at IS NOT NULL"),
            sqlite_where=sa.text("resolved_at IS NOT NULL"),
        ),
        sa.CheckConstraint("(status = 'resolved') = (resolved_at IS NOT NULL)", name="resolved"),
        sa.CheckConstraint("(status = 'snoozed') = (snoozed_until IS NOT NULL)", name="snoozed"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    kind: Mapped[AlertKind] = mapped_column(word(AlertKind))
    subject: Mapped[str] = mapped_column(sa.String(80))
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id"))
    lot_id: Mapped[int | None] = mapped_column(sa.ForeignKey("lot.id"))
    order_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchase_order.id"))
    status: Mapped[AlertStatus] = mapped_column(word(AlertStatus), default=AlertStatus.OPEN)
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    opened_at: Mapped[dt.datetime] = mapped_column(Instant)
    snoozed_until: Mapped[dt.date | None]
    resolved_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    was_seen_to: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether it was acknowledged when its cause ended: it is again, if that comes right back."""
    assigned_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    """Who is to see to it."""

    clinic: Mapped[Clinic] = relationship()
    assigned_to: Mapped[Person | None] = relationship()


class AlertNotice(Base):
    """The sent marker: a mail to this person has named this alert."""

    __tablename__ = "alert_notice"

    alert_id: Mapped[int] = mapped_column(sa.ForeignKey("alert.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True, index=True)
    mail_id: Mapped[int] = mapped_column(sa.ForeignKey("mail.id"))


class DigestMark(Base):
    """A person's digest for a clinic and local day was settled (sent, or nothing new)."""

    __tablename__ = "digest_mark"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    mail_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail.id"))


class SummaryMark(Base):
    """A person's summary of a month at a clinic was settled (sent, or there was none to send)."""

    __tablename__ = "summary_mark"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    month: Mapped[dt.date] = mapped_column(primary_key=True)
    """Its first day."""
    mail_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail.id"))


class MailRefusal(Base):
    """A person wants no mails on a topic; see :mod:`supply.alerts.choices`."""

    __tablename__ = "mail_refusal"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(Instant)


class Trouble(Base):
    """What keeps a clinic's alerts or daily mail from being made; gone once they are again."""

    __tablename__ = "trouble"

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"), primary_key=True)
    job: Mapped[TroubledJob] = mapped_column(word(TroubledJob), primary_key=True)
    since: Mapped[dt.datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(sa.Text)
