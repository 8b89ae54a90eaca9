"""Receiving a transfer at the clinic it was sent to: once, whole or in parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.db import db
from supply.inventory import ledger, taking_in
from supply.inventory.models import Entry
from supply.inventory.taking_in import Incoming
from supply.inventory.terms import EntryKind
from supply.items.prescription import Coming, check_may_take_in
from supply.quantity import as_text
from supply.refusals import InvalidInput
from supply.transfers import records, rules
from supply.transfers.lines import Fault, Line, quantity_fault
from supply.transfers.models import Transfer, TransferEvent, TransferLine, said_of
from supply.transfers.refusals import NotInTransit, ReceivedOtherwise
from supply.transfers.sending import transit_of
from supply.transfers.terms import SOURCE, TransferEventKind


@dataclass(frozen=True, slots=True)
class Received:
    """The entry that took a transfer in, and what is missing of it: (line, quantity)."""

    entry_id: int
    missing: tuple[tuple[TransferLine, Decimal], ...]


def receive(
    transfer_id: int,
    lines: Sequence[Line] | None = None,
    *,
    seen: Mapping[int, Decimal] | None = None,
    actor: Actor,
    now: dt.datetime,
) -> Received:
    """Take a transfer in as it was sent (``lines`` None: all that is on its way), or as said.

    What is missing stays in transit, the sender's. Who says the same as somebody before gets the
    first answer. ``seen`` is what was on its way of each line when the caller looked; if that has
    changed, what they say was meant for another state. Locks the transfer, then balances in
    primary-key order.

    Raises:
        NotInTransit: nothing is on its way, and nothing was ever received.
        ReceivedOtherwise: somebody received it, and said something else.
        NotForThem: prescription-only goods, and the person may not receive such.
        InvalidInput: naming each line of another lot, of part of a container, or of more than
            is on its way.
    """
    transfer = records.locked_transfer(transfer_id)
    left = {line.lot_id: line.in_transit for line in transfer.in_transit}
    stale = any(
        (seen or {}).get(line.id, line.in_transit) != line.in_transit for line in transfer.lines
    )
    if not left or stale or _was_said(transfer, lines, left):
        return _first_answer(transfer, lines)
    arrived = _as_sent(transfer) if lines is None else list(lines)
    _check(transfer, arrived, left)
    entry_id = _take_in(transfer, arrived, actor, now)
    quantities = [(one.lot_id, one.quantity) for one in arrived]
    by_lot = {line.lot_id: line for line in transfer.lines}
    for lot_id, quantity in quantities:
        by_lot[lot_id].received += quantity
    records.note(transfer, TransferEventKind.RECEIVED, entry_id, quantities, actor=actor, now=now)
    return Received(entry_id, missing(transfer))


def missing(transfer: Transfer) -> tuple[tuple[TransferLine, Decimal], ...]:
    """Return what is still on its way, by line."""
    return tuple((line, line.in_transit) for line in transfer.in_transit)


def _as_sent(transfer: Transfer) -> list[Line]:
    return [
        Line(line.lot_id, line.in_transit, field=f"lines.{at}")
        for at, line in enumerate(transfer.in_transit)
    ]


def _was_said(
    transfer: Transfer, lines: Sequence[Line] | None, left: Mapping[int, Decimal]
) -> bool:
    """Return whether ``lines`` do not fit what is left, but fit what was sent."""
    if lines is None:
        return False
    said = _counts(lines)
    sent = {line.lot_id: line.sent for line in transfer.lines}
    return bool(rules.too_many(left, said)) and not rules.too_many(sent, said)


def _counts(lines: Sequence[Line]) -> list[rules.Count]:
    return [rules.Count(line.lot_id, line.quantity) for line in lines]


def _first_answer(transfer: Transfer, lines: Sequence[Line] | None) -> Received:
    """Return what was answered to who said the same; raises where nobody did."""
    before = receipts(transfer)
    if not before:
        raise NotInTransit(transfer.code)
    said = None if lines is None else said_of((line.lot_id, line.quantity) for line in lines)
    same = next((one for one in reversed(before) if said in (None, one.said)), None)
    # "As sent" repeats nothing where some of it never came, or was not received yet.
    differs = said is None and any(line.received != line.sent for line in transfer.lines)
    if same is None or same.entry_id is None or differs:
        last = before[-1]
        who = last.person.name if last.person else str(_("Supply"))
        raise ReceivedOtherwise(transfer.code, who, last.at, transfer.to_clinic.timezone)
    return Received(same.entry_id, missing(transfer))


def receipts(transfer: Transfer) -> list[TransferEvent]:
    """Return what was received and not undone since, first first."""
    found = [one for one in transfer.events if one.kind is TransferEventKind.RECEIVED]
    undone = set(
        db.session.scalars(
            sa.select(Entry.reverses_id).where(
                Entry.reverses_id.in_([one.entry_id for one in found])
            )
        )
    )
    return [one for one in found if one.entry_id not in undone]


def _check(transfer: Transfer, arrived: Sequence[Line], left: Mapping[int, Decimal]) -> None:
    by_lot = {line.lot_id: line for line in transfer.lines}
    over = rules.too_many(left, _counts(arrived))
    faults: list[Fault] = []
    for at, one in enumerate(arrived):
        line = by_lot.get(one.lot_id)
        if line is None:
            message = _("This lot is not in transfer %(code)s.", code=transfer.code)
            faults.append((f"{one.field}.lot", str(message)))
            continue
        content = line.lot.content_per_container
        wrong = quantity_fault(one.quantity, line.item.unit, content)
        if wrong is None and at in over:
            wrong = _only_left(line, over[at])
        if wrong:
            faults.append((f"{one.field}.quantity", wrong))
    if faults:
        raise InvalidInput(*faults)


def _only_left(line: TransferLine, left: Decimal) -> str:
    return str(
        _(
            "%(name)s, lot %(lot)s: only %(left)s of it is on its way.",
            name=line.item.name,
            lot=line.lot.number,
            left=as_text(left).rstrip("0").rstrip("."),
        )
    )


def _take_in(transfer: Transfer, arrived: Sequence[Line], actor: Actor, now: dt.datetime) -> int:
    clinic = transfer.to_clinic
    by_lot = {line.lot_id: line for line in transfer.lines}
    coming = [Coming(by_lot[one.lot_id].item, one.field) for one in arrived]
    check_may_take_in(clinic, coming, actor)
    places = taking_in.place_of(clinic, [_incoming(by_lot[one.lot_id], one) for one in arrived])
    taking_in.note_stocked(clinic.id, {by_lot[one.lot_id].item_id for one in arrived})
    transit = transit_of(transfer.clinic_id)
    lots = [one.lot_id for one in arrived]
    ends = [(transit, lot_id, None) for lot_id in lots]
    ends += [(place, lot_id, None) for place, lot_id in zip(places, lots, strict=True)]
    known = {place: row for place, row in ledger.lock_places(ends).items() if place[0] == transit}
    outside = ledger.outside_of(clinic.id)
    # Where the currencies differ, the cost stays behind: the goods come in past the outside.
    changes = transfer.clinic.currency != clinic.currency
    stop = outside.supplier if changes else None
    moves = [
        move
        for one, place in zip(arrived, places, strict=True)
        for move in _moves(by_lot[one.lot_id], one.quantity, (transit, stop, place))
    ]
    draft = ledger.Draft(clinic.id, EntryKind.TRANSFER, now, moves, "", (SOURCE, transfer.id))
    return ledger.post(draft, outside, known, actor=actor, now=now)


def _incoming(line: TransferLine, one: Line) -> Incoming:
    return Incoming(
        item=line.item,
        lot_number=line.lot.number,
        expiry=line.lot.expiry,
        quantity=one.quantity,
        location_id=one.location_id,
        field=one.field,
    )


def _moves(
    line: TransferLine, quantity: Decimal, way: tuple[int, int | None, int]
) -> list[ledger.MoveDraft]:
    stops = [stop for stop in way if stop is not None]
    return [
        ledger.MoveDraft(
            item_id=line.item_id,
            lot_id=line.lot_id,
            content=line.lot.content_per_container,
            from_location_id=start,
            to_location_id=end,
            quantity=quantity,
        )
        for start, end in pairwise(stops)
    ]
