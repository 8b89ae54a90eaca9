"""Reading stock: set-based figures per clinic and item."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.util import identity_key

from supply.accounts.models import Clinic
from supply.catalogue.models import ProductGtin
from supply.clock import local_date
from supply.db import AnyRow, Instant, Key, Quantity, db, execute, limits
from supply.inventory import availability
from supply.inventory.availability import ActiveHold
from supply.inventory.models import Lot
from supply.inventory.rules import normalise_lot
from supply.items.models import Item, ItemGtin, ItemProduct
from supply.quantity import ZERO, to_thousandths

_BALANCE = availability.BALANCE
_LOT = availability.LOT
_CONTAINER = availability.CONTAINER
_LOCATION = availability.LOCATION
_HOLD = availability.HOLD
_CONTAINERS = sa.type_coerce(_BALANCE.c.quantity, sa.BigInteger) // sa.type_coerce(
    _BALANCE.c.content_per_container, sa.BigInteger
)
"""Sealed containers in a balance row: always a whole number."""
_CLINICS = sa.bindparam("clinic_ids", type_=Key, expanding=True)
_ITEMS = sa.bindparam("item_ids", type_=Key, expanding=True)


@dataclass(slots=True)
class Level:
    """What a clinic has of an item, in its base unit.

    ``sealed`` counts containers on shelves; ``open`` is what remains in opened ones, those
    past their time included; ``next_expiry`` is the earliest date among what is available.
    ``past_time``, ``expired`` and ``held`` say why some of what is there is not available:
    opened too long ago, past its date, or on hold.
    """

    clinic_id: int
    item_id: int
    on_hand: Decimal = ZERO
    available: Decimal = ZERO
    sealed: int = 0
    open: Decimal = ZERO
    next_expiry: dt.date | None = None
    past_time: Decimal = ZERO
    expired: Decimal = ZERO
    held: Decimal = ZERO


def levels(
    clinic_ids: Sequence[int] | None = None,
    item_ids: Sequence[int] | None = None,
    *,
    now: dt.datetime,
) -> dict[tuple[int, int], Level]:
    """Return the level of each (clinic, item) that has anything on its shelves.

    None means all clinics, or all items. Two statements, whatever the data, and one for clinics
    not read yet; dates are judged on each clinic's own calendar. What is not there has no row.
    """
    todays = _todays(clinic_ids, now)
    holds = _active_holds(clinic_ids)
    found: dict[tuple[int, int], Level] = {}
    latest_today = max(todays.values(), default=now.date())
    some = limits(clinic_ids=clinic_ids, item_ids=item_ids)
    statement = _shelves(frozenset(some))
    for row in db.session.execute(statement, {**some, "latest_today": latest_today}):
        level = found.get((row.clinic_id, row.item_id))
        if level is None:
            level = Level(row.clinic_id, row.item_id)
            found[(row.clinic_id, row.item_id)] = level
        if row.lot_id is None:
            _add_plain(level, row)
            continue
        _add(level, row, holds.get(row.lot_id, ()), today=todays[row.clinic_id], now=now)
    return found


def available_thousandths(
    clinic_ids: Sequence[int] | None = None,
    item_ids: Sequence[int] | None = None,
    *,
    now: dt.datetime,
) -> dict[tuple[int, int], int]:
    """Return what is available of each (clinic, item) that has anything on its shelves.

    The same as :func:`levels` say, in whole thousandths: for who looks at very many and at nothing
    else of them.
    """
    todays = _todays(clinic_ids, now)
    holds = _active_holds(clinic_ids)
    found: dict[tuple[int, int], int] = defaultdict(int)
    some = limits(clinic_ids=clinic_ids, item_ids=item_ids)
    asked = {**some, "latest_today": max(todays.values(), default=now.date())}
    rows = execute(_shelves_briefly(frozenset(some)), asked)
    for row in chain.from_iterable(rows.partitions(2_000)):
        plain: int | None = row.plain
        if plain is None:
            parts = _apart(row, holds.get(row.lot_id, ()), today=todays[row.clinic_id], now=now)
            plain = to_thousandths(parts.available)
        found[row.clinic_id, row.item_id] += plain
    return found


@dataclass(frozen=True, slots=True)
class Usable:
    """What of a lot may be drawn at a clinic: sealed containers, or one that is open."""

    clinic_id: int
    item_id: int
    lot_id: int
    opened: bool
    quantity: Decimal
    """In the item's base unit."""
    expiry: dt.date | None
    discard_at: dt.datetime | None


