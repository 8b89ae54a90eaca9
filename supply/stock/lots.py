"""The lots of one item at a clinic: their places, open containers and holds."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.catalogue.terms import Storage
from supply.clock import local_date
from supply.db import AnyRow, db
from supply.inventory import availability
from supply.inventory.models import Balance, Container, Hold, Lot
from supply.inventory.rules import is_expired
from supply.inventory.terms import HoldSource
from supply.items.models import Location


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold in force; without a location it holds the lot in the whole clinic."""

    id: int
    location_id: int | None
    location: str | None
    quantity: Decimal | None
    reason: str
    source: HoldSource
    held_at: dt.datetime
    own: bool
    """Whether this clinic may release it."""
    stands_at: str = ""
    recall_id: int | None = None
    """The recall that holds it, if one does."""


@dataclass(frozen=True, slots=True)
class LotPlace:
    """Sealed containers of a lot in one place, or what is left in an open one."""

    balance_id: int
    location: str
    storage: Storage | None
    quantity: Decimal
    content: Decimal
    container_id: int | None = None
    opened_at: dt.datetime | None = None
    discard_at: dt.datetime | None = None

    @property
    def sealed(self) -> int:
        """How many sealed containers these are."""
        return int(self.quantity / self.content)


@dataclass(slots=True)
class LotRow:
    """A lot at a clinic, with where it is and why it may not be used."""

    id: int
    number: str
    expiry: dt.date | None
    expired: bool
    sealed: list[LotPlace] = field(default_factory=list)
    open: list[LotPlace] = field(default_factory=list)
    holds: list[HoldRow] = field(default_factory=list)


def lots_of(clinic: Clinic, item_id: int, now: dt.datetime) -> list[LotRow]:
    """Return the lots of an item on the clinic's shelves by expiry, undated last. Two reads."""
    today = local_date(now, clinic.timezone)
    lots: dict[int, LotRow] = {}
    for row in db.session.execute(_lot_places(), {"clinic_id": clinic.id, "item_id": item_id}):
        lot = lots.get(row.lot_id)
        if lot is None:
            lot = LotRow(row.lot_id, row.number, row.expiry, is_expired(row.expiry, today))
            lots[row.lot_id] = lot
        (lot.sealed if row.container_id is None else lot.open).append(_lot_place(row))
    for lot_id, held in _holds(clinic, lots).items():
        lots[lot_id].holds = held
    return sorted(lots.values(), key=lambda lot: (lot.expiry or dt.date.max, lot.id))


@cache
def _lot_places() -> sa.Select[*tuple[object, ...]]:
    return (
        sa.select(
            Balance.id,
            Balance.lot_id,
            Balance.quantity,
            Balance.content_per_container,
            Balance.container_id,
            Lot.number,
            Lot.expiry,
            Location.name,
            Location.storage,
            Container.opened_at,
            Container.discard_at,
        )
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .outerjoin(Container, Container.id == Balance.container_id)
        .where(
            Balance.clinic_id == sa.bindparam("clinic_id"),
            Balance.item_id == sa.bindparam("item_id"),
            availability.on_shelf(),
        )
        .order_by(Container.discard_at, Location.position, Location.id, Balance.id)
    )


def _lot_place(row: AnyRow) -> LotPlace:
    return LotPlace(
        balance_id=row.id,
        location=row.name,
        storage=row.storage,
        quantity=row.quantity,
        content=row.content_per_container,
        container_id=row.container_id,
        opened_at=row.opened_at,
        discard_at=row.discard_at,
    )


def _holds(clinic: Clinic, lot_ids: Collection[int]) -> dict[int, list[HoldRow]]:
    rows = db.session.execute(_held(), {"clinic_id": clinic.id, "lot_ids": list(lot_ids)})
    holds: dict[int, list[HoldRow]] = defaultdict(list)
    for hold, location in rows:
        holds[hold.lot_id].append(
            HoldRow(
                id=hold.id,
                location_id=hold.location_id,
                location=location,
                quantity=hold.quantity,
                reason=hold.reason,
                source=hold.source,
                held_at=hold.held_at,
                own=hold.clinic_id == clinic.id,
                stands_at=hold.stands_at,
                recall_id=hold.source_id if hold.source is HoldSource.RECALL else None,
            )
        )
    return holds


@cache
def _held() -> sa.Select[Hold, str]:
    return (
        sa.select(Hold, Location.name)
        .outerjoin(Location, Location.id == Hold.location_id)
        .where(
            Hold.lot_id.in_(sa.bindparam("lot_ids", expanding=True)),
            availability.in_force(sa.bindparam("clinic_id")),
        )
        .order_by(Hold.id)
    )
