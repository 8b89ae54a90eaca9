"""Sending stock to a sister clinic, and taking back what is still on its way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.depots import no_depot
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import AnyRow, db
from supply.inventory import ledger
from supply.inventory.models import Balance, Move
from supply.inventory.refusals import ShortageError, ShortItem
from supply.inventory.reversal import reverse
from supply.inventory.rules import is_expired
from supply.inventory.terms import EntryKind
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO, as_text
from supply.refusals import InvalidInput, Refusal
from supply.transfers import records, rules
from supply.transfers.lines import Fault, Line, quantity_fault
from supply.transfers.models import Transfer, TransferLine
from supply.transfers.refusals import NotInTransit
from supply.transfers.shelf import Shelf, lock_shelf, place_of, today_at
from supply.transfers.terms import SOURCE, TransferEventKind


def sister_with(clinic: Clinic, code: str) -> Clinic:
    """Return the other clinic of the practice with ``code``.

    Raises:
        InvalidInput: there is none; field ``to_clinic``.
    """
    found = next((one for one in sisters(clinic) if one.code == code), None)
    if found is None:
        message = _("This practice has no other clinic with the code %(code)s.", code=code)
        raise InvalidInput(("to_clinic", message))
    return found


def sisters(clinic: Clinic) -> Sequence[Clinic]:
    """Return the other clinics of the practice, by name."""
    query = sa.select(Clinic).where(
        Clinic.practice_id == clinic.practice_id, Clinic.id != clinic.id, no_depot(Clinic.id)
    )
    return db.session.scalars(query.order_by(Clinic.name, Clinic.id)).all()


def send(
    clinic: Clinic,
    to: Clinic,
    lines: Sequence[Line],
    *,
    note: str = "",
    actor: Actor,
    now: dt.datetime,
) -> Transfer:
    """Send sealed containers of lots to a sister clinic: they are in transit until received.

    They stay this clinic's until then. Locks the lots' balances here, in primary-key order.

    Raises:
        InvalidInput: naming each line of part of a container, or of an expired or held lot.
        ShortageError: naming every item of which less is there.
    """
    shelf = lock_shelf(clinic, {line.lot_id for line in lines})
    transit = transit_of(clinic.id)
    moves = _moves(clinic, shelf, lines, transit, now)
    transfer = records.new_transfer(clinic, to, moves, note, actor, now)
    draft = ledger.Draft(
        clinic.id, EntryKind.TRANSFER, now, moves, note.strip(), (SOURCE, transfer.id)
    )
    transfer.entry_id = ledger.post(
        draft, ledger.outside_of(clinic.id), shelf.rows, actor=actor, now=now
    )
    quantities = [(line.lot_id, line.sent) for line in transfer.lines]
    records.note(
        transfer,
        TransferEventKind.SENT,
        transfer.entry_id,
        quantities,
        text=note.strip(),
        actor=actor,
        now=now,
    )
    return transfer


def take_back(transfer_id: int, *, actor: Actor, now: dt.datetime) -> int:
    """Put what is still on its way back where it came from; return the entry's id.

    Where nothing was received or written off, that is the undoing of its sending; but not where a
    shelf was counted since, rightly without it: then it comes back now. Locks the transfer, then
    balances in primary-key order.

    Raises:
        NotInTransit: nothing is on its way.
        Refusal: where it came from is archived by now.
    """
    transfer = records.locked_transfer(transfer_id)
    if not transfer.in_transit:
        raise NotInTransit(transfer.code)
    untouched = all(line.in_transit == line.sent for line in transfer.lines)
    if transfer.entry_id and untouched and not _counted_since(transfer):
        return reverse(transfer.entry_id, reason="", actor=actor, now=now)
    _check_in_use(transfer)
    transit = transit_of(transfer.clinic_id)
    moves = [move for line in transfer.in_transit for move in _back(transfer, line, transit)]
    places = [(transit, move.lot_id, None) for move in moves]
    places += [(move.to_location_id, move.lot_id, None) for move in moves]
    known = {place: row for place, row in ledger.lock_places(places).items() if place[0] == transit}
    entry_id = ledger.post(
        ledger.Draft(transfer.clinic_id, EntryKind.TRANSFER, now, moves, "", (SOURCE, transfer.id)),
        ledger.outside_of(transfer.clinic_id),
        known,
        actor=actor,
        now=now,
    )
    quantities = [(line.lot_id, line.in_transit) for line in transfer.in_transit]
    for line in transfer.in_transit:
        line.returned += line.in_transit
    records.note(transfer, TransferEventKind.TAKEN_BACK, entry_id, quantities, actor=actor, now=now)
    return entry_id


def _counted_since(transfer: Transfer) -> bool:
    """Return whether a place that it was sent from was counted after it was sent."""
    query = (
        sa.select(Balance.id)
        .join(
            Move,
            sa.and_(Move.from_location_id == Balance.location_id, Move.lot_id == Balance.lot_id),
        )
        .where(Move.entry_id == transfer.entry_id, Balance.counted_at > transfer.sent_at)
    )
    return db.session.scalars(query.limit(1)).first() is not None


def _check_in_use(transfer: Transfer) -> None:
    query = (
        sa.select(Location.name)
        .join(Move, Move.from_location_id == Location.id)
        .where(Move.entry_id == transfer.entry_id, Location.archived_at.is_not(None))
    )
    away = db.session.scalars(query).first()
    if away is not None:
        sentence = _("%(name)s is archived: take it back into use first.", name=away)
        raise Refusal(sentence)


def transit_of(clinic_id: int) -> int:
    """Return the clinic's place for what is on its way from it."""
    query = sa.select(Location.id).where(
        Location.clinic_id == clinic_id, Location.kind == LocationKind.TRANSIT
    )
    return db.session.scalars(query).one()