def usable(
    clinic_ids: Sequence[int] | None = None,
    item_ids: Sequence[int] | None = None,
    *,
    now: dt.datetime,
) -> list[Usable]:
    """Return what may be drawn, lot by lot, in order of receipt; None means all.

    Two statements, and one for clinics not read yet.
    """
    todays = _todays(clinic_ids, now)
    holds = _active_holds(clinic_ids)
    some = limits(clinic_ids=clinic_ids, item_ids=item_ids)
    found = []
    for row in db.session.execute(_by_lot(frozenset(some)), some):
        here = [
            hold.quantity
            for hold in holds.get(row.lot_id, ())
            if hold.reaches(row.clinic_id, row.location_id)
        ]
        parts = availability.apart(row, here, today=todays[row.clinic_id], at=now)
        if parts.available:
            opened = row.container_id is not None
            found.append(
                Usable(
                    row.clinic_id, row.item_id, row.lot_id, opened, parts.available, row.expiry,
                    row.discard_at,
                )
            )  # fmt: skip
    return found


@cache
def _by_lot(some: Collection[str]) -> sa.Select[*tuple[Any, ...]]:
    return (
        _there(some)
        .with_only_columns(
            _BALANCE.c.clinic_id,
            _BALANCE.c.item_id,
            _BALANCE.c.lot_id,
            _BALANCE.c.location_id,
            _BALANCE.c.container_id,
            _BALANCE.c.quantity,
            _BALANCE.c.content_per_container,
            _LOT.c.expiry,
            _CONTAINER.c.discard_at,
        )
        .outerjoin(_CONTAINER, _CONTAINER.c.id == _BALANCE.c.container_id)
        .order_by(_BALANCE.c.clinic_id, _BALANCE.c.item_id, _BALANCE.c.first_in_at, _BALANCE.c.id)
    )


def _add_plain(level: Level, row: AnyRow) -> None:
    """Add the sum of what is plainly available: sealed, in date everywhere, not held."""
    level.on_hand += row.quantity
    level.available += row.quantity
    level.sealed += row.sealed
    if row.expiry is not None:
        level.next_expiry = min(row.expiry, level.next_expiry or row.expiry)


def _add(
    level: Level, row: AnyRow, holds: Iterable[ActiveHold], *, today: dt.date, now: dt.datetime
) -> None:
    """Add a balance row to ``level``; each quantity that is not available has one reason."""
    parts = _apart(row, holds, today=today, now=now)
    level.on_hand += row.quantity
    if row.container_id is None:
        level.sealed += row.sealed
    else:
        level.open += row.quantity
    level.available += parts.available
    level.held += parts.held
    level.past_time += parts.past_time
    level.expired += parts.expired
    if parts.available and row.expiry is not None:
        level.next_expiry = min(row.expiry, level.next_expiry or row.expiry)


def _apart(
    row: AnyRow, holds: Iterable[ActiveHold], *, today: dt.date, now: dt.datetime
) -> availability.Apart:
    here = [hold.quantity for hold in holds if hold.reaches(row.clinic_id, row.location_id)]
    return availability.apart(row, here, today=today, at=now)


@cache
def _shelves(some: Collection[str]) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Return what is on shelves: the plainly available summed, the rest row by row.

    ``some`` are the parameters it is limited by, ``latest_today`` comes beside them.

    Most of what is there is sealed, in date whatever the clinic's calendar, and not held: the
    database adds that up. One statement reads both, so that nothing is missed or counted twice
    while it moves.
    """
    plain = _plainly_available()
    nothing = sa.null()
    summed = _there(some).with_only_columns(
        _BALANCE.c.clinic_id,
        _BALANCE.c.item_id,
        sa.cast(nothing, Key).label("lot_id"),
        sa.cast(nothing, Key).label("location_id"),
        sa.cast(nothing, Key).label("container_id"),
        sa.func.sum(_BALANCE.c.quantity).label("quantity"),
        sa.cast(nothing, Quantity).label("content_per_container"),
        sa.cast(sa.func.sum(_CONTAINERS), sa.BigInteger).label("sealed"),
        sa.func.min(_LOT.c.expiry).label("expiry"),
        sa.cast(nothing, Instant).label("discard_at"),
    )
    single = _there(some).with_only_columns(
        _BALANCE.c.clinic_id,
        _BALANCE.c.item_id,
        _BALANCE.c.lot_id,
        _BALANCE.c.location_id,
        _BALANCE.c.container_id,
        _BALANCE.c.quantity,
        _BALANCE.c.content_per_container,
        _CONTAINERS,
        _LOT.c.expiry,
        _CONTAINER.c.discard_at,
    )
    return sa.union_all(
        summed.where(plain).group_by(_BALANCE.c.clinic_id, _BALANCE.c.item_id),
        single.outerjoin(_CONTAINER, _CONTAINER.c.id == _BALANCE.c.container_id).where(
            sa.not_(plain)
        ),
    )


@cache
def _shelves_briefly(some: Collection[str]) -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Return what :func:`_shelves` does, of the plainly available its whole thousandths alone."""
    plain, nothing = _plainly_available(), sa.null()
    balance = _BALANCE.c
    summed = _there(some).with_only_columns(
        balance.clinic_id,
        balance.item_id,
        sa.cast(sa.func.sum(balance.quantity), sa.BigInteger).label("plain"),
        sa.cast(nothing, Key).label("lot_id"),
        sa.cast(nothing, Key).label("location_id"),
        sa.cast(nothing, Key).label("container_id"),
        sa.cast(nothing, Quantity).label("quantity"),
        sa.cast(nothing, Quantity).label("content_per_container"),
        sa.cast(nothing, sa.Date).label("expiry"),
        sa.cast(nothing, Instant).label("discard_at"),
    )
    single = _there(some).with_only_columns(
        balance.clinic_id,
        balance.item_id,
        sa.cast(nothing, sa.BigInteger),
        balance.lot_id,
        balance.location_id,
        balance.container_id,
        balance.quantity,
        balance.content_per_container,
        _LOT.c.expiry,
        _CONTAINER.c.discard_at,
    )
    return sa.union_all(
        summed.where(plain).group_by(balance.clinic_id, balance.item_id),
        single.outerjoin(_CONTAINER, _CONTAINER.c.id == balance.container_id).where(sa.not_(plain)),
    )


