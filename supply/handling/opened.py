"""Open containers of a clinic: how long each lasts, what remains, and what must go by closing."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.opening import next_open
from supply.actor import Actor
from supply.db import AnyRow, db
from supply.inventory import availability, ledger
from supply.inventory.models import Balance, Container, Hold, Lot
from supply.inventory.rules import is_expired
from supply.inventory.terms import EntryKind, WasteCause
from supply.inventory.worth import Worth
from supply.items.models import Item, Location
from supply.refusals import Refusal


class Ends(enum.StrEnum):
    """When the time of an open container ends, as people go through them."""

    PAST = "past"
    BEFORE_OPENING = "before_opening"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Opened:
    """An open container: what remains of it, its clock, and what that cost."""

    balance_id: int
    container_id: int
    item: Item
    lot: Lot
    location: str
    quantity: Decimal
    content: Decimal
    opened_at: dt.datetime
    until: dt.datetime | None
    """When it must go: its clock, or the end of its lot's last day; None where neither ends."""
    by_expiry: bool
    """Whether its lot's last day ends it: it is usable through that day."""
    worth: Worth
    on_hold: bool
    ends: Ends
    gone: float
    """How much of its time has passed, in percent."""


def ends_of(until: dt.datetime | None, now: dt.datetime, opening: dt.datetime) -> Ends:
    """Return when a container ends that must go at ``until``: at that very instant it is over."""
    if availability.is_past_time(until, now):
        return Ends.PAST
    if until is not None and until <= opening:
        return Ends.BEFORE_OPENING
    return Ends.LATER


def passed(opened_at: dt.datetime, until: dt.datetime | None, now: dt.datetime) -> float:
    """Return how much of a container's time has passed, in percent, at most all of it."""
    if until is None:
        return 0.0
    whole = (until - opened_at).total_seconds()
    return 100.0 if whole <= 0 else min(100.0, 100 * (now - opened_at).total_seconds() / whole)


def opens_next(clinic: Clinic, now: dt.datetime) -> dt.datetime:
    """Return when the clinic opens after today: at the hour its day begins."""
    tomorrow = clock.local_date(now, clinic.timezone) + dt.timedelta(days=1)
    day = next_open(clinic.opening_days, tomorrow)
    return clock.at_hour(day, clinic.digest_hour, clinic.timezone)


def opened_at(clinic: Clinic, now: dt.datetime) -> list[Opened]:
    """Return the open containers of a clinic, first to end first. Two statements."""
    rows = db.session.execute(_containers().where(Balance.clinic_id == clinic.id)).all()
    held = _held(clinic, {row.Lot.id for row in rows}) if rows else []
    opening = opens_next(clinic, now)
    found = [_opened(row, clinic, held, now, opening) for row in rows]
    never = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(found, key=lambda one: (one.until or never, one.balance_id))


def _containers() -> sa.Select[*tuple[object, ...]]:
    return (
        sa.select(Balance, Item, Lot, Container, Location.name.label("location"))
        .join(Container, Container.id == Balance.container_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(availability.on_shelf())
    )


def _held(clinic: Clinic, lot_ids: Iterable[int]) -> Sequence[Hold]:
    return db.session.scalars(
        sa.select(Hold).where(
            Hold.lot_id.in_(lot_ids), Hold.quantity.is_(None), availability.in_force(clinic.id)
        )
    ).all()


def _opened(
    row: AnyRow, clinic: Clinic, held: Sequence[Hold], now: dt.datetime, opening: dt.datetime
) -> Opened:
    balance, lot, container = row.Balance, row.Lot, row.Container
    last = clock.end_of_day(lot.expiry, clinic.timezone) if lot.expiry else None
    until = min(filter(None, (container.discard_at, last)), default=None)
    return Opened(
        balance_id=balance.id,
        container_id=container.id,
        item=row.Item,
        lot=lot,
        location=row.location,
        quantity=balance.quantity,
        content=balance.content_per_container,
        opened_at=container.opened_at,
        until=until,
        by_expiry=until is not None and until == last,
        worth=Worth.of(clinic.currency, balance.quantity, balance.costed, balance.cost_minor),
        on_hold=any(
            hold.lot_id == lot.id and hold.location_id in (None, balance.location_id)
            for hold in held
        ),
        ends=ends_of(until, now, opening),
        gone=passed(container.opened_at, until, now),
    )


@dataclass(frozen=True, slots=True)
class Discarded:
    """The entry that threw containers away, how many they were, and what they had cost."""

    entry_id: int
    count: int
    worth: Worth


def discard_all(
    clinic: Clinic, balance_ids: Collection[int], *, actor: Actor, now: dt.datetime
) -> Discarded:
    """Throw away all that remains in open containers, as one entry that is undone as one.

    Those that somebody emptied meanwhile are left out. What is past its lot's last day is wasted as
    expired, the rest as past its time. Locks the balances in primary-key order.

    Raises:
        Refusal: none of them is there any more.
    """
    rows = db.session.execute(
        _containers()
        .where(Balance.clinic_id == clinic.id, Balance.id.in_(balance_ids))
        .order_by(Balance.id)
        .with_for_update(of=Balance)
    ).all()
    if not rows:
        raise Refusal(_("These containers are already empty."))
    outside = ledger.outside_of(clinic.id)
    today = clock.local_date(now, clinic.timezone)
    moves = [_thrown(row, outside.waste, today) for row in rows]
    known = {_place(row): _Locked.of(row.Balance) for row in rows}
    draft = ledger.Draft(clinic.id, EntryKind.DISCARD, now, moves)
    worth = Worth.of(
        clinic.currency,
        sum((row.Balance.quantity for row in rows), Decimal(0)),
        sum((row.Balance.costed for row in rows), Decimal(0)),
        sum(row.Balance.cost_minor for row in rows),
    )
    entry_id = ledger.post(draft, outside, known, actor=actor, now=now)
    return Discarded(entry_id, len(rows), worth)


def _place(row: AnyRow) -> ledger.Place:
    balance = row.Balance
    return (balance.location_id, balance.lot_id, balance.container_id)


@dataclass(frozen=True, slots=True)
class _Locked:
    """A balance row as the ledger needs it: what was there when it was locked."""

    id: int
    quantity: Decimal
    costed: Decimal
    cost_minor: int

    @classmethod
    def of(cls, balance: Balance) -> _Locked:
        return cls(balance.id, balance.quantity, balance.costed, balance.cost_minor)


def _thrown(row: AnyRow, waste: int, today: dt.date) -> ledger.MoveDraft:
    balance = row.Balance
    expired = is_expired(row.Lot.expiry, today)
    return ledger.MoveDraft(
        item_id=balance.item_id,
        lot_id=balance.lot_id,
        content=balance.content_per_container,
        from_location_id=balance.location_id,
        to_location_id=waste,
        quantity=balance.quantity,
        from_container=balance.container_id,
        cause=WasteCause.EXPIRED if expired else WasteCause.PAST_TIME,
    )
