"""Writing off what never arrived: waste where a cause is known, else a count difference."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.actor import Actor
from supply.inventory import ledger
from supply.inventory.ledger import MoveDraft, Outside
from supply.inventory.rules import cause_in
from supply.inventory.terms import EntryKind, WasteCause
from supply.refusals import InvalidInput
from supply.transfers import records
from supply.transfers.models import Transfer
from supply.transfers.refusals import NotInTransit
from supply.transfers.sending import transit_of
from supply.transfers.terms import SOURCE, TransferEventKind


def write_off(
    transfer_id: int,
    *,
    cause: WasteCause | None = None,
    reason: str,
    named: bool = True,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Give up all that is still on its way; return the entry's id.

    With a cause, said or (where it may be ``named`` there) named by ``reason``, it is the sender's
    waste; without one nobody knows where it went, and it is a difference as a count would find
    it. Locks the transfer, then balances in primary-key order.

    Raises:
        InvalidInput: no reason.
        NotInTransit: nothing is on its way.
    """
    if not reason.strip():
        raise InvalidInput(("reason", _("Say what became of it.")))
    transfer = records.locked_transfer(transfer_id)
    if not transfer.in_transit:
        raise NotInTransit(transfer.code)
    if cause is None and named:
        cause = named_cause(reason)
    transit = transit_of(transfer.clinic_id)
    outside = ledger.outside_of(transfer.clinic_id)
    moves = _moves(transfer, transit, outside, cause)
    known = ledger.lock_places([(transit, move.lot_id, None) for move in moves])
    kind = EntryKind.WASTE if cause else EntryKind.CORRECTION
    draft = ledger.Draft(
        transfer.clinic_id, kind, now, moves, reason.strip(), (SOURCE, transfer.id)
    )
    entry_id = ledger.post(draft, outside, known, actor=actor, now=now)
    quantities = [(line.lot_id, line.in_transit) for line in transfer.in_transit]
    for line in transfer.in_transit:
        line.written_off += line.in_transit
    records.note(
        transfer, TransferEventKind.WRITTEN_OFF, entry_id, quantities,
        text=reason.strip(), actor=actor, now=now,
    )  # fmt: skip
    return entry_id


def _moves(
    transfer: Transfer, transit: int, outside: Outside, cause: WasteCause | None
) -> list[MoveDraft]:
    """Return the moves of what is still on its way: to waste, or to nobody knows where."""
    return [
        MoveDraft(
            item_id=line.item_id,
            lot_id=line.lot_id,
            content=line.lot.content_per_container,
            from_location_id=transit,
            to_location_id=outside.waste if cause else outside.difference,
            quantity=line.in_transit,
            cause=cause,
        )
        for line in transfer.in_transit
    ]


def named_cause(reason: str) -> WasteCause | None:
    """Return the cause of waste that ``reason`` begins with; None where it names none."""
    cause, _rest = cause_in(reason)
    if cause is WasteCause.OTHER and reason.partition(":")[0].strip().lower() != "other":
        return None
    return cause
