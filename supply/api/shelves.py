"""What a clinic has, item by item and lot by lot, in a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.api.base.paging import PAGE
from supply.clock import local_date
from supply.db import AnyRow, db
from supply.inventory import availability
from supply.inventory import queries as inventory
from supply.inventory.models import Balance, Container, Hold, Lot
from supply.inventory.rules import is_expired
from supply.inventory.terms import HoldSource
from supply.items.models import ClinicItem, Item, Location
from supply.ordering import queries as ordering
from supply.quantity import ZERO
from supply.replenishment.models import Policy

OK, EXPIRED, ON_HOLD, RECALLED = "ok", "expired", "on_hold", "recalled"
"""What a lot's status may be. Recalled comes before expired, expired before on hold."""


@dataclass(slots=True)
class _Shelf:
    """What is there of one item: rows of lots, and its opened containers."""

    lots: list[dict[str, Any]] = field(default_factory=list)
    containers: list[dict[str, Any]] = field(default_factory=list)


def stock_page(
    clinic: Clinic, *, sku: str | None, after: str | None, now: dt.datetime
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of the clinic's items by code, and the code after which the next begins.

    Items once stocked, or with a policy, are listed also at zero.
    """
    items = _items(clinic.id, sku, after)
    shown, more = items[:PAGE], len(items) > PAGE
    ids = [item.id for item in shown]
    levels = inventory.levels([clinic.id], ids, now=now)
    coming = ordering.on_order([clinic.id], ids)
    shelves = _shelves(clinic, ids, local_date(now, clinic.timezone))
    answer = [_item(clinic.id, item, levels, coming, shelves) for item in shown]
    return answer, shown[-1].code if more else None


def _items(clinic_id: int, sku: str | None, after: str | None) -> Sequence[Item]:
    stocked = sa.select(ClinicItem.item_id).where(ClinicItem.clinic_id == clinic_id)
    reordered = sa.select(Policy.item_id).where(Policy.clinic_id == clinic_id)
    statement = (
        sa.select(Item)
        .where(Item.id.in_(sa.union(stocked, reordered).subquery().select()))
        .order_by(Item.code)
        .limit(PAGE + 1)
    )
    if sku is not None:
        statement = statement.where(Item.code == sku)
    if after is not None:
        statement = statement.where(Item.code > after)
    return db.session.scalars(statement).all()


def _item(
    clinic_id: int,
    item: Item,
    levels: Mapping[tuple[int, int], inventory.Level],
    coming: Mapping[tuple[int, int], Decimal],
    shelves: Mapping[int, _Shelf],
) -> dict[str, Any]:
    level = levels.get((clinic_id, item.id))
    shelf = shelves.get(item.id, _Shelf())
    return {
        "sku": item.code,
        "name": item.name,
        "unit": item.unit.value,
        "on_hand": level.on_hand if level else ZERO,
        "available": level.available if level else ZERO,
        "on_order": coming.get((clinic_id, item.id), ZERO),
        "lots": shelf.lots,
        "open_containers": shelf.containers,
    }


def _shelves(clinic: Clinic, item_ids: Sequence[int], today: dt.date) -> dict[int, _Shelf]:
    """Return by item what is on the shelves, FEFO order; sealed and open of a lot are one row."""
    holds = _holds(clinic.id)
    shelves: dict[int, _Shelf] = defaultdict(_Shelf)
    for row in db.session.execute(_balances(clinic.id, item_ids)):
        shelf = shelves[row.item_id]
        if row.container_id is not None:
            shelf.containers.append(_container(row))
        for status, quantity in _parts(row, holds.get(row.lot_id, ()), today):
            _add(shelf.lots, row, status, quantity)
    return shelves


def _balances(clinic_id: int, item_ids: Sequence[int]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Balance.item_id,
            Balance.lot_id,
            Balance.location_id,
            Balance.container_id,
            Balance.quantity,
            Balance.content_per_container,
            Lot.number,
            Lot.expiry,
            Location.name.label("location"),
            Container.opened_at,
            Container.discard_at,
        )
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .outerjoin(Container, Container.id == Balance.container_id)
        .where(
            Balance.clinic_id == clinic_id,
            Balance.item_id.in_(item_ids),
            availability.on_shelf(),
        )
        .order_by(sa.func.coalesce(Lot.expiry, dt.date.max), Lot.id, Location.position, Balance.id)
    )


def _holds(clinic_id: int) -> dict[int, list[AnyRow]]:
    rows = db.session.execute(
        sa.select(Hold.lot_id, Hold.location_id, Hold.quantity, Hold.source).where(
            availability.in_force(clinic_id)
        )
    )
    holds: dict[int, list[AnyRow]] = defaultdict(list)
    for row in rows:
        holds[row.lot_id].append(row)
    return holds


def _parts(row: AnyRow, holds: Sequence[AnyRow], today: dt.date) -> list[tuple[str, Decimal]]:
    """Return a balance by status: some packs of a lot may be on hold and the others not."""
    here = [hold for hold in holds if hold.location_id in (None, row.location_id)]
    held = availability.held_of(row, [hold.quantity for hold in here])
    status = RECALLED if any(hold.source is HoldSource.RECALL for hold in here) else ON_HOLD
    if is_expired(row.expiry, today) and not (held and status is RECALLED):
        return [(EXPIRED, row.quantity)]
    rest = EXPIRED if is_expired(row.expiry, today) else OK
    parts = [(rest, row.quantity - held), (status, held)]
    return [part for part in parts if part[1]]


def _add(lots: list[dict[str, Any]], row: AnyRow, status: str, quantity: Decimal) -> None:
    for known in lots:
        same = (known["lot_id"], known["location_id"], known["status"])
        if same == (row.lot_id, row.location_id, status):
            known["on_hand"] += quantity
            return
    lots.append(
        {
            "lot_id": row.lot_id,
            "location_id": row.location_id,
            "lot": row.number,
            "expiry": row.expiry,
            "status": status,
            "location": row.location,
            "on_hand": quantity,
        }
    )


def _container(row: AnyRow) -> dict[str, Any]:
    return {
        "container": row.container_id,
        "lot": row.number,
        "location": row.location,
        "remaining": row.quantity,
        "opened_at": row.opened_at,
        "discard_at": row.discard_at,
    }
