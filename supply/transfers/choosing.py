"""Choosing what to move: the balances of a clinic that a scan, a lot or an item means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.catalogue.barcodes import scan
from supply.db import AnyRow, db
from supply.inventory import availability, labels
from supply.inventory.boxes import item_behind
from supply.inventory.models import Balance, Container, Hold, Lot
from supply.inventory.rules import is_expired, normalise_lot
from supply.items.models import Item, Location
from supply.quantity import ZERO
from supply.searching import mentions, wanted

MOST_FOUND = 20
"""Places that a search offers at most."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A balance that may be moved: sealed stock of a lot in one place, or an open container."""

    balance_id: int
    item: Item
    lot: Lot
    location: Location
    container_id: int | None
    quantity: Decimal
    free: Decimal
    """What of it may be drawn, and so sent: not expired, not on hold."""
    discard_at: dt.datetime | None
    expired: bool

    @property
    def is_open(self) -> bool:
        """Whether it is an open container, which moves with all that is in it."""
        return self.container_id is not None

    @property
    def there(self) -> Decimal:
        """How much is there as people type it: containers, or what an open one still holds."""
        return self.as_typed(self.quantity)

    @property
    def sendable(self) -> Decimal:
        """How much may be sent to another clinic, as people type it."""
        return ZERO if self.is_open else self.as_typed(self.free)

    def as_typed(self, quantity: Decimal) -> Decimal:
        """Return a quantity of the base unit as people type it."""
        return quantity if self.is_open else quantity / self.lot.content_per_container

    def in_base_unit(self, typed: Decimal) -> Decimal:
        """Return what was typed in the base unit."""
        return typed if self.is_open else typed * self.lot.content_per_container


def choices(
    clinic: Clinic, balance_ids: Collection[int], *, today: dt.date, now: dt.datetime
) -> dict[int, Choice]:
    """Return by id those of ``balance_ids`` that lie on a shelf of the clinic."""
    found = _read(clinic, Balance.id.in_(balance_ids), today, now) if balance_ids else []
    return {one.balance_id: one for one in found}


def of_lot(clinic: Clinic, lot_id: int, *, today: dt.date, now: dt.datetime) -> list[Choice]:
    """Return where the clinic has sealed stock of a lot, as people go through its places."""
    condition = sa.and_(Balance.lot_id == lot_id, Balance.container_id.is_(None))
    return _read(clinic, condition, today, now)


def meant(clinic: Clinic, text: str, *, today: dt.date, now: dt.datetime) -> list[Choice]:
    """Return what a scanned code, a lot number, an item's code or words of its name may mean.

    In drawing order, first expired first, what cannot be drawn last; at most a few.
    """
    condition = _condition(clinic, text.strip(), today)
    found = [] if condition is None else _read(clinic, condition, today, now)
    return sorted(found, key=_order)[:MOST_FOUND]


def _order(choice: Choice) -> tuple[bool, bool, dt.date, int]:
    expiry = choice.lot.expiry or dt.date.max
    return (not choice.free, choice.is_open, expiry, choice.balance_id)


def _condition(clinic: Clinic, text: str, today: dt.date) -> sa.ColumnElement[bool] | None:
    read = scan(text, today=today)
    if (read.gtin or read.item) is not None and labels.is_code(text, read):
        item = item_behind(clinic.practice_id, read)
        of_item = Balance.item_id == item.id if item else Lot.gtin == (read.gtin or "")
        if read.lot is None:
            return of_item
        return sa.and_(of_item, Lot.normalised == normalise_lot(read.lot))
    words = wanted(text)
    if not words:
        return None
    named = sa.and_(*(mentions(Item.searched, word) for word in words))
    return sa.or_(Lot.normalised == normalise_lot(text), named)


def _read(
    clinic: Clinic, condition: sa.ColumnElement[bool], today: dt.date, now: dt.datetime
) -> list[Choice]:
    rows = db.session.execute(
        sa.select(Balance, Item, Lot, Location, Container.discard_at)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .outerjoin(Container, Container.id == Balance.container_id)
        .where(Balance.clinic_id == clinic.id, availability.on_shelf(), condition)
        .order_by(Location.position, Balance.id)
    ).all()
    holds = _holds(clinic, {row.Lot.id for row in rows}) if rows else []
    return [_choice(row, holds, today, now) for row in rows]


def _holds(clinic: Clinic, lot_ids: Iterable[int]) -> Sequence[Hold]:
    query = sa.select(Hold).where(Hold.lot_id.in_(lot_ids), availability.in_force(clinic.id))
    return db.session.scalars(query).all()


def _choice(row: AnyRow, holds: Sequence[Hold], today: dt.date, now: dt.datetime) -> Choice:
    balance: Balance = row.Balance
    held = [
        hold.quantity
        for hold in holds
        if hold.lot_id == balance.lot_id and hold.location_id in (None, balance.location_id)
    ]
    kept = _Kept(
        balance.quantity,
        balance.content_per_container,
        balance.container_id,
        row.Lot.expiry,
        row.discard_at,
    )
    return Choice(
        balance_id=balance.id,
        item=row.Item,
        lot=row.Lot,
        location=row.Location,
        container_id=balance.container_id,
        quantity=balance.quantity,
        free=availability.apart(kept, held, today=today, at=now).available,
        discard_at=row.discard_at,
        expired=is_expired(row.Lot.expiry, today),
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """A balance as availability asks for it."""

    quantity: Decimal
    content_per_container: Decimal
    container_id: int | None
    expiry: dt.date | None
    discard_at: dt.datetime | None
