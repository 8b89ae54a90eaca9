"""Putting on hold what was in a location while it was out of range, and releasing it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.coldchain.models import ColdExcursion
from supply.coldchain.wording import temperature
from supply.db import AnyRow, db, execute, table
from supply.inventory.availability import BALANCE, LOCATION, on_shelf
from supply.inventory.models import Entry, Hold, Move
from supply.inventory.terms import HoldSource
from supply.quantity import ZERO

ENTRY = table(Entry)
MOVE = table(Move)


@dataclass
class _Lot:
    """A lot at the location: what is there now, and how it came and went since."""

    now: Decimal = ZERO
    came: Decimal = ZERO
    went: Decimal = ZERO
    came_in_time: bool = False
    elsewhere: dict[int, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    opened: set[int] = field(default_factory=set)
    """Locations to which an open container went."""

    @property
    def was_there(self) -> bool:
        """Whether some of it was there at the beginning or came while it lasted."""
        return self.came_in_time or self.now - self.came + self.went > 0


Part = tuple[int, int, Decimal | None]
"""What to hold: lot, location, and how much of it there (None: all)."""


def hold_what_was_there(excursion: ColdExcursion, *, actor: Actor, now: dt.datetime) -> int:
    """Hold what was at an excursion's location while it lasted and is still in the clinic.

    Of a lot that is still there all of it; of what was carried elsewhere since, as much as was
    carried. Not the lot as such. What was held for it once is not held again. Return how many
    holds were placed.
    """
    lots = _lots(excursion)
    there = _there(excursion.clinic_id, [lot for lot, one in lots.items() if one.was_there])
    known = {(row.lot_id, row.location_id) for row in holds_of([excursion.id])}
    placed = [
        _place(excursion, part, actor, now)
        for part in _parts(excursion.location_id, lots, there)
        if part[:2] not in known
    ]
    db.session.flush()
    for hold in placed:
        _record("hold.placed", hold, actor, now, {"reason": hold.reason})
    return len(placed)


def _parts(
    location_id: int, lots: Mapping[int, _Lot], there: Mapping[tuple[int, int], Decimal]
) -> Iterator[Part]:
    for lot_id, one in sorted(lots.items()):
        if not one.was_there:
            continue
        if there.get((lot_id, location_id)):
            yield lot_id, location_id, None
        for other, carried in sorted(one.elsewhere.items()):
            left = there.get((lot_id, other), ZERO)
            if carried > 0 and left > 0:
                whole = other in one.opened or carried >= left
                yield lot_id, other, None if whole else carried


def _lots(excursion: ColdExcursion) -> dict[int, _Lot]:
    """Return the lots that are or were at the location since the excursion began."""
    here, found = excursion.location_id, defaultdict[int, _Lot](_Lot)
    for row in execute(_balances(excursion)):
        found[row.lot_id].now += row.quantity
    for move in execute(_moves(excursion)):
        one = found[move.lot_id]
        if move.to_location_id == move.from_location_id:
            continue
        if move.to_location_id == here:
            one.came += move.quantity
            one.elsewhere[move.from_location_id] -= move.quantity
            ended = excursion.ended_at
            one.came_in_time |= ended is None or move.occurred_at <= ended
        else:
            one.went += move.quantity
            one.elsewhere[move.to_location_id] += move.quantity
            if move.to_container_id is not None:
                one.opened.add(move.to_location_id)
    return found


def _balances(excursion: ColdExcursion) -> sa.Select[int, Decimal]:
    return sa.select(BALANCE.c.lot_id, BALANCE.c.quantity).where(
        BALANCE.c.location_id == excursion.location_id,
        BALANCE.c.quantity > sa.literal_column("0"),
    )


def _moves(excursion: ColdExcursion) -> sa.Select[*tuple[object, ...]]:
    here = excursion.location_id
    return (
        sa.select(
            MOVE.c.lot_id,
            MOVE.c.quantity,
            MOVE.c.from_location_id,
            MOVE.c.to_location_id,
            MOVE.c.to_container_id,
            ENTRY.c.occurred_at,
        )
        .join(ENTRY, ENTRY.c.id == MOVE.c.entry_id)
        .where(
            ENTRY.c.clinic_id == excursion.clinic_id,
            ENTRY.c.occurred_at > excursion.began_at,
            sa.or_(MOVE.c.from_location_id == here, MOVE.c.to_location_id == here),
        )
    )


def _there(clinic_id: int, lot_ids: Collection[int]) -> dict[tuple[int, int], Decimal]:
    """Return what of ``lot_ids`` is on the clinic's shelves, by lot and location."""
    query = (
        sa.select(BALANCE.c.lot_id, BALANCE.c.location_id, BALANCE.c.quantity)
        .join(LOCATION, LOCATION.c.id == BALANCE.c.location_id)
        .where(BALANCE.c.clinic_id == clinic_id, BALANCE.c.lot_id.in_(lot_ids), on_shelf())
    )
    found: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    for row in execute(query):
        found[row.lot_id, row.location_id] += row.quantity
    return found


