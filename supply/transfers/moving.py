"""Moving stock to another location of the clinic: holds and clocks follow it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.terms import Dose, Storage
from supply.db import AnyRow, db
from supply.inventory import drawing, ledger
from supply.inventory.models import Container, Hold
from supply.inventory.refusals import ShortageError, ShortItem
from supply.inventory.rules import discard_at, discard_hours
from supply.inventory.terms import EntryKind
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO
from supply.refusals import InvalidInput
from supply.transfers import records, rules
from supply.transfers.lines import Fault, Line, quantity_fault
from supply.transfers.models import Transfer
from supply.transfers.sending import move_of
from supply.transfers.shelf import Shelf, lock_shelf, place_of
from supply.transfers.terms import SOURCE, TransferEventKind

_Hours = Mapping[int, Sequence[tuple[Storage | None, int]]]


@dataclass(slots=True)
class _Carried:
    """What followed the stock, as it was before."""

    holds: list[dict[str, Any]] = field(default_factory=list)
    new_holds: list[Hold] = field(default_factory=list)
    clocks: dict[str, str | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        ids = [hold.id for hold in self.new_holds]
        return {"holds": self.holds, "new_holds": ids, "clocks": self.clocks}


def location_with(clinic: Clinic, name: str) -> Location:
    """Return the clinic's location of that name, in use.

    Raises:
        InvalidInput: there is none; field ``to_location``.
    """
    found = db.session.scalar(
        sa.select(Location).where(
            Location.clinic_id == clinic.id,
            Location.kind == LocationKind.SHELF,
            Location.archived_at.is_(None),
            Location.name == name,
        )
    )
    if found is None:
        raise InvalidInput(("to_location", _("This clinic has no such location.")))
    return found


def move(
    clinic: Clinic,
    to: Location,
    lines: Sequence[Line],
    *,
    note: str = "",
    actor: Actor,
    now: dt.datetime,
) -> Transfer:
    """Move stock to location ``to`` of the clinic, at once: sealed containers, or open ones whole.

    What is held in its place stays held in the new one, what has expired may be moved as well, and
    an open container lasts no longer than it would have in the new place. Locks the lots'
    balances, in primary-key order.

    Raises:
        InvalidInput: naming each line of part of a container, or of one that is held.
        ShortageError: naming every item of which less is there.
    """
    shelf = lock_shelf(clinic, {line.lot_id for line in lines})
    taken = _taken(shelf, lines, to)
    moves = [move_of(row, to.id, quantity) for row, quantity in taken]
    transfer = records.new_transfer(clinic, to, moves, note, actor, now)
    carried = _Carried()
    _carry_holds(shelf, taken, to, carried, actor, now)
    _shorten_clocks(clinic, [row for row, _quantity in taken], to, carried)
    transfer.carried = carried.as_json()
    draft = ledger.Draft(
        clinic.id, EntryKind.TRANSFER, now, moves, note.strip(), (SOURCE, transfer.id)
    )
    # Sealed stock arrives as a receipt does: the ledger then sees to since when it is there.
    known = {
        place: row for place, row in shelf.rows.items() if place[0] != to.id or place[2] is not None
    }
    transfer.entry_id = ledger.post(
        draft, ledger.outside_of(clinic.id), known, actor=actor, now=now
    )
    quantities = [(line.lot_id, line.sent) for line in transfer.lines]
    records.note(
        transfer, TransferEventKind.MOVED, transfer.entry_id, quantities,
        text=note.strip(), actor=actor, now=now,
    )  # fmt: skip
    return transfer


def put_back(transfer: Transfer, actor: Actor, now: dt.datetime) -> None:
    """Give holds and clocks back what they were before a move that is undone; flushes."""
    for was in transfer.carried.get("holds", ()):
        hold = db.session.get_one(Hold, was["hold"])
        hold.location_id = was["location"]
        hold.quantity = None if was["quantity"] is None else Decimal(was["quantity"])
    db.session.execute(
        sa.update(Hold)
        .where(Hold.id.in_(transfer.carried.get("new_holds", ())), Hold.released_at.is_(None))
        .values(released_at=now, released_by_id=actor.person_id)
    )
    for container_id, until in transfer.carried.get("clocks", {}).items():
        container = db.session.get_one(Container, int(container_id))
        container.discard_at = None if until is None else dt.datetime.fromisoformat(until)
    db.session.flush()


_Taken = Sequence[tuple[AnyRow, Decimal]]


def _taken(shelf: Shelf, lines: Sequence[Line], to: Location) -> list[tuple[AnyRow, Decimal]]:
    """Return what each line takes from where; raises with every fault, then every shortage."""
    faults: list[Fault] = []
    short: dict[int, ShortItem] = {}
    found: list[tuple[AnyRow, Decimal]] = []
    for line in lines:
        rows = _meant(shelf, line, to)
        fault = _fault(shelf, line, rows)
        if fault:
            faults.append(fault)
            continue
        left = [shelf.left(row) for row in rows]
        taken = rules.take(line.quantity, left)
        if sum(taken) < line.quantity:
            row = rows[0]
            available = sum(left, ZERO)
            short[row.item_id] = ShortItem(
                row.item_id, row.code, row.name, row.unit, line.quantity, available
            )
        for row, quantity in zip(rows, taken, strict=True):
            if quantity:
                shelf.taken[place_of(row)] += quantity
                found.append((row, quantity))
    if faults:
        raise InvalidInput(*faults)
    if short:
        raise ShortageError(list(short.values()))
    return found


def _meant(shelf: Shelf, line: Line, to: Location) -> list[AnyRow]:
    """Return the balances a line may mean: its open container, else sealed ones, else open ones.

    What lies in the target already is not meant. Part of a container can only mean an open one.
    """
    rows = [
        row
        for row in shelf.places_of(line.lot_id)
        if row.location_id != to.id and line.location_id in (None, row.location_id)
    ]
    if line.container_id is not None:
        return [row for row in rows if row.container_id == line.container_id]
    sealed = [row for row in rows if row.container_id is None]
    whole = sealed and line.quantity % sealed[0].content_per_container == 0
    opened = [row for row in rows if row.container_id and row.quantity == line.quantity]
    return sealed if whole or not opened else opened[:1]


def _fault(shelf: Shelf, line: Line, rows: Sequence[AnyRow]) -> Fault | None:
    if not rows:
        return (f"{line.field}.lot", str(_("Nothing of this lot is there to be moved.")))
    first = rows[0]
    if first.container_id is None:
        wrong = quantity_fault(line.quantity, first.unit, first.content_per_container)
        return (f"{line.field}.quantity", wrong) if wrong else None
    if line.quantity != first.quantity:
        message = _("An open container moves with all that is in it.")
        return (f"{line.field}.quantity", str(message))
    if any(hold.location_id and hold.quantity is None for hold in shelf.holds_on(first)):
        message = _(
            "Lot %(lot)s is on hold in that location: release the hold first.", lot=first.number
        )
        return (f"{line.field}.lot", str(message))
    return None


def _carry_holds(
    shelf: Shelf, taken: _Taken, to: Location, carried: _Carried, actor: Actor, now: dt.datetime
) -> None:
    """Let the holds of a place follow what is moved out of it; a lot's own holds stay as they are.

    A hold that moves whole stays the same row, so that what it hangs on (a claim) finds it.
    """
    for row, quantity in taken:
        if row.container_id is not None:
            continue
        here = {hold.id: hold for hold in shelf.holds_on(row) if hold.location_id}
        parts = rules.following(
            row.quantity, quantity, [(hold.id, hold.quantity) for hold in here.values()]
        )
        emptied = quantity == row.quantity
        for part in parts:
            hold = here[part.hold_id]
            if part.left == 0 or (part.left is None and emptied and _alone(shelf, row)):
                _relocate(hold, part, to, carried)
            else:
                _split(hold, part, to, carried, actor, now)
            _audit_hold(hold, part, row, to, actor, now)
    db.session.add_all(carried.new_holds)
    db.session.flush()


def _alone(shelf: Shelf, row: AnyRow) -> bool:
    """Return whether nothing else of the lot lies in the place of ``row``."""
    return not any(
        other.id != row.id and other.location_id == row.location_id
        for other in shelf.places_of(row.lot_id)
    )


def _relocate(hold: Hold, part: rules.HeldPart, to: Location, carried: _Carried) -> None:
    carried.holds.append(_as_it_was(hold))
    hold.location_id, hold.quantity = to.id, part.follows


def _split(
    hold: Hold,
    part: rules.HeldPart,
    to: Location,
    carried: _Carried,
    actor: Actor,
    now: dt.datetime,
) -> None:
    if part.left is not None:
        carried.holds.append(_as_it_was(hold))
        hold.quantity = part.left
    carried.new_holds.append(
        Hold(
            lot_id=hold.lot_id,
            clinic_id=hold.clinic_id,
            location_id=to.id,
            quantity=part.follows,
            reason=hold.reason,
            source=hold.source,
            source_id=hold.source_id,
            held_by_id=actor.person_id,
            held_at=now,
        )
    )


def _as_it_was(hold: Hold) -> dict[str, Any]:
    quantity = None if hold.quantity is None else str(hold.quantity)
    return {"hold": hold.id, "location": hold.location_id, "quantity": quantity}


def _audit_hold(
    hold: Hold, part: rules.HeldPart, row: AnyRow, to: Location, actor: Actor, now: dt.datetime
) -> None:
    audit.record(
        actor,
        "hold.followed",
        ("lot", hold.lot_id),
        now,
        clinic_id=to.clinic_id,
        before={"hold": hold.id, "location": row.location_id},
        after={"location": to.id, "quantity": str(part.follows)},
    )


def _shorten_clocks(
    clinic: Clinic, rows: Sequence[AnyRow], to: Location, carried: _Carried
) -> None:
    """Give moved open containers the clock of the new place, where that is the shorter one."""
    opened = [row for row in rows if row.container_id and row.dose is not Dose.SINGLE]
    hours = drawing.opening_rules({row.item_id for row in opened}) if opened else {}
    for row in opened:
        until = rules.shorter_clock(row.discard_at, _clock_there(clinic, row, to, hours))
        if until != row.discard_at:
            was = row.discard_at.isoformat() if row.discard_at else None
            carried.clocks[str(row.container_id)] = was
            db.session.execute(
                sa.update(Container)
                .where(Container.id == row.container_id)
                .values(discard_at=until)
            )


def _clock_there(clinic: Clinic, row: AnyRow, to: Location, hours: _Hours) -> dt.datetime | None:
    lasts = discard_hours(hours.get(row.item_id, ()), to.storage, injectable=row.injectable)
    ends = clock.end_of_day(row.expiry, clinic.timezone) if row.expiry else None
    return discard_at(row.opened_at, lasts, ends)
