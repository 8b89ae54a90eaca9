"""What items at clinics will need and have, and what to order: rows into arrays, and back."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from supply.alerts.scope import Place, Scope, chunks
from supply.catalogue.terms import Dose, Storage
from supply.db import AnyRow, Key, execute, table
from supply.inventory import drawing
from supply.inventory import queries as inventory
from supply.inventory import rules as inventory_rules
from supply.inventory.queries import Usable
from supply.items.models import Item
from supply.need import supplies
from supply.need.arrays import Floats, Pair, floats, places_of
from supply.need.bookings import Taking, takings
from supply.need.buying import Offer, Offers, best, padded
from supply.need.lead_times import LONGEST, span
from supply.need.learning import Kept, learn_of, unit_of, usual_uses
from supply.need.models import LearnedUse
from supply.need.supplies import Coming, OnShelves
from supply.need.use import BOOKED_AHEAD
from supply.projection import experience, lead_times
from supply.projection.need import by_day, lapsing
from supply.projection.ordering import Terms, kappa_for
from supply.projection.proposing import Ahead, Known, judge_many

LEARNED = table(LearnedUse)

AHEAD: Final = 90
"""Days looked ahead: a course of weekly sessions, and the longest lead time after it."""

COVER: Final = 14
"""Days of need that an order is to last."""

UNSTATED_LEAD: Final = 5
"""Days an order is taken to need of what nobody sells to the clinic."""

SHARED_DAYS: Final = 60
"""An open container that lasts longer is used up before it lapses."""


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
class _Read:
    """What was read for some targets."""

    items: Mapping[int, AnyRow]
    learned: Mapping[Pair, Any]
    usable: Mapping[Pair, Sequence[Usable]]
    coming: Mapping[Pair, Sequence[Coming]]
    takings: Mapping[Pair, Sequence[Taking]]
    offers: Mapping[Pair, Sequence[Offer]]


class Foresight:
    """Some items at clinics, this morning: see :func:`foresee`."""

    def __init__(
        self, scope: Scope, targets: Sequence[Target], read: _Read, offers: Offers, days: int
    ) -> None:
        """Lay out what was read; nothing is decided yet."""
        self.scope, self.targets, self.days = scope, targets, days
        self.offers = offers
        self._read = read
        self.rows_of = places_of([target.pair for target in targets])
        self.unit = floats([self._unit(target) for target in targets])
        self.chosen = [best(read.offers.get(target.pair, ())) for target in targets]
        self.made = judge_many(self.known, self.ahead)
        self._hurry()

    def _hurry(self) -> None:
        """Choose another supplier where the usual one would come too late, and decide anew."""
        changed = False
        for row, target in enumerate(self.targets):
            offers = self._read.offers.get(target.pair, ())
            short = int(self.made.first_short[row])
            if len(offers) > 1 and short >= 0:
                found = best(offers, short)
                if found != self.chosen[row]:
                    self.chosen[row], changed = found, True
        if changed:
            del self.ahead
            self.made = judge_many(self.known, self.ahead)

    def _unit(self, target: Target) -> Decimal:
        learned = self._read.learned.get(target.pair)
        if learned is not None:
            unit: Decimal = learned.unit
            return unit
        return unit_of(self._read.items[target.item_id], self._usual)

    @cached_property
    def _usual(self) -> Mapping[int, Decimal]:
        return usual_uses(self._read.items)

    @cached_property
    def known(self) -> Known:
        """What past use taught, what lapses with it in open containers among it."""
        count = len(self.targets)
        likely, cautious = np.zeros(count), np.full(count, experience.PRIOR_UNITS / 365)
        dispersion = np.full(count, experience.USUAL_DISPERSION)
        for row, target in enumerate(self.targets):
            learned = self._read.learned.get(target.pair)
            if learned is not None:
                more = 1 + learned.lapsing
                likely[row], cautious[row] = learned.likely * more, learned.cautious * more
                dispersion[row] = learned.dispersion
        share = unbooked_share(likely * self.days, self._booked_units())
        return Known(likely, likely + (cautious - likely) * share, dispersion)

    def _booked_units(self) -> Floats:
        found: Floats = (self._taken(early=True) + self._taken(early=False)).sum(axis=1)
        return found

    def is_used(self, row: int) -> bool:
        """Return whether an item is used or booked at all."""
        return bool(self.made.rate[row] > 0 or self.booked[row].any())

    @cached_property
    def ahead(self) -> Ahead:
        """What is known of the days ahead."""
        count = len(self.targets)
        learned = [self._read.learned.get(target.pair) for target in self.targets]
        ordered, waited = supplies.awaited(
            self.rows_of, self.unit, self._lines(promised=False), self.scope.places
        )
        return Ahead(
            booked=self.booked,
            waste=np.array([one.waste if one is not None else 0.0 for one in learned]),
            supplies=self.shelves.supplies,
            ordered=ordered,
            waited=waited,
            lead=np.array([self._lead(row) for row in range(count)]).reshape(count, LONGEST),
            terms=self._terms(),
        )

    @cached_property
    def shelves(self) -> OnShelves:
        """What is usable, and what is promised for a day."""
        usable = [one for some in self._read.usable.values() for one in some]
        return supplies.shelves(
            self.rows_of, self.unit, usable, self._lines(promised=True), self.scope.places
        )

    def _lines(self, *, promised: bool) -> list[Coming]:
        return [
            line
            for lines in self._read.coming.values()
            for line in lines
            if supplies.is_promised(line, self.scope.places[line.clinic_id].today) is promised
        ]

    def _lead(self, row: int) -> Floats:
        chosen = self.chosen[row]
        return chosen[0].lead if chosen is not None else UNSTATED

    def _terms(self) -> Terms:
        count = len(self.targets)
        chosen = [one[0] if one is not None else None for one in self.chosen]
        cover = np.full(count, float(COVER))
        packs, price = padded([one.breaks if one is not None else ((1, 1),) for one in chosen])
        content = floats([self._content(target.item_id) for target in self.targets])
        pack = floats([one.pack if one is not None else Decimal(0) for one in chosen])
        return Terms(
            pack=np.where(pack > 0, pack, content) / self.unit,
            least=np.array([one.minimum_packs if one is not None else 1 for one in chosen]),
            shelf_life=np.array(
                [float(one.shelf_days if one is not None else 365) for one in chosen]
            ),
            cover=cover,
            kappa=kappa_for(np.array([target.service_level for target in self.targets]), cover),
            break_packs=packs,
            price=price,
        )

    def _content(self, item_id: int) -> Decimal:
        content: Decimal = self._read.items[item_id].content_per_container
        return content

    @cached_property
    def booked(self) -> Floats:
        """Units that bookings take by day, and what lapses with them in containers they share.

        What is booked late is expected already, as far as so much usually is.
        """
        early = self._taken(early=True)
        soon = min(BOOKED_AHEAD.days, self.days)
        late = self._taken(early=False)
        expected = np.zeros_like(late)
        expected[:, :soon] = self.known.likely[:, None]
        taken = early + np.maximum(late - expected, 0.0)
        return taken + self._lapsing(taken)

    def _taken(self, *, early: bool) -> Floats:
        some = [
            one
            for pair, found in self._read.takings.items()
            if pair in self.rows_of
            for one in found
            if one.early is early
        ]
        rows = np.array([self.rows_of[one.clinic_id, one.item_id] for one in some], dtype=np.int64)
        today = {clinic: place.today for clinic, place in self.scope.places.items()}
        days = np.array([(one.day - today[one.clinic_id]).days for one in some], dtype=np.int64)
        units = floats([one.quantity for one in some]) / self.unit[rows] if some else np.zeros(0)
        return by_day(rows, days, units, len(self.targets), self.days)

    def _lapsing(self, taken: Floats) -> Floats:
        """Return what lapses in containers that bookings share and do not use up."""
        rows = [
            row
            for row, target in enumerate(self.targets)
            if self._read.items[target.item_id].dose is Dose.MULTI and taken[row].any()
        ]
        lapsed = np.zeros_like(taken)
        if not rows:
            return lapsed
        hours = self._hours({self.targets[row].item_id for row in rows})
        shared = [row for row in rows if hours[self.targets[row].item_id] is not None]
        if not shared:
            return lapsed
        window = np.array([_window(hours[self.targets[row].item_id]) for row in shared])
        content = floats([self._content(self.targets[row].item_id) for row in shared])
        there, opened = self.shelves.of(shared)
        lapsed[shared] = lapsing(taken[shared], content / self.unit[shared], window, there, opened)
        return lapsed

    def _hours(self, item_ids: Collection[int]) -> dict[int, int | None]:
        """Return by item how long an open container lasts, at least; None: to its expiry."""
        kept = drawing.opening_rules(item_ids)
        found: dict[int, int | None] = {}
        for item_id in item_ids:
            item = self._read.items[item_id]
            rules: Sequence[tuple[Storage | None, int]] = kept.get(item_id, [])
            hours = inventory_rules.discard_hours(rules, None, injectable=item.injectable)
            found[item_id] = hours if hours is not None and hours < SHARED_DAYS * 24 else None
        return found

    # What is said of one of them

    def item(self, row: int) -> AnyRow:
        """Return the row of an item: its name, code, unit, container and content."""
        return self._read.items[self.targets[row].item_id]

    def day(self, row: int, ahead: int) -> dt.date | None:
        """Return the clinic's day so many days ahead; None for never."""
        here: Place = self.scope.places[self.targets[row].clinic_id]
        return None if ahead < 0 else here.today + dt.timedelta(days=int(ahead))

    def order_by(self, row: int) -> dt.date | None:
        """Return the last day on which ordering is likely to come in time; None for never."""
        if not self.is_used(row):
            return None
        return self.day(row, 0 if bool(self.made.firing[row]) else int(self.made.order_by[row]))

    def base(self, row: int, units: float) -> Decimal:
        """Return units in the item's base unit, to what can be said of it."""
        return Decimal(str(round(units * float(self.unit[row]), 3)))

    def lacking(self, row: int, days: int) -> Decimal:
        """Return by how much need is expected to be above what there is or comes, in some days."""
        needed = float(self.booked[row][:days].sum()) + float(self.made.rate[row]) * days
        return self.base(row, needed - float(self.made.position[row]))

    def available(self, row: int) -> Decimal:
        """Return what may be drawn now, in the base unit."""
        usable = self._read.usable.get(self.targets[row].pair, ())
        return sum((one.quantity for one in usable), Decimal("0.000"))

    def coming_of(self, row: int) -> Sequence[Coming]:
        """Return what open orders still bring of it."""
        return self._read.coming.get(self.targets[row].pair, ())

    def takings_of(self, row: int) -> Sequence[Taking]:
        """Return what booked sessions take of it, by day."""
        return self._read.takings.get(self.targets[row].pair, ())

    def usable_of(self, row: int) -> Sequence[Usable]:
        """Return what may be drawn of it, lot by lot."""
        return self._read.usable.get(self.targets[row].pair, ())

    def learned(self, row: int) -> Any:
        """Return what was learned of it as it is kept; None where nothing is yet."""
        return self._read.learned.get(self.targets[row].pair)

    def is_borrowed(self, row: int) -> bool:
        """Return whether its use is lent by sister clinics, or by the treatments it goes into."""
        learned = self.learned(row)
        return learned is not None and bool(learned.borrowed)

    def reckoned_from(self, row: int) -> dict[str, Any] | None:
        """Return the sessions that its use is reckoned from; None where it is known otherwise."""
        learned = self.learned(row)
        if learned is None or learned.reckoned_from is None:
            return None
        return {**learned.reckoned_from, "days": learned.days}

    def takes(self, row: int) -> tuple[int, int]:
        """Return within how many days nine of ten orders of it come: (from, to)."""
        return span(self._lead(row))

    def ending(self, row: int) -> list[tuple[int, dt.date, Decimal]]:
        """Return (lot, its last day, what is expected to be left) in the order they end."""
        expiring = self.made.expiring[row]
        lots, last = self.shelves.lots[row], self.shelves.supplies.last_day[row]
        found = []
        for column in np.flatnonzero(expiring > LEAST_LEFT):
            day = self.day(row, int(last[column]))
            if lots[column] and day is not None:
                found.append((int(lots[column]), day, self.base(row, expiring[column])))
        return sorted(found, key=lambda one: (one[1], one[0]))