def _place(excursion: ColdExcursion, part: Part, actor: Actor, now: dt.datetime) -> Hold:
    lot_id, location_id, quantity = part
    hold = Hold(
        lot_id=lot_id,
        clinic_id=excursion.clinic_id,
        location_id=location_id,
        quantity=quantity,
        reason=_reason(excursion),
        source=HoldSource.COLD_CHAIN,
        source_id=excursion.id,
        held_by_id=actor.person_id,
        held_at=now,
    )
    db.session.add(hold)
    return hold


def _reason(excursion: ColdExcursion) -> str:
    where = excursion.location.name
    low, high = temperature(excursion.low), temperature(excursion.high)
    if low == high:
        return str(_("Was at %(celsius)s in %(location)s", celsius=high, location=where))
    return str(_("Was at %(low)s to %(high)s in %(location)s", low=low, high=high, location=where))


def holds_of(excursion_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Return the holds of excursions: id, lot, location, quantity, whether released."""
    query = (
        sa.select(
            Hold.id,
            Hold.source_id,
            Hold.lot_id,
            Hold.location_id,
            Hold.quantity,
            Hold.released_at,
        )
        .where(Hold.source == HoldSource.COLD_CHAIN, Hold.source_id.in_(excursion_ids))
        .order_by(Hold.id)
    )
    return db.session.execute(query).all()


def release_all(excursion: ColdExcursion, *, actor: Actor, now: dt.datetime) -> None:
    """Release what is still held for an excursion."""
    release(
        excursion,
        [row.id for row in holds_of([excursion.id]) if row.released_at is None],
        actor=actor,
        now=now,
    )


def release(
    excursion: ColdExcursion, hold_ids: Iterable[int], *, actor: Actor, now: dt.datetime
) -> list[int]:
    """Release some of what is held for an excursion; return the holds that were not before."""
    released = db.session.scalars(
        sa.update(Hold)
        .where(
            Hold.id.in_(sorted(hold_ids)),
            Hold.source == HoldSource.COLD_CHAIN,
            Hold.source_id == excursion.id,
            Hold.released_at.is_(None),
        )
        .values(released_at=now, released_by_id=actor.person_id)
        .returning(Hold)
        .execution_options(synchronize_session=False)
    ).all()
    for hold in released:
        _record("hold.released", hold, actor, now, {})
    return sorted(hold.id for hold in released)


def _record(
    action: str, hold: Hold, actor: Actor, now: dt.datetime, more: Mapping[str, str]
) -> None:
    audit.record(
        actor,
        action,
        ("lot", hold.lot_id),
        now,
        clinic_id=hold.clinic_id,
        after={"hold": hold.id, "location": hold.location_id, **more},
    )
