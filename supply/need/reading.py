"""Reading what the need of items at clinics follows from: rows, for all of them at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from supply.alerts.scope import Place, Scope, chunks
from supply.db import AnyRow, Key, execute, table
from supply.inventory import queries as inventory
from supply.inventory.queries import Usable
from supply.items.models import Item
from supply.need import supplies
from supply.need.arrays import Pair
from supply.need.bookings import Taking, takings
from supply.need.buying import Offer, Offers
from supply.need.learning import Kept, learn_of, unit_of, usual_uses
from supply.need.models import LearnedUse
from supply.need.supplies import Coming

LEARNED = table(LearnedUse)


@dataclass(frozen=True, slots=True)
class Target:
    """An item at a clinic, and how sure it is to be not to run out there."""

    clinic_id: int
    item_id: int
    service_level: float

    @property
    def pair(self) -> Pair:
        """The clinic and the item."""
        return self.clinic_id, self.item_id


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is supposed otherwise than it is: more sessions, or a supplier that is gone."""

    more: Sequence[Taking] = ()
    without_supplier: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of some targets."""

    items: Mapping[int, AnyRow]
    learned: Mapping[Pair, Any]
    usable: Mapping[Pair, Sequence[Usable]]
    coming: Mapping[Pair, Sequence[Coming]]
    takings: Mapping[Pair, Sequence[Taking]]
    prices: Offers
    offers: Mapping[Pair, Sequence[Offer]]


def read(
    scope: Scope, targets: Sequence[Target], supposed: Supposed, days: int, *, at_once: bool
) -> Read:
    """Return what is known of ``targets`` and their coming days.

    See :func:`supply.need.foreseeing.foresee`, which asks for it.
    """
    item_ids = sorted({target.item_id for target in targets})
    clinics = sorted({target.clinic_id for target in targets})
    places = {clinic: scope.places[clinic] for clinic in clinics}
    items = _items(item_ids)
    learned: dict[Pair, Any] = dict(_learned(clinics, item_ids))
    if at_once:
        learned |= _learned_now(scope, [t for t in targets if t.pair not in learned], items)
    prices, gone = Offers(places, item_ids), supposed.without_supplier
    coming = [one for one in supplies.coming(places, item_ids) if one.supplier_id != gone]
    return Read(
        items=items,
        learned=learned,
        usable=_by_pair(inventory.usable(clinics, item_ids, now=scope.now)),
        coming=_by_pair(coming),
        takings=_by_pair(_takings(places, item_ids, supposed.more, days)),
        prices=prices,
        offers={
            target.pair: [one for one in prices.of(*target.pair) if one.supplier_id != gone]
            for target in targets
        },
    )


def _learned_now(
    scope: Scope, targets: Sequence[Target], items: Mapping[int, AnyRow]
) -> dict[Pair, Any]:
    uses = usual_uses({target.item_id for target in targets})
    return {
        target.pair: SimpleNamespace(
            **learn_of(scope, Kept(*target.pair, unit_of(items[target.item_id], uses)))
        )
        for target in targets
    }


def _takings(
    places: Mapping[int, Place], item_ids: Sequence[int], more: Sequence[Taking], days: int
) -> list[Taking]:
    todays = [place.today for place in places.values()]
    if not todays:
        return []
    last = max(todays) + dt.timedelta(days=days)
    booked = takings(list(places), item_ids, min(todays), last)
    return sorted([*booked, *more], key=lambda one: (one.day, one.session_id))


def _by_pair(rows: Sequence[Any]) -> dict[Pair, list[Any]]:
    found: dict[Pair, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.clinic_id, row.item_id].append(row)
    return found


def _items(item_ids: Sequence[int]) -> dict[int, AnyRow]:
    found: dict[int, AnyRow] = {}
    for some in chunks(item_ids):
        query = sa.select(
            Item.id,
            Item.code,
            Item.name,
            Item.unit,
            Item.dose,
            Item.container,
            Item.content_per_container,
            Item.injectable,
        ).where(Item.id.in_(some))
        found |= {row.id: row for row in execute(query)}
    return found


def _learned(clinic_ids: Sequence[int], item_ids: Sequence[int]) -> dict[Pair, AnyRow]:
    clinics: sa.BindParameter[int] = sa.bindparam("clinics", type_=Key, expanding=True)
    found: dict[Pair, AnyRow] = {}
    for some in chunks(item_ids):
        query = sa.select(LEARNED).where(
            LEARNED.c.clinic_id.in_(clinics), LEARNED.c.item_id.in_(some)
        )
        rows = execute(query, {"clinics": list(clinic_ids)})
        found |= {(row.clinic_id, row.item_id): row for row in rows}
    return found
