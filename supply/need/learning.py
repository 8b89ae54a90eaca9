"""Learning from past use: once a day for each item at each clinic, and when one is new.

What is read reaches back a year at most: sums by day, not the ledger.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from supply.alerts.scope import Scope, chunks
from supply.catalogue.terms import Dose
from supply.clock import end_of_day
from supply.db import AnyRow, Key, db, execute, table, upsert
from supply.formulations.models import FormulationLine, FormulationVersion
from supply.inventory import queries as inventory
from supply.items.models import ClinicItem, Item
from supply.need import use
from supply.need.arrays import Flags, Floats, Pair, places_of
from supply.need.lending import NOTHING, Lent, lent
from supply.need.models import LearnedUse, UseDay
from supply.projection import experience
from supply.projection.proposing import Known, known_from
from supply.quantity import Unit

LEARNED, USE, ITEM, HERE = map(table, (LearnedUse, UseDay, Item, ClinicItem))

HISTORY: Final = 364
"""Days of use that are looked at: whole weeks, a year."""

USUAL_LEAD: Final = 7.0
"""Days over which the errors of the learned rate are judged: how long orders usually take."""

MOST_WASTE: Final = 1.0
"""A share of waste above this is an accident, not a habit."""

LEAST_USE: Final = 20.0
"""Units of use that stand beside what was wasted: little use tells little of waste."""

LEAST_THERE: Final = 0.0005
"""Base units, less than which is nothing: a thousandth is the least there can be."""

AT_ONCE: Final = 5_000
"""Items learned together: a year of their days is some 15 MB an array."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An item kept at a clinic, and in what its use is counted."""

    clinic_id: int
    item_id: int
    unit: Decimal


def learn(scope: Scope) -> None:
    """Learn of the items kept at the clinics of ``scope`` what is not known as of their day.

    Where all clinics are looked at, all is learned anew. Runs in the caller's transaction, after
    :func:`supply.need.use.sum_up`.
    """
    missing = list(_kept(scope))
    for begin in range(0, len(missing), AT_ONCE):
        _learn(scope, missing[begin : begin + AT_ONCE])


def _learn(scope: Scope, items: Sequence[Kept]) -> None:
    past = _read(scope, items)
    learned = experience.learn(
        past.unbooked, past.taught, np.full(len(items), USUAL_LEAD), past.borrowed
    )
    known = known_from(learned, _pooled(items, learned))
    rows = [_row(scope, one, place, known, past) for place, one in enumerate(items)]
    statement = upsert(LEARNED)
    changed = [name for name in rows[0] if name not in ("clinic_id", "item_id")]
    execute(
        statement.on_conflict_do_update(
            index_elements=["clinic_id", "item_id"],
            set_={name: statement.excluded[name] for name in changed},
        ),
        rows,
    )


def learn_of(scope: Scope, one: Kept) -> dict[str, Any]:
    """Return what an item's ledger of a year teaches, for one that no sweep has come upon yet.

    The same as :func:`learn` would keep, but nothing is lent and what its clinic's items share is
    not known.
    """
    place = scope.places[one.clinic_id]
    asked = {
        "clinic": one.clinic_id,
        "item": one.item_id,
        "since": end_of_day(place.today - dt.timedelta(days=HISTORY + 1), place.timezone),
    }
    sums = {name: np.zeros((1, HISTORY + 1)) for name in FIGURES}
    moves = execute(use.moves_of_item(), asked)
    for (_item, day), found in use.summed(moves, place.timezone).items():
        column = HISTORY - (place.today - day).days
        if 0 <= column <= HISTORY:
            for name in FIGURES:
                sums[name][0, column] += getattr(found, name) / 1000
    level = inventory.levels([one.clinic_id], [one.item_id], now=scope.now).get(
        (one.clinic_id, one.item_id)
    )
    taught = days_that_teach(sums, np.array([float(level.on_hand) if level else 0.0]))
    past = past_of(sums, taught, np.array([float(one.unit)]), [NOTHING])
    learned = experience.learn(past.unbooked, past.taught, np.full(1, USUAL_LEAD), past.borrowed)
    pooled = np.array([experience.USUAL_DISPERSION])
    return _row(scope, one, 0, known_from(learned, pooled), past)


