"""What a clinic has of some lots, locked: where it lies, what is held of it, what may be sent."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import sqlalchemy as sa

from supply import clock
from supply.accounts.models import Clinic
from supply.db import AnyRow, db
from supply.inventory import availability, ledger
from supply.inventory.models import Balance, Container, Hold, Lot
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO


@dataclass(frozen=True, slots=True)
class Shelf:
    """The balances of some lots in one clinic, each locked, and the holds on them."""

    rows: Mapping[ledger.Place, AnyRow]
    holds: Mapping[int, Sequence[Hold]]
    taken: dict[ledger.Place, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    """What lines before have taken of each place."""

    def places_of(self, lot_id: int) -> list[AnyRow]:
        """Return where there is some of a lot on a shelf, as people go through their places."""
        rows = [
            row
            for row in self.rows.values()
            if row.lot_id == lot_id and row.kind is LocationKind.SHELF and row.quantity > 0
        ]
        return sorted(rows, key=lambda row: (row.position, row.id))

    def left(self, row: AnyRow) -> Decimal:
        """Return what is there and no line before has taken, holds or not."""
        there: Decimal = row.quantity - self.taken[place_of(row)]
        return there

    def free(self, row: AnyRow, today: dt.date, now: dt.datetime) -> Decimal:
        """Return what of a place may be drawn, and no line before has taken."""
        quantities = [hold.quantity for hold in self.holds_on(row)]
        parts = availability.apart(row, quantities, today=today, at=now)
        return parts.available - self.taken[place_of(row)]

    def holds_on(self, row: AnyRow) -> list[Hold]:
        """Return the holds that keep some of a place back."""
        return [
            hold
            for hold in self.holds.get(row.lot_id, ())
            if hold.location_id in (None, row.location_id)
        ]


def place_of(row: AnyRow) -> ledger.Place:
    """Return the place of a balance row."""
    return (row.location_id, row.lot_id, row.container_id)


def lock_shelf(clinic: Clinic, lot_ids: Collection[int]) -> Shelf:
    """Lock all balances of ``lot_ids`` in the clinic, in primary-key order; read their holds."""
    rows = db.session.execute(_balances(clinic.id, lot_ids).with_for_update(of=Balance)).all()
    holds: dict[int, list[Hold]] = defaultdict(list)
    found = db.session.scalars(
        sa.select(Hold)
        .where(Hold.lot_id.in_(lot_ids), availability.in_force(clinic.id))
        .order_by(Hold.id)
    )
    for hold in found:
        holds[hold.lot_id].append(hold)
    return Shelf({place_of(row): row for row in rows}, holds)


def today_at(clinic: Clinic, now: dt.datetime) -> dt.date:
    """Return the clinic's calendar day at ``now``."""
    return clock.local_date(now, clinic.timezone)


def _balances(clinic_id: int, lot_ids: Collection[int]) -> sa.Select[*tuple[object, ...]]:
    return (
        sa.select(
            Balance.id,
            Balance.item_id,
            Balance.lot_id,
            Balance.location_id,
            Balance.container_id,
            Balance.quantity,
            Balance.costed,
            Balance.cost_minor,
            Balance.content_per_container,
            Lot.number,
            Lot.expiry,
            Location.kind,
            Location.position,
            Location.storage,
            Location.name.label("location"),
            Container.opened_at,
            Container.discard_at,
            Item.code,
            Item.name,
            Item.unit,
            Item.dose,
            Item.injectable,
            Item.storage.label("kept"),
        )
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .outerjoin(Container, Container.id == Balance.container_id)
        .where(Balance.clinic_id == clinic_id, Balance.lot_id.in_(lot_ids))
        .order_by(Balance.id)
    )
