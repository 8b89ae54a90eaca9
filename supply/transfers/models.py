"""Transfers: stock that moves within a clinic, or from one clinic of a practice to another."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from supply.accounts.models import Clinic, Person
from supply.db import Base, Identified, Instant, Quantity, word
from supply.inventory.models import Lot
from supply.items.models import Item, Location
from supply.quantity import ZERO
from supply.transfers.terms import TransferEventKind, TransferStatus


class Transfer(Identified, Base):
    """Stock on its way from a clinic to a sister clinic, or moved to another location of it.

    Within a clinic both ends are that clinic and ``to_location`` says where to; it is done at once.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        sa.Index("ix_transfer_from", "clinic_id", "id"),
        sa.Index("ix_transfer_to", "to_clinic_id", "id"),
        sa.Index(
            "ix_transfer_in_transit",
            "to_clinic_id",
            postgresql_where=sa.text("status = 'in_transit'"),
            sqlite_where=sa.text("status = 'in_transit'"),
        ),
        sa.CheckConstraint(
            "(clinic_id = to_clinic_id) = (to_location_id IS NOT NULL)", name="within"
        ),
        sa.CheckConstraint("(status = 'in_transit') = (ended_at IS NULL)", name="ended"),
    )

    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    """The clinic that sends."""
    to_clinic_id: Mapped[int] = mapped_column(sa.ForeignKey("clinic.id"))
    to_location_id: Mapped[int | None] = mapped_column(sa.ForeignKey("location.id"))
    status: Mapped[TransferStatus] = mapped_column(word(TransferStatus))
    note: Mapped[str] = mapped_column(sa.Text, default="")
    sent_at: Mapped[dt.datetime] = mapped_column(Instant)
    sent_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id"), unique=True)
    """The ledger entry by which it left, or moved."""
    ended_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    carried: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    """Holds and clocks that followed what was moved within the clinic, as they were before."""

    clinic: Mapped[Clinic] = relationship(foreign_keys=[clinic_id])
    to_clinic: Mapped[Clinic] = relationship(foreign_keys=[to_clinic_id])
    to_location: Mapped[Location | None] = relationship()
    sent_by: Mapped[Person | None] = relationship()
    lines: Mapped[list[TransferLine]] = relationship(
        back_populates="transfer", order_by="TransferLine.id"
    )
    events: Mapped[list[TransferEvent]] = relationship(
        back_populates="transfer", order_by="TransferEvent.id"
    )

    @property
    def is_within(self) -> bool:
        """Whether it stays in the clinic."""
        return self.clinic_id == self.to_clinic_id

    @property
    def in_transit(self) -> list[TransferLine]:
        """The lines of which some is still on its way."""
        return [line for line in self.lines if line.in_transit]


class TransferLine(Identified, Base):
    """How much of one lot was sent, and what became of it; in the item's base unit."""

    __tablename__ = "transfer_line"
    __table_args__ = (
        sa.UniqueConstraint("transfer_id", "lot_id"),
        sa.CheckConstraint("sent > 0", name="sent"),
        sa.CheckConstraint(
            "received >= 0 AND written_off >= 0 AND returned >= 0"
            " AND received + written_off + returned <= sent",
            name="accounted",
        ),
    )

    transfer_id: Mapped[int] = mapped_column(sa.ForeignKey("transfer.id"))
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("item.id"), index=True)
    lot_id: Mapped[int] = mapped_column(sa.ForeignKey("lot.id"), index=True)
    sent: Mapped[Decimal] = mapped_column(Quantity)
    received: Mapped[Decimal] = mapped_column(Quantity, default=ZERO)
    written_off: Mapped[Decimal] = mapped_column(Quantity, default=ZERO)
    returned: Mapped[Decimal] = mapped_column(Quantity, default=ZERO)

    transfer: Mapped[Transfer] = relationship(back_populates="lines")
    item: Mapped[Item] = relationship()
    lot: Mapped[Lot] = relationship()

    @property
    def in_transit(self) -> Decimal:
        """How much is still on its way."""
        return self.sent - self.received - self.written_off - self.returned


class TransferEvent(Identified, Base):
    """One thing that happened to a transfer, with the ledger entry it wrote."""

    __tablename__ = "transfer_event"

    transfer_id: Mapped[int] = mapped_column(sa.ForeignKey("transfer.id"), index=True)
    kind: Mapped[TransferEventKind] = mapped_column(word(TransferEventKind))
    at: Mapped[dt.datetime] = mapped_column(Instant)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id"))
    text: Mapped[str] = mapped_column(sa.Text, default="")
    said: Mapped[list[Any]] = mapped_column(sa.JSON, default=list)
    """What it was about: (lot id, quantity) of each, by lot."""

    transfer: Mapped[Transfer] = relationship(back_populates="events")
    person: Mapped[Person | None] = relationship()


def said_of(quantities: Iterable[tuple[int, Decimal]]) -> list[Any]:
    """Return lots and quantities as an event keeps them, each lot once."""
    sums: dict[int, Decimal] = {}
    for lot_id, quantity in quantities:
        sums[lot_id] = sums.get(lot_id, ZERO) + quantity
    return [[lot_id, str(quantity)] for lot_id, quantity in sorted(sums.items())]