def _row(scope: Scope, one: Kept, place: int, known: Known, past: Past) -> dict[str, Any]:
    return {
        "clinic_id": one.clinic_id,
        "item_id": one.item_id,
        "learned_on": scope.places[one.clinic_id].today,
        "unit": one.unit,
        "likely": float(known.likely[place]),
        "cautious": float(known.cautious[place]),
        "dispersion": float(known.dispersion[place]),
        "waste": float(past.waste[place]),
        "lapsing": float(past.lapsing[place]),
        "days": int(past.taught[place].sum()),
        "borrowed": bool(past.borrowed[place] > 0),
        "reckoned_from": past.lent[place].reckoned_from,
    }


def _pooled(items: Sequence[Kept], learned: experience.Experience) -> Floats:
    """Return what a clinic's items share of straying, item by item.

    Of fewer than five that have strayed enough to tell, all items here are asked.
    """
    own = experience.own_dispersion(learned)
    everywhere = experience.pooled_dispersion(learned)
    clinic_ids = np.array([one.clinic_id for one in items])
    pooled = np.full(own.size, everywhere)
    for clinic_id in np.unique(clinic_ids):
        here = own[(clinic_ids == clinic_id) & np.isfinite(own)]
        if here.size >= 5:
            pooled[clinic_ids == clinic_id] = max(1.0, float(np.median(here)))
    return pooled


def _kept(scope: Scope) -> Iterator[Kept]:
    """Yield the items kept at clinics of which nothing is known as of the clinic's day."""
    rows = execute(
        sa.select(
            HERE.c.clinic_id,
            HERE.c.item_id,
            ITEM.c.unit,
            ITEM.c.dose,
            ITEM.c.content_per_container,
            LEARNED.c.learned_on,
        )
        .join(ITEM, ITEM.c.id == HERE.c.item_id)
        .outerjoin(
            LEARNED,
            sa.and_(LEARNED.c.clinic_id == HERE.c.clinic_id, LEARNED.c.item_id == HERE.c.item_id),
        )
        .where(
            scope.limit(HERE.c.clinic_id),
            scope.about(HERE.c.item_id),
            ITEM.c.archived_at.is_(None),
        )
        .order_by(HERE.c.clinic_id, HERE.c.item_id)
    ).all()
    stale = [row for row in rows if _is_stale(row, scope)]
    uses = usual_uses({row.item_id for row in stale})
    for row in stale:
        yield Kept(row.clinic_id, row.item_id, unit_of(row, uses))


def _is_stale(row: AnyRow, scope: Scope) -> bool:
    today = scope.places[row.clinic_id].today
    return scope.everywhere or row.learned_on is None or bool(row.learned_on != today)


def unit_of(item: Any, uses: Mapping[int, Decimal]) -> Decimal:
    """Return the base units that are counted as one of an item.

    A container where each serves one patient; of what is shared the least that a formulation
    takes of it, but no less than a twentieth of a container.
    """
    content: Decimal = item.content_per_container
    if item.unit is Unit.EACH:
        return Decimal(1)
    if item.dose is Dose.SINGLE:
        return content
    item_id: int = getattr(item, "item_id", None) or item.id
    least = max((content / 20).quantize(Decimal("0.001")), Decimal("0.001"))
    return min(max(uses.get(item_id, content / 10), least), content)


def usual_uses(item_ids: Collection[int]) -> dict[int, Decimal]:
    """Return by item the least that the newest version of a formulation takes of it."""
    found: dict[int, Decimal] = {}
    for some in chunks(sorted(item_ids)):
        rows = db.session.execute(
            sa.select(
                FormulationLine.item_id,
                sa.func.min(FormulationLine.quantity, type_=FormulationLine.quantity.type).label(
                    "least"
                ),
            )
            .join(FormulationVersion, FormulationVersion.id == FormulationLine.version_id)
            .where(
                FormulationLine.item_id.in_(some),
                FormulationLine.quantity > 0,
                _is_newest(),
            )
            .group_by(FormulationLine.item_id)
        )
        found |= {row.item_id: row.least for row in rows}
    return found


