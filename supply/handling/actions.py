"""What people do to one lot: waste, discard, open, correct to what is there, move, hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.terms import Dose
from supply.db import AnyRow, db
from supply.handling.holding import place_of_part
from supply.inventory import availability, drawing, ledger, rules
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.refusals import CountedSinceError, ShortageError, ShortItem
from supply.inventory.terms import EntryKind, HoldSource, WasteCause
from supply.items.models import Item, ItemOpeningRule, Location
from supply.items.terms import LocationKind
from supply.quantity import InvalidQuantityError, as_text, check
from supply.refusals import InvalidInput, Refusal

Spot = tuple[int, int, int | None]
"""Where something is: location id, lot id, open container id or None for sealed."""


def waste(
    clinic: Clinic,
    spot: Spot,
    quantity: Decimal,
    *,
    cause: WasteCause,
    note: str = "",
    actor: Actor,
    now: dt.datetime,
    occurred_at: dt.datetime | None = None,
    key: str | None = None,
) -> int:
    """Post ``quantity`` (base unit) of what is at ``spot`` as waste; return the entry's id.

    Expired and held stock may be wasted; that is what happens to it.

    Raises:
        InvalidInput: a bad quantity, or part of a sealed container.
        ShortageError: less is there.
        CountedSinceError: dated before a count.
    """
    at = occurred_at or now
    row = _locked(clinic, spot, at)
    quantity = _whole(quantity, row, sealed=spot[2] is None)
    if quantity > row.quantity:
        raise ShortageError([_short(row, quantity)])
    return _throw_away(clinic, row, spot, quantity, _Thrown(cause, note, at, key), actor, now)


def discard(
    clinic: Clinic,
    container_id: int,
    *,
    cause: WasteCause,
    note: str = "",
    actor: Actor,
    now: dt.datetime,
    key: str | None = None,
) -> int:
    """Throw away all that remains in an open container; return the entry's id.

    Raises:
        Refusal: the container is not in this clinic or already empty.
    """
    found = db.session.execute(
        sa.select(Balance.location_id, Balance.lot_id).where(
            Balance.clinic_id == clinic.id,
            Balance.container_id == container_id,
            Balance.quantity > sa.literal_column("0"),
        )
    ).one_or_none()
    if found is None:
        raise Refusal(_("This container is already empty."))
    spot = (found.location_id, found.lot_id, container_id)
    row = _locked(clinic, spot, now)
    if not row.quantity:
        raise Refusal(_("This container is already empty."))
    return _throw_away(clinic, row, spot, row.quantity, _Thrown(cause, note, now, key), actor, now)


def open_container(
    clinic: Clinic,
    location_id: int,
    lot_id: int,
    *,
    actor: Actor,
    now: dt.datetime,
    occurred_at: dt.datetime | None = None,
    key: str | None = None,
) -> int:
    """Open one sealed container and start its clock; return the entry's id.

    A single-dose container gets no clock of its own beyond the day's end.

    Raises:
        Refusal: the item is not opened, or the lot has expired or is on hold.
        ShortageError: no sealed container is there.
    """
    at = occurred_at or now
    row = _locked(clinic, (location_id, lot_id, None), at)
    if row.dose is Dose.NONE and row.content_per_container == 1:
        raise Refusal(_("This item is used by the piece: there is nothing to open."))
    if rules.is_expired(row.expiry, clock.local_date(at, clinic.timezone)):
        raise Refusal(_("Lot %(lot)s has expired: discard it instead.", lot=row.number))
    if row.quantity < row.content_per_container:
        raise ShortageError([_short(row, row.content_per_container)])
    sources = drawing.drawable(clinic.id, [row.item_id], at=at, timezone=clinic.timezone)
    if row.id not in {source.balance_id for source in sources}:
        raise Refusal(_("Lot %(lot)s is on hold: it cannot be opened.", lot=row.number))
    container = ledger.NewContainer(lot_id, at, runs_out_at(clinic, row, at))
    move = _move(row, location_id, lot_id, row.content_per_container, location_id)
    draft = ledger.Draft(
        clinic.id, EntryKind.OPENING, at, [move._replace(to_container=container)], key=key
    )
    known: dict[ledger.Place, ledger.Locked] = {(location_id, lot_id, None): row}
    return ledger.post(draft, ledger.outside_of(clinic.id), known, actor=actor, now=now)


def correct(
    clinic: Clinic,
    spot: Spot,
    counted: Decimal,
    *,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    key: str | None = None,
) -> int:
    """Set what is at ``spot`` to what is really there; return the entry's id.

    The difference goes to or comes from the clinic's count differences.

    Raises:
        InvalidInput: a bad quantity, part of a sealed container, or more in a container than
            it holds; or nothing differs.
    """
    row = _locked(clinic, spot, now)
    counted = _whole(counted, row, sealed=spot[2] is None, allow_zero=True)
    if spot[2] is not None and counted > row.content_per_container:
        raise InvalidInput(("counted", _("A container cannot hold more than its content.")))
    change = counted - row.quantity
    if change == 0:
        raise InvalidInput(("counted", _("That is what is recorded: nothing to correct.")))
    outside = ledger.outside_of(clinic.id)
    move = _move(row, spot[0], spot[1], abs(change), outside.difference)
    move = move._replace(from_container=spot[2])
    if change > 0:
        move = ledger.turned(move)
    entry_id = ledger.post(
        ledger.Draft(clinic.id, EntryKind.CORRECTION, now, [move], reason, None, key),
        outside,
        {spot: row},
        actor=actor,
        now=now,
    )
    db.session.execute(
        sa.update(ledger.BALANCE).where(ledger.BALANCE.c.id == row.id).values(counted_at=now)
    )
    return entry_id


def move_lot(
    clinic: Clinic,
    spot: Spot,
    to_location_id: int,
    quantity: Decimal,
    *,
    actor: Actor,
    now: dt.datetime,
    key: str | None = None,
) -> int:
    """Move stock from one place of the clinic to another; return the entry's id.

    An open container moves as it is. Locks both ends in primary-key order: two people may move
    the same lot to and fro.

    Raises:
        InvalidInput: a bad quantity, part of an open container, or no such other place.
        ShortageError: less is there.
        Refusal: what would move is on hold in that place, and would get free by moving.
    """
    _check_place(clinic, spot, to_location_id)
    there = ledger.lock_places([spot, (to_location_id, spot[1], spot[2])])
    row = _locked(clinic, spot, now)
    quantity = _whole(quantity, row, sealed=spot[2] is None)
    if quantity > row.quantity:
        raise ShortageError([_short(row, quantity)])
    if spot[2] is not None and quantity < row.quantity:
        message = _("An open container moves with all that is in it.")
        raise InvalidInput(("quantity", message))
    _check_not_held(clinic, spot, row, quantity)
    move = _move(row, spot[0], spot[1], quantity, to_location_id)._replace(
        from_container=spot[2], to_container=spot[2]
    )
    draft = ledger.Draft(clinic.id, EntryKind.TRANSFER, now, [move], key=key)
    # Sealed stock arrives as a receipt does: the ledger then sees to since when it is there.
    known = {p: found for p, found in there.items() if p == spot or p[2] is not None}
    return ledger.post(draft, ledger.outside_of(clinic.id), known, actor=actor, now=now)


def _check_place(clinic: Clinic, spot: Spot, to_location_id: int) -> None:
    places = db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == clinic.id,
            Location.kind == LocationKind.SHELF,
            Location.archived_at.is_(None),
        )
    ).all()
    if to_location_id not in places or to_location_id == spot[0]:
        raise InvalidInput(("to", _("Choose another location.")))


def _check_not_held(clinic: Clinic, spot: Spot, row: AnyRow, quantity: Decimal) -> None:
    """Refuse to take out of a place what is on hold in that place."""
    held = db.session.scalars(
        sa.select(Hold.quantity).where(
            Hold.lot_id == spot[1],
            Hold.location_id == spot[0],
            availability.in_force(clinic.id),
        )
    ).all()
    if held and quantity > row.quantity - availability.held_of(row, held):
        message = _(
            "Lot %(lot)s is on hold in that location: release the hold first.", lot=row.number
        )
        raise Refusal(message)


def hold(
    clinic: Clinic,
    lot_id: int,
    *,
    location_id: int | None,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    quantity: Decimal | None = None,
    stands_at: str = "",
    source: HoldSource = HoldSource.MANUAL,
) -> Hold:
    """Put a lot on hold in this clinic: everywhere, in one place, or a quantity of one place.

    ``quantity`` (base unit) keeps back as many sealed containers as it takes; ``stands_at`` says
    in words where what is held now stands.

    Raises:
        InvalidInput: no reason, a bad quantity, or a quantity of a lot in several places.
        ShortageError: less lies there that is not on hold yet.
    """
    if not reason.strip():
        raise InvalidInput(("reason", _("Say why it is held.")))
    if quantity is not None:
        location_id, quantity = place_of_part(clinic, lot_id, location_id, quantity)
    held = Hold(
        lot_id=lot_id,
        clinic_id=clinic.id,
        location_id=location_id,
        quantity=quantity,
        reason=reason.strip(),
        stands_at=stands_at.strip(),
        source=source,
        held_by_id=actor.person_id,
        held_at=now,
    )
    db.session.add(held)
    db.session.flush()
    after = {"hold": held.id, "location": location_id, "reason": held.reason}
    if quantity is not None:
        after["quantity"] = as_text(quantity)
    if held.stands_at:
        after["stands_at"] = held.stands_at
    audit.record(actor, "hold.placed", ("lot", lot_id), now, clinic_id=clinic.id, after=after)
    return held


ReleaseCheck = Callable[[Clinic, int], None]
_release_checks: dict[HoldSource, ReleaseCheck] = {}


def checks_release(source: HoldSource) -> Callable[[ReleaseCheck], ReleaseCheck]:
    """Register what refuses to release a hold of ``source``, given the clinic and its source's id.

    For rooms above, which place holds that end in their own way.
    """

    def register(check: ReleaseCheck) -> ReleaseCheck:
        _release_checks[source] = check
        return check

    return register


def release_hold(
    clinic: Clinic, hold_id: int, *, actor: Actor, now: dt.datetime, reason: str = ""
) -> None:
    """Release a hold of this clinic, or of its whole practice, once; ``reason`` is kept with it.

    Raises:
        Refusal: there is no such hold, it was released before, or its source says it may not be.
    """
    changed = db.session.execute(
        sa.update(Hold)
        .where(Hold.id == hold_id, _reaches(clinic), Hold.released_at.is_(None))
        .values(
            released_at=now, released_by_id=actor.person_id, release_reason=reason.strip() or None
        )
        .returning(Hold.lot_id, Hold.source, Hold.source_id)
    ).one_or_none()
    if changed is None:
        raise Refusal(_("This hold has already been released."))
    check = _release_checks.get(changed.source)
    if check is not None and changed.source_id is not None:
        check(clinic, changed.source_id)
    after = {"hold": hold_id} | ({"reason": reason.strip()} if reason.strip() else {})
    audit.record(
        actor, "hold.released", ("lot", changed.lot_id), now, clinic_id=clinic.id, after=after
    )


def _reaches(clinic: Clinic) -> sa.ColumnElement[bool]:
    """Return the condition that a hold is on stock of ``clinic``."""
    ours = sa.select(Lot.id).where(Lot.practice_id == clinic.practice_id)
    everywhere = sa.and_(Hold.clinic_id.is_(None), Hold.lot_id.in_(ours))
    return sa.or_(Hold.clinic_id == clinic.id, everywhere)


@dataclass(frozen=True, slots=True)
class _Thrown:
    """Why, when and under which key something is thrown away."""

    cause: WasteCause
    note: str
    at: dt.datetime
    key: str | None


def _throw_away(
    clinic: Clinic,
    row: AnyRow,
    spot: Spot,
    quantity: Decimal,
    thrown: _Thrown,
    actor: Actor,
    now: dt.datetime,
) -> int:
    outside = ledger.outside_of(clinic.id)
    move = _move(row, spot[0], spot[1], quantity, outside.waste)._replace(
        from_container=spot[2], cause=thrown.cause
    )
    draft = ledger.Draft(
        clinic.id,
        EntryKind.WASTE if spot[2] is None else EntryKind.DISCARD,
        thrown.at,
        [move],
        thrown.note.strip(),
        key=thrown.key,
        facts={"cause": thrown.cause},
    )
    return ledger.post(draft, outside, {spot: row}, actor=actor, now=now)


def _locked(clinic: Clinic, spot: Spot, at: dt.datetime) -> AnyRow:
    """Lock the balance at ``spot`` and return it with what is known of its lot and item."""
    location_id, lot_id, container_id = spot
    row = db.session.execute(
        sa.select(
            Balance.id,
            Balance.item_id,
            Balance.quantity,
            Balance.costed,
            Balance.cost_minor,
            Balance.content_per_container,
            Balance.container_id,
            Balance.counted_at,
            Balance.first_in_at,
            Lot.number,
            Lot.expiry,
            Location.storage,
            Item.code,
            Item.name,
            Item.unit,
            Item.dose,
            Item.injectable,
        )
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic.id,
            Balance.location_id == location_id,
            Balance.lot_id == lot_id,
            Balance.container_id.is_not_distinct_from(container_id),
        )
        .with_for_update(of=Balance)
    ).one_or_none()
    if row is None:
        raise Refusal(_("There is nothing of this lot in that location."))
    if row.counted_at is not None and at < row.counted_at:
        raise CountedSinceError(row.number, row.counted_at)
    if at < row.first_in_at:
        raise InvalidInput(("occurred_at", _("This lot came in later than that.")))
    return row


def _whole(quantity: Decimal, row: AnyRow, *, sealed: bool, allow_zero: bool = False) -> Decimal:
    field = "counted" if allow_zero else "quantity"
    try:
        quantity = check(quantity, row.unit, allow_zero=allow_zero)
    except InvalidQuantityError as error:
        raise InvalidInput((field, str(error))) from error
    if sealed and quantity % row.content_per_container:
        raise InvalidInput(
            (
                field,
                _(
                    "Sealed stock comes in whole containers of %(content)s %(unit)s.",
                    content=row.content_per_container.normalize().to_eng_string(),
                    unit=row.unit,
                ),
            )
        )
    return quantity


def _short(row: AnyRow, needed: Decimal) -> ShortItem:
    return ShortItem(row.item_id, row.code, row.name, row.unit, needed, row.quantity)


def runs_out_at(clinic: Clinic, row: Any, at: dt.datetime) -> dt.datetime | None:
    """Return by when a container opened at ``at`` must be thrown away.

    ``row`` says what is opened: ``item_id``, ``dose``, ``injectable``, ``expiry`` and the
    ``storage`` of its place.
    """
    ends = clock.end_of_day(row.expiry, clinic.timezone) if row.expiry else None
    if row.dose is Dose.SINGLE:
        today = clock.end_of_day(clock.local_date(at, clinic.timezone), clinic.timezone)
        return min(filter(None, (today, ends)))
    opening = db.session.execute(
        sa.select(ItemOpeningRule.storage, ItemOpeningRule.hours).where(
            ItemOpeningRule.item_id == row.item_id
        )
    )
    hours = rules.discard_hours(
        [(rule.storage, rule.hours) for rule in opening], row.storage, injectable=row.injectable
    )
    return rules.discard_at(at, hours, ends)


def _move(
    row: AnyRow, location_id: int, lot_id: int, quantity: Decimal, to_location_id: int
) -> ledger.MoveDraft:
    return ledger.MoveDraft(
        item_id=row.item_id,
        lot_id=lot_id,
        content=row.content_per_container,
        from_location_id=location_id,
        to_location_id=to_location_id,
        quantity=quantity,
    )
