"""The rows of a transfer: made, locked, counted and ended; what its ledger entries say of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.codes import unused_code
from supply.db import db
from supply.inventory.ledger import MOVE, MoveDraft
from supply.inventory.models import Entry
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO
from supply.transfers.models import Transfer, TransferEvent, TransferLine, said_of
from supply.transfers.terms import (
    CODE_LENGTH,
    PREFIX,
    SOURCE,
    TransferEventKind,
    TransferStatus,
)

_GONE = (LocationKind.WASTE, LocationKind.DIFFERENCE)


def new_transfer(
    clinic: Clinic,
    to: Clinic | Location,
    moves: Sequence[MoveDraft],
    note: str,
    actor: Actor,
    now: dt.datetime,
) -> Transfer:
    """Make the row of a transfer of ``moves`` and a line for each lot; flushes."""
    within = isinstance(to, Location)
    transfer = Transfer(
        code=unused_code(PREFIX, (CODE_LENGTH,), Transfer.code),
        clinic_id=clinic.id,
        to_clinic_id=clinic.id if within else to.id,
        to_location_id=to.id if within else None,
        status=TransferStatus.DONE if within else TransferStatus.IN_TRANSIT,
        note=note.strip(),
        sent_at=now,
        sent_by_id=actor.person_id,
        ended_at=now if within else None,
    )
    sent: dict[tuple[int, int], Decimal] = {}
    for move in moves:
        key = (move.item_id, move.lot_id)
        sent[key] = sent.get(key, ZERO) + move.quantity
    transfer.lines = [
        TransferLine(
            item_id=item_id, lot_id=lot_id, sent=quantity, received=quantity if within else ZERO
        )
        for (item_id, lot_id), quantity in sent.items()
    ]
    db.session.add(transfer)
    db.session.flush()
    return transfer


def locked_transfer(transfer_id: int) -> Transfer:
    """Lock a transfer and return it with its lines, freshly read."""
    query = sa.select(Transfer.id).where(Transfer.id == transfer_id).with_for_update()
    db.session.execute(query).one()
    lines = selectinload(Transfer.lines)
    return db.session.scalars(
        sa.select(Transfer)
        .where(Transfer.id == transfer_id)
        .options(
            joinedload(Transfer.clinic),
            joinedload(Transfer.to_clinic),
            lines.joinedload(TransferLine.lot),
            lines.joinedload(TransferLine.item),
            selectinload(Transfer.events),
        )
        .execution_options(populate_existing=True)
    ).one()


def note(
    transfer: Transfer,
    kind: TransferEventKind,
    entry_id: int,
    quantities: Iterable[tuple[int, Decimal]],
    *,
    text: str = "",
    actor: Actor,
    now: dt.datetime,
) -> TransferEvent:
    """Put what happened on the transfer's timeline, settle how it stands, and audit it; flushes."""
    event = TransferEvent(
        kind=kind,
        at=now,
        person_id=actor.person_id,
        entry_id=entry_id,
        text=text,
        said=said_of(quantities),
    )
    transfer.events.append(event)
    settle(transfer, now)
    db.session.flush()
    for clinic_id in sorted({transfer.clinic_id, transfer.to_clinic_id}):
        audit.record(
            actor,
            f"transfer.{kind}",
            (SOURCE, transfer.id),
            now,
            clinic_id=clinic_id,
            after={"code": transfer.code, "entry": entry_id, "status": transfer.status},
        )
    return event


def settle(transfer: Transfer, now: dt.datetime) -> None:
    """Make the status follow from the lines; the transfer's lock is held."""
    if transfer.in_transit:
        transfer.status, transfer.ended_at = TransferStatus.IN_TRANSIT, None
        return
    back = all(line.returned == line.sent for line in transfer.lines)
    transfer.status = TransferStatus.TAKEN_BACK if back else TransferStatus.DONE
    transfer.ended_at = transfer.ended_at or now


def accounted(transfer_id: int | None = None) -> Mapping[tuple[int, int], Mapping[str, Decimal]]:
    """Return by transfer and lot what the ledger says became of it; None is all between clinics.

    ``sent`` is what left the shelves and is not back on them, ``received`` what the other clinic
    took in, ``written_off`` what was wasted or given up. One statement.
    """
    found: dict[tuple[int, int], dict[str, Decimal]] = {}
    for row in db.session.execute(_flows(transfer_id)):
        key = (row.source_id, row.lot_id)
        sums = found.setdefault(key, {"sent": ZERO, "received": ZERO, "written_off": ZERO})
        if row.clinic_id != row.sender_id:
            sums["received"] -= row.quantity
        elif row.kind in _GONE:
            sums["written_off"] -= row.quantity
        else:
            sums["sent"] += row.quantity
    return found


def _flows(transfer_id: int | None) -> sa.Select[*tuple[object, ...]]:
    """Return the select of what went into the sender's transit, by where it came from or went."""
    here, there = aliased(Location), aliased(Location)
    into, out = _side(here, there, inward=True), _side(here, there, inward=False)
    both = sa.union_all(*(_limited(side, transfer_id) for side in (into, out))).subquery()
    quantity = sa.func.sum(both.c.quantity, type_=MOVE.c.quantity.type)
    keys = (both.c.source_id, both.c.lot_id, both.c.sender_id, both.c.clinic_id, both.c.kind)
    return sa.select(*keys, quantity.label("quantity")).group_by(*keys)


def _side(
    here: type[Location], there: type[Location], *, inward: bool
) -> sa.Select[*tuple[object, ...]]:
    ends = (MOVE.c.to_location_id, MOVE.c.from_location_id)
    transit, other = ends if inward else ends[::-1]
    quantity = MOVE.c.quantity if inward else -MOVE.c.quantity
    return (
        sa.select(
            Entry.source_id,
            MOVE.c.lot_id,
            here.clinic_id.label("sender_id"),
            there.clinic_id,
            there.kind,
            quantity.label("quantity"),
        )
        .select_from(MOVE)
        .join(Entry, Entry.id == MOVE.c.entry_id)
        .join(here, here.id == transit)
        .join(there, there.id == other)
        .where(Entry.source_type == SOURCE, here.kind == LocationKind.TRANSIT)
    )


def _limited(
    side: sa.Select[*tuple[object, ...]], transfer_id: int | None
) -> sa.Select[*tuple[object, ...]]:
    return side if transfer_id is None else side.where(Entry.source_id == transfer_id)
