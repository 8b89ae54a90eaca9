"""Shipments: parcels of an order on their way, what is in them and who carries them."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.db import NO_ID_TWICE, Base, Identified, Instant
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.shipping.carriers import tracking_url
from supply.shipping.terms import Condition


class Shipment(Identified, Base):
    """A parcel of an order, known by its code; closed once all of it is accounted for."""

    __tablename__ = "shipment"
    __table_args__ = (NO_ID_TWICE,)

    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_order.id"), index=True)
    shipped_at: Mapped[dt.datetime] = mapped_column(Instant)
    shipped_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    received_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    order: Mapped[PurchaseOrder] = relationship()
    lines: Mapped[list[ShipmentLine]] = relationship(
        back_populates="shipment", order_by="ShipmentLine.id"
    )
    trackings: Mapped[list[Tracking]] = relationship(
        order_by="Tracking.id", cascade="all, delete-orphan"
    )


class Tracking(Identified, Base):
    """One of a shipment's parcels as its carrier knows it."""

    __tablename__ = "shipment_tracking"
    __table_args__ = (
        sa.UniqueConstraint("shipment_id", "carrier", "number"),
        sa.CheckConstraint("carrier <> '' OR number <> ''", name="said"),
    )

    shipment_id: Mapped[int] = mapped_column(sa.ForeignKey("shipment.id"))
    carrier: Mapped[str] = mapped_column(sa.String(100))
    number: Mapped[str] = mapped_column(sa.String(100))

    @property
    def url(self) -> str | None:
        """Where to follow it; None where the carrier is not known."""
        return tracking_url(self.carrier, self.number)


class ShipmentLine(Identified, Base):
    """Packs of one lot in a parcel."""

    __tablename__ = "shipment_line"
    __table_args__ = (
        sa.Index("ix_shipment_line_normalised", "normalised"),
        sa.CheckConstraint("packs > 0", name="packs"),
        sa.CheckConstraint(
            "good >= 0 AND damaged >= 0 AND missing >= 0 AND good + damaged + missing <= packs",
            name="accounted",
        ),
        NO_ID_TWICE,
    )

    shipment_id: Mapped[int] = mapped_column(sa.ForeignKey("shipment.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(sa.ForeignKey("order_line.id"), index=True)
    lot_number: Mapped[str] = mapped_column(sa.String(80))
    normalised: Mapped[str] = mapped_column(sa.String(80))
    expiry: Mapped[dt.date | None]
    packs: Mapped[int]
    good: Mapped[int] = mapped_column(default=0)
    damaged: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)

    shipment: Mapped[Shipment] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine] = relationship()

    @property
    def unaccounted(self) -> int:
        """Packs the clinic has said nothing about yet."""
        return self.packs - self.good - self.damaged - self.missing

    def count(self, condition: Condition, packs: int) -> None:
        """Count ``packs`` more as arrived in ``condition``; below zero takes them back."""
        match condition:
            case Condition.GOOD:
                self.good += packs
            case Condition.DAMAGED:
                self.damaged += packs
            case Condition.MISSING:
                self.missing += packs
