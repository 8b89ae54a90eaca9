"""Undoing an entry of a transfer: its lines are counted anew from the ledger."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply.actor import Actor
from supply.db import db
from supply.inventory.models import Entry
from supply.inventory.reversal import on_reversal
from supply.quantity import ZERO
from supply.transfers import moving, records
from supply.transfers.models import Transfer
from supply.transfers.refusals import PartlyAccounted
from supply.transfers.terms import SOURCE, TransferEventKind


@on_reversal(SOURCE, locks=records.locked_transfer)
def undo_transfer(transfer_id: int, actor: Actor, now: dt.datetime) -> None:
    """Count what became of a transfer again, after one of its entries was reversed.

    Runs in the reversal's transaction, which holds the transfer's lock.

    Raises:
        PartlyAccounted: its sending is undone, and some was received or written off since.
    """
    transfer = records.locked_transfer(transfer_id)
    before = {line.lot_id: (line.received, line.written_off) for line in transfer.lines}
    undoing = _last_undoing(transfer_id)
    sending_undone = undoing.reverses_id == transfer.entry_id
    partly = any(line.in_transit != line.sent for line in transfer.lines)
    if sending_undone and partly and not transfer.is_within:
        raise PartlyAccounted(transfer.code)
    if transfer.is_within:
        moving.put_back(transfer, actor, now)
        for line in transfer.lines:
            line.received, line.returned = ZERO, line.sent
    else:
        _count(transfer)
    kind = TransferEventKind.TAKEN_BACK if sending_undone else TransferEventKind.UNDONE
    quantities = [
        (line.lot_id, before[line.lot_id][0] - line.received)
        for line in transfer.lines
        if before[line.lot_id][0] != line.received
    ]
    records.note(transfer, kind, undoing.id, quantities, actor=actor, now=now)


def _count(transfer: Transfer) -> None:
    found = records.accounted(transfer.id)
    for line in transfer.lines:
        sums = found[transfer.id, line.lot_id]
        line.received, line.written_off = sums["received"], sums["written_off"]
        line.returned = line.sent - sums["sent"]


def _last_undoing(transfer_id: int) -> Entry:
    """Return the reversing entry that is just being written."""
    return db.session.scalars(
        sa.select(Entry)
        .where(
            Entry.source_type == SOURCE,
            Entry.source_id == transfer_id,
            Entry.reverses_id.is_not(None),
        )
        .order_by(Entry.id.desc())
        .limit(1)
    ).one()
