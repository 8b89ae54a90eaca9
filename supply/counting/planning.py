"""What to count when: items classed by what they are worth in a year, and when each is due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.alerts.scope import Place, Scope
from supply.clock import local_date
from supply.counting import rules
from supply.counting.limits import limits_of
from supply.counting.models import ClassedItem, Count, CountLine
from supply.counting.terms import ItemClass
from supply.db import db, execute, table
from supply.inventory.availability import on_shelf
from supply.inventory.models import Balance
from supply.inventory.worth import last_costs
from supply.items.models import Item, Location
from supply.need.models import UseDay
from supply.quantity import ZERO
from supply.text import fold

A_YEAR: Final = dt.timedelta(days=364)
A_WEEK: Final = dt.timedelta(days=7)
SETTLED: Final = dt.timedelta(days=7)
"""How long classes stand before they are reckoned anew."""

BALANCE, CLASSED, CLINIC = table(Balance), table(ClassedItem), table(Clinic)


@dataclass(frozen=True, slots=True)
class Due:
    """An item that is to be counted: since when, and when it was counted last (None: never)."""

    item_id: int
    name: str
    word: ItemClass
    due_on: dt.date
    counted_at: dt.datetime | None


def classify(scope: Scope) -> None:
    """Class the items of the clinics of ``scope`` whose classes are a week old, or not there.

    By what was used in a year or is held, whichever is worth more. In the sweep's transaction.
    """
    if scope.items is not None:
        return
    last = (
        sa.select(sa.func.max(CLASSED.c.classed_on))
        .where(CLASSED.c.clinic_id == CLINIC.c.id)
        .correlate(CLINIC)
        .scalar_subquery()
    )
    stocked = sa.exists().where(BALANCE.c.clinic_id == CLINIC.c.id, BALANCE.c.quantity > 0)
    rows = db.session.execute(
        sa.select(CLINIC.c.id, last.label("last")).where(scope.limit(CLINIC.c.id), stocked)
    )
    for row in rows.all():
        place = scope.places[row.id]
        if row.last is None or place.today - row.last >= SETTLED:
            _classify(place)


def _classify(place: Place) -> None:
    worth = _worth(place)
    classes = rules.classed({item: minor for item, (minor, _held) in worth.items()})
    execute(sa.delete(CLASSED).where(CLASSED.c.clinic_id == place.id))
    rows = [
        {"clinic_id": place.id, "item_id": item, "word": word, "classed_on": place.today}
        for item, word in sorted(classes.items())
    ]
    if rows:
        execute(sa.insert(CLASSED), rows)


def _worth(place: Place) -> dict[int, tuple[int, int]]:
    """Return by item what it is worth in a year, and what is held of it, in minor units."""
    used = _used(place)
    held = {row.item_id: row for row in execute(_held(), {"clinic": place.id})}
    unknown = {item for item in {*used, *held} if item not in held or not held[item].costed}
    last = last_costs(place.id, unknown) if unknown else {}
    found = {}
    for item in {*used, *held}:
        row = held.get(item)
        cost = last.get(item, ZERO) if not row or not row.costed else int(row.minor) / row.costed
        in_stock = int(cost * (row.quantity if row else ZERO))
        found[item] = max(in_stock, int(cost * used.get(item, ZERO))), in_stock
    return found


def _used(place: Place) -> Mapping[int, Decimal]:
    query = (
        sa.select(
            UseDay.item_id, sa.func.sum(UseDay.unbooked + UseDay.booked, type_=UseDay.net.type)
        )
        .where(UseDay.clinic_id == place.id, UseDay.day > place.today - A_YEAR)
        .group_by(UseDay.item_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


@cache
def _held() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Balance.item_id,
            sa.func.sum(Balance.quantity, type_=Balance.quantity.type).label("quantity"),
            sa.func.sum(Balance.costed, type_=Balance.quantity.type).label("costed"),
            sa.func.sum(Balance.cost_minor).label("minor"),
        )
        .where(Balance.clinic_id == sa.bindparam("clinic"), Balance.quantity > 0)
        .group_by(Balance.item_id)
    )


def due(clinic: Clinic, now: dt.datetime) -> list[Due]:
    """Return what is to be counted by the end of a week from ``now`` on, by class and day.

    What was never counted is due as if it had been when it came. Nothing is due before items
    are classed. Two statements.
    """
    today = local_date(now, clinic.timezone)
    days = limits_of(clinic).days
    found = []
    for row in execute(_last_counted(), {"clinic": clinic.id}):
        last = local_date(row.known_at, clinic.timezone)
        due_on = last + dt.timedelta(days=days[row.word])
        if due_on < today + A_WEEK:
            found.append(Due(row.item_id, row.name, row.word, due_on, row.counted_at))
    return sorted(found, key=lambda one: (one.word, one.due_on, one.name, one.item_id))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of counts waits at a clinic: those begun, lines to count again, items due."""

    open_ids: Sequence[int]
    again: int
    due: int


def waiting(clinic: Clinic, now: dt.datetime) -> Waiting:
    """Return what of counts waits at ``clinic``. Three statements."""
    begun = db.session.execute(
        sa.select(Count.id, sa.func.sum(sa.cast(CountLine.again, sa.Integer)).label("again"))
        .outerjoin(CountLine, CountLine.count_id == Count.id)
        .where(Count.clinic_id == clinic.id, Count.status == sa.literal_column("'open'"))
        .group_by(Count.id)
        .order_by(Count.id)
    ).all()
    ids = [row.id for row in begun]
    return Waiting(ids, sum(row.again or 0 for row in begun), len(due(clinic, now)))


@cache
def _last_counted() -> sa.Select[*tuple[Any, ...]]:
    known_at = sa.func.min(sa.func.coalesce(Balance.counted_at, Balance.first_in_at))
    return (
        sa.select(
            Balance.item_id,
            Item.name,
            ClassedItem.word,
            sa.type_coerce(known_at, Balance.first_in_at.type).label("known_at"),
            sa.func.max(Balance.counted_at).label("counted_at"),
        )
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .join(
            ClassedItem,
            sa.and_(
                ClassedItem.item_id == Balance.item_id,
                ClassedItem.clinic_id == Balance.clinic_id,
            ),
        )
        .where(Balance.clinic_id == sa.bindparam("clinic"), on_shelf())
        .group_by(Balance.item_id, Item.name, ClassedItem.word)
    )


def items_of(clinic: Clinic, words: Sequence[ItemClass]) -> list[int]:
    """Return the items of these classes at ``clinic``."""
    query = sa.select(ClassedItem.item_id).where(
        ClassedItem.clinic_id == clinic.id, ClassedItem.word.in_(words)
    )
    return list(db.session.scalars(query.order_by(ClassedItem.item_id)))


def item_named(clinic: Clinic, code: str) -> int | None:
    """Return the item of the practice with that code, in any case; None where there is none."""
    return db.session.scalar(
        sa.select(Item.id).where(
            Item.practice_id == clinic.practice_id, Item.code_key == fold(code)
        )
    )