def _moves(
    clinic: Clinic, shelf: Shelf, lines: Sequence[Line], transit: int, now: dt.datetime
) -> list[ledger.MoveDraft]:
    """Return what each line takes from where; raises with every fault, then every shortage."""
    faults: list[Fault] = []
    short: dict[int, ShortItem] = {}
    moves: list[ledger.MoveDraft] = []
    for line in lines:
        sealed = _sealed(shelf, line)
        if not sealed:
            faults.append(nothing_there(line))
            continue
        fault = _fault(clinic, shelf, line, sealed, now)
        if fault:
            faults.append(fault)
            continue
        free = [shelf.free(row, today_at(clinic, now), now) for row in sealed]
        taken = rules.take(line.quantity, free)
        if sum(taken) < line.quantity:
            _add_short(short, sealed[0], line.quantity, sum(free, ZERO))
        for row, quantity in zip(sealed, taken, strict=True):
            if quantity:
                shelf.taken[place_of(row)] += quantity
                moves.append(move_of(row, transit, quantity))
    if faults:
        raise InvalidInput(*faults)
    if short:
        raise ShortageError(list(short.values()))
    return moves


def nothing_there(line: Line) -> Fault:
    """Return the fault of a line of which nothing sealed is where it says."""
    return (f"{line.field}.lot", str(_("Nothing sealed of this lot is there.")))


def _sealed(shelf: Shelf, line: Line) -> list[AnyRow]:
    return [
        row
        for row in shelf.places_of(line.lot_id)
        if row.container_id is None and line.location_id in (None, row.location_id)
    ]


def _fault(
    clinic: Clinic, shelf: Shelf, line: Line, sealed: Sequence[AnyRow], now: dt.datetime
) -> Fault | None:
    """Return why a line cannot be sent though there is some of its lot; None where it may be."""
    first = sealed[0]
    if line.container_id is not None:
        message = _("An open container stays in its clinic: only sealed ones are sent.")
        return (f"{line.field}.container", str(message))
    wrong = quantity_fault(line.quantity, first.unit, first.content_per_container)
    if wrong:
        return (f"{line.field}.quantity", wrong)
    today = today_at(clinic, now)
    if is_expired(first.expiry, today):
        message = _(
            "Lot %(lot)s has expired: it is not sent to another clinic. Discard it here.",
            lot=first.number,
        )
        return (f"{line.field}.lot", str(message))
    free = sum((shelf.free(row, today, now) for row in sealed), ZERO)
    left = sum((shelf.left(row) for row in sealed), ZERO)
    if free < line.quantity <= left:
        message = _(
            "Lot %(lot)s is on hold here: %(free)s of it may be sent. Release the hold first.",
            lot=first.number,
            free=_plain(max(free, ZERO)),
        )
        return (f"{line.field}.lot", str(message))
    return None


def _plain(quantity: Decimal) -> str:
    return as_text(quantity).rstrip("0").rstrip(".")


def _add_short(
    short: dict[int, ShortItem], row: AnyRow, needed: Decimal, available: Decimal
) -> None:
    before = short.get(row.item_id)
    needed += before.needed if before else ZERO
    available += before.available if before else ZERO
    short[row.item_id] = ShortItem(row.item_id, row.code, row.name, row.unit, needed, available)


def move_of(row: AnyRow, to_location_id: int, quantity: Decimal) -> ledger.MoveDraft:
    """Return the move of some of a balance to another place, in its container if it is open."""
    return ledger.MoveDraft(
        item_id=row.item_id,
        lot_id=row.lot_id,
        content=row.content_per_container,
        from_location_id=row.location_id,
        to_location_id=to_location_id,
        quantity=quantity,
        from_container=row.container_id,
        to_container=row.container_id,
    )


def _back(transfer: Transfer, line: TransferLine, transit: int) -> Iterator[ledger.MoveDraft]:
    """Yield the moves that put what is in transit of a line back, last taken first."""
    left = line.in_transit
    rows = db.session.execute(
        sa.select(Move.from_location_id, Move.quantity)
        .where(Move.entry_id == transfer.entry_id, Move.lot_id == line.lot_id)
        .order_by(Move.id.desc())
    )
    for row in rows:
        quantity = min(row.quantity, left)
        left -= quantity
        if quantity:
            yield ledger.MoveDraft(
                item_id=line.item_id,
                lot_id=line.lot_id,
                content=line.lot.content_per_container,
                from_location_id=transit,
                to_location_id=row.from_location_id,
                quantity=quantity,
            )