def unbooked_share(unbooked: Floats, booked: Floats) -> Floats:
    """Return how much of the care for use that was never seen is due, (items,).

    What is hardly used is kept for a use to come; where bookings are that use, little else is to
    be expected. One half use is added to what is expected unbooked: nothing is sure.
    """
    return (unbooked + 0.5) / (unbooked + booked + 0.5)


LEAST_LEFT: Final = 0.05
"""Units below which nothing is said to be left of a lot: what is expected is no whole number."""

UNSTATED: Final = lead_times.around(
    np.array([float(UNSTATED_LEAD)]), lead_times.USUAL_RATIOS, LONGEST
)[0]
"""Shares of lead times of what nobody sells."""


def _window(hours: int | None) -> int:
    """Return on how many days an open container serves, the day of opening among them."""
    return 1 if hours is None else max(1, hours // 24 + (1 if hours < 24 else 0))


def foresee(
    scope: Scope,
    targets: Sequence[Target],
    supposed: Supposed | None = None,
    *,
    days: int = AHEAD,
    at_once: bool = False,
) -> Foresight:
    """Return what items at clinics of ``scope`` will need and have over the coming days.

    A fixed number of statements, however many items there are. What past use taught is read as it
    was learned last: see :func:`supply.need.learning.learn`. With ``at_once`` what no sweep has
    come upon yet is read from the ledger, item by item.
    """
    supposed = supposed or Supposed()
    item_ids = sorted({target.item_id for target in targets})
    clinics = sorted({target.clinic_id for target in targets})
    places = {clinic: scope.places[clinic] for clinic in clinics}
    offers = Offers(places, item_ids)
    items = _items(item_ids)
    learned: dict[Pair, Any] = dict(_learned(clinics, item_ids))
    if at_once:
        learned |= _learned_now(scope, [t for t in targets if t.pair not in learned], items)
    return Foresight(
        scope,
        targets,
        _Read(
            items=items,
            learned=learned,
            usable=_by_pair(inventory.usable(clinics, item_ids, now=scope.now)),
            coming=_by_pair(
                [
                    line
                    for line in supplies.coming(places, item_ids)
                    if line.supplier_id != supposed.without_supplier
                ]
            ),
            takings=_by_pair(_takings(places, item_ids, supposed.more, days)),
            offers={
                target.pair: [
                    one
                    for one in offers.of(*target.pair)
                    if one.supplier_id != supposed.without_supplier
                ]
                for target in targets
            },
        ),
        offers,
        days,
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
