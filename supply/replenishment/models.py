"""Reorder policies, alerts, proposals, and the record of each job's run."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic
from supply.catalogue.models import Product
from supply.db import Base, Identified, Instant, Quantity, word
from supply.inventory.models import Item, Lot
from supply.replenishment.terms import AlertKind, AlertStatus, Method


class Policy(Identified, Base):
    """How one item is reordered at one clinic."""

    __tablename__ = "policy"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "item_id"),
        sa.CheckConstraint("reorder_point >= 0", name="reorder_point"),
        sa.CheckConstraint("par_level > reorder_point", name="par_level"),
        sa.CheckConstraint(
            "method <> 'fixed' OR (reorder_point IS NOT NULL AND par_level IS NOT NULL)",
            name="fixed",
        ),
        sa.CheckConstraint(
            "method <> 'projected' OR service_level_thousandths BETWEEN 500 AND 999",
            name="projected",
        ),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), index=True)
    method: Mapped[Method] = mapped_column(word(Method))
    reorder_point: Mapped[Decimal | None] = mapped_column(Quantity)
    par_level: Mapped[Decimal | None] = mapped_column(Quantity)
    service_level_thousandths: Mapped[int | None]
    updated_at: Mapped[dt.datetime] = mapped_column(Instant)

    clinic: Mapped[Clinic] = relationship()
    item: Mapped[Item] = relationship()


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

    clinic: Mapped[Clinic] = relationship()
    item: Mapped[Item | None] = relationship()
    lot: Mapped[Lot | None] = relationship()


class AlertNotice(Base):
    """The sent marker: this person's digest has named this alert."""

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


class Proposal(Identified, Base):
    """What to order for an item at a clinic, while it is low; rewritten by each sweep."""

    __tablename__ = "proposal"
    __table_args__ = (
        sa.UniqueConstraint("clinic_id", "item_id"),
        sa.CheckConstraint("packs > 0", name="packs"),
    )

    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"))
    product_id: Mapped[int] = mapped_column(sa.ForeignKey("product.id"))
    packs: Mapped[int]
    order_by: Mapped[dt.date]
    facts: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    item: Mapped[Item] = relationship()
    product: Mapped[Product] = relationship()