def _plainly_available() -> sa.ColumnElement[bool]:
    return sa.and_(
        _BALANCE.c.container_id.is_(None),
        availability.in_date(sa.bindparam("latest_today")),
        sa.not_(availability.touched_by_a_hold()),
    )


def _there(some: Collection[str]) -> sa.Select[*tuple[Any, ...]]:
    statement = (
        sa.select(_BALANCE)
        .join(_LOT, _LOT.c.id == _BALANCE.c.lot_id)
        .join(_LOCATION, _LOCATION.c.id == _BALANCE.c.location_id)
        .where(availability.on_shelf())
    )
    if "clinic_ids" in some:
        statement = statement.where(_BALANCE.c.clinic_id.in_(_CLINICS))
    if "item_ids" in some:
        statement = statement.where(_BALANCE.c.item_id.in_(_ITEMS))
    return statement


def _todays(clinic_ids: Sequence[int] | None, now: dt.datetime) -> dict[int, dt.date]:
    if clinic_ids is not None:
        known = [_already_read(clinic_id) for clinic_id in clinic_ids]
        if all(known):
            return {clinic.id: local_date(now, clinic.timezone) for clinic in known if clinic}
    statement = sa.select(Clinic.id, Clinic.timezone)
    if clinic_ids is not None:
        statement = statement.where(Clinic.id.in_(clinic_ids))
    return {row.id: local_date(now, row.timezone) for row in db.session.execute(statement)}


def _already_read(clinic_id: int) -> Clinic | None:
    """Return the clinic if this transaction has read it already."""
    clinic = db.session.identity_map.get(identity_key(Clinic, clinic_id))
    return None if clinic is None or sa.inspect(clinic).expired else clinic


def _active_holds(clinic_ids: Sequence[int] | None) -> dict[int, list[ActiveHold]]:
    """Return the holds in force, by lot, that reach any of the clinics."""
    holds: dict[int, list[ActiveHold]] = defaultdict(list)
    some = limits(clinic_ids=clinic_ids)
    for row in db.session.execute(_held(frozenset(some)), some):
        holds[row.lot_id].append(ActiveHold(row.clinic_id, row.location_id, row.quantity))
    return holds


@cache
def _held(some: Collection[str]) -> sa.Select[*tuple[Any, ...]]:
    held = sa.select(
        _HOLD.c.lot_id, _HOLD.c.clinic_id, _HOLD.c.location_id, _HOLD.c.quantity
    ).where(availability.in_force())
    if "clinic_ids" in some:
        everywhere = _HOLD.c.clinic_id.is_(None)
        held = held.where(sa.or_(everywhere, _HOLD.c.clinic_id.in_(_CLINICS)))
    return held


def item_of_gtin(practice_id: int, gtin: str, lot: str | None) -> int | None:
    """Return the practice's item behind a scanned GTIN; the lot decides between several."""
    sold = (
        sa.select(ItemProduct.item_id)
        .join(ProductGtin, ProductGtin.product_id == ItemProduct.product_id)
        .where(ProductGtin.gtin == gtin)
    )
    linked = sa.select(ItemGtin.item_id).where(
        ItemGtin.practice_id == practice_id, ItemGtin.gtin == gtin
    )
    found: Sequence[int] = db.session.scalars(
        sa.select(Item.id)
        .where(
            Item.practice_id == practice_id,
            Item.archived_at.is_(None),
            Item.id.in_(sold.union_all(linked)),
        )
        .order_by(Item.id)
    ).all()
    if len(found) > 1 and lot:
        holding = db.session.scalar(
            sa.select(Lot.item_id).where(
                Lot.item_id.in_(found), Lot.normalised == normalise_lot(lot)
            )
        )
        return holding or found[0]
    return found[0] if found else None
