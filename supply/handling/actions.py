"""What people do to one lot where it is: waste, discard, open, correct to what is there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.catalogue.terms import Dose
from supply.db import AnyRow, db
from supply.handling.spots import Spot, locked, moved, short, whole
from supply.inventory import drawing, ledger, rules
from supply.inventory.models import Balance
from supply.inventory.refusals import ShortageError
from supply.inventory.terms import EntryKind, WasteCause
from supply.items.models import ItemOpeningRule
from supply.refusals import InvalidInput, Refusal


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
    row = locked(clinic, spot, at)
    quantity = whole(quantity, row, sealed=spot[2] is None)
    if quantity > row.quantity:
        raise ShortageError([short(row, quantity)])
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
    row = locked(clinic, spot, now)
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
    row = locked(clinic, (location_id, lot_id, None), at)
    if row.dose is Dose.NONE and row.content_per_container == 1:
        raise Refusal(_("This item is used by the piece: there is nothing to open."))
    if rules.is_expired(row.expiry, clock.local_date(at, clinic.timezone)):
        raise Refusal(_("Lot %(lot)s has expired: discard it instead.", lot=row.number))
    if row.quantity < row.content_per_container:
        raise ShortageError([short(row, row.content_per_container)])
    sources = drawing.drawable(clinic.id, [row.item_id], at=at, timezone=clinic.timezone)
    if row.id not in {source.balance_id for source in sources}:
        raise Refusal(_("Lot %(lot)s is on hold: it cannot be opened.", lot=row.number))
    container = ledger.NewContainer(lot_id, at, runs_out_at(clinic, row, at))
    move = moved(row, location_id, lot_id, row.content_per_container, location_id)
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
    row = locked(clinic, spot, now)
    counted = whole(counted, row, sealed=spot[2] is None, allow_zero=True)
    if spot[2] is not None and counted > row.content_per_container:
        raise InvalidInput(("counted", _("A container cannot hold more than its content.")))
    change = counted - row.quantity
    if change == 0:
        raise InvalidInput(("counted", _("That is what is recorded: nothing to correct.")))
    outside = ledger.outside_of(clinic.id)
    move = moved(row, spot[0], spot[1], abs(change), outside.difference)
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
    move = moved(row, spot[0], spot[1], quantity, outside.waste)._replace(
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