def _is_newest() -> sa.ColumnElement[bool]:
    later = sa.orm.aliased(FormulationVersion)
    return ~sa.exists().where(
        later.formulation_id == FormulationVersion.formulation_id,
        later.number > FormulationVersion.number,
    )


@dataclass(frozen=True, slots=True)
class Past:
    """Past use of items, in their units, the last day yesterday: (items, days) or (items,)."""

    unbooked: Floats
    taught: Flags
    waste: Floats
    lapsing: Floats
    borrowed: Floats
    lent: Sequence[Lent]


def _read(scope: Scope, items: Sequence[Kept]) -> Past:
    pairs = [(one.clinic_id, one.item_id) for one in items]
    units = np.array([float(one.unit) for one in items])
    sums = _sums_of(scope, pairs)
    there = inventory.levels(
        sorted({clinic for clinic, _item in pairs}),
        sorted({item for _clinic, item in pairs}),
        now=scope.now,
    )
    on_hand = np.array([float(there[p].on_hand) if p in there else 0.0 for p in pairs])
    taught = days_that_teach(sums, on_hand)
    return past_of(sums, taught, units, lent(scope, pairs, taught.sum(axis=1)))


FIGURES: Final = ("unbooked", "booked", "wasted", "lapsed", "net")


def days_that_teach(sums: Mapping[str, Floats], on_hand: Floats) -> Flags:
    """Return which days up to yesterday teach, (items, days), of sums up to today.

    A day teaches that opened with something on the shelves, or on which something was used. What
    opened it is what is there now without all that came and went since.
    """
    since = np.cumsum(sums["net"][:, ::-1], axis=1)[:, ::-1]
    opened_with = on_hand[:, None] - since
    used = sums["unbooked"] + sums["booked"]
    taught: Flags = ((opened_with > LEAST_THERE) | (used > 0))[:, :-1]
    return taught


def past_of(
    sums: Mapping[str, Floats], taught: Flags, units: Floats, borrowed: Sequence[Lent]
) -> Past:
    """Return past use in ``units`` of base units, from its sums by day, the last column today."""
    used = (sums["unbooked"] + sums["booked"]).sum(axis=1)
    total = used + LEAST_USE * units
    return Past(
        unbooked=sums["unbooked"][:, :-1] / units[:, None],
        taught=taught,
        waste=np.minimum(sums["wasted"].sum(axis=1) / total, MOST_WASTE),
        lapsing=np.minimum(sums["lapsed"].sum(axis=1) / total, MOST_WASTE),
        borrowed=np.array([one.rate for one in borrowed]) / units,
        lent=borrowed,
    )


def _sums_of(scope: Scope, pairs: Sequence[Pair]) -> dict[str, Floats]:
    """Return sums by figure, (items, days) in base units, the last column the clinic's today."""
    places = places_of(pairs)
    sums = {name: np.zeros((len(pairs), HISTORY + 1)) for name in FIGURES}
    todays = {clinic: scope.places[clinic].today for clinic, _item in pairs}
    asked = {
        "clinics": sorted(todays),
        "since": min(todays.values()) - dt.timedelta(days=HISTORY),
    }
    rows: list[int] = []
    days: list[int] = []
    figures: list[Sequence[int]] = []
    found: Sequence[AnyRow] = execute(_sums(), asked).all()
    for row in found:
        place = places.get((row[0], row[1]))
        column = HISTORY - (todays[row[0]] - row[2]).days if place is not None else -1
        if place is not None and 0 <= column <= HISTORY:
            rows.append(place)
            days.append(column)
            figures.append(row[3:])
    if rows:
        thousandths = np.array(figures, dtype=np.float64) / 1000
        for number, name in enumerate(FIGURES):
            np.add.at(sums[name], (rows, days), thousandths[:, number])
    return sums


@cache
def _sums() -> sa.Select[*tuple[Any, ...]]:
    figures: list[sa.ColumnElement[Any]] = [
        sa.type_coerce(USE.c[name], sa.BigInteger).label(name) for name in FIGURES
    ]
    clinics: sa.BindParameter[int] = sa.bindparam("clinics", type_=Key, expanding=True)
    return sa.select(USE.c.clinic_id, USE.c.item_id, USE.c.day, *figures).where(
        USE.c.clinic_id.in_(clinics), USE.c.day >= sa.bindparam("since")
    )
