"""What happened to a transfer, as its page shows it, each step with the way to undo it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.db import db
from supply.inventory.models import Entry
from supply.inventory.wording import measure
from supply.transfers.models import Transfer, TransferEvent, TransferLine
from supply.transfers.terms import TransferEventKind

_UNDOABLE = (
    TransferEventKind.SENT,
    TransferEventKind.MOVED,
    TransferEventKind.RECEIVED,
    TransferEventKind.WRITTEN_OFF,
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, and the entry to undo where this person may."""

    event: TransferEvent
    what: str
    undo: int | None
    is_undone: bool


def of(clinic: Clinic, transfer: Transfer, *, may_undo: Callable[[int | None], bool]) -> list[Step]:
    """Return what happened, newest first; a step is undone at the clinic that recorded it."""
    ids = [event.entry_id for event in transfer.events if event.entry_id]
    rows = db.session.execute(sa.select(Entry.id, Entry.clinic_id).where(Entry.id.in_(ids)))
    clinics = {row.id: row.clinic_id for row in rows}
    undone = set(db.session.scalars(sa.select(Entry.reverses_id).where(Entry.reverses_id.in_(ids))))
    lines = {line.lot_id: line for line in transfer.lines}
    return [
        Step(
            event,
            _what(event, lines),
            event.entry_id
            if event.kind in _UNDOABLE
            and event.entry_id not in undone
            and clinics.get(event.entry_id or 0) == clinic.id
            and may_undo(event.person_id)
            and not _sent_and_gone(event, transfer)
            else None,
            event.entry_id in undone,
        )
        for event in reversed(transfer.events)
    ]


def _sent_and_gone(event: TransferEvent, transfer: Transfer) -> bool:
    """Return whether a sending can no longer be undone: some of it arrived, or was given up."""
    sent = event.kind is TransferEventKind.SENT
    return sent and any(line.in_transit != line.sent for line in transfer.lines)


def _what(event: TransferEvent, lines: dict[int, TransferLine]) -> str:
    return ", ".join(
        f"{measure(Decimal(quantity), lines[lot_id].item)} {lines[lot_id].item.name}"
        for lot_id, quantity in event.said
        if lot_id in lines and Decimal(quantity) > 0
    )
