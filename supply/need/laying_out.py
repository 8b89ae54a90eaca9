"""Laying out what was read of items at clinics: arrays, in units of each item."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Final

import numpy as np

from supply.alerts.scope import Scope
from supply.catalogue.terms import Dose, Storage
from supply.inventory import drawing
from supply.inventory import rules as inventory_rules
from supply.need import supplies
from supply.need.arrays import Floats, floats, places_of
from supply.need.buying import best, padded
from supply.need.lead_times import LONGEST
from supply.need.learning import unit_of, usual_uses
from supply.need.reading import Read, Target
from supply.need.supplies import Coming, OnShelves
from supply.need.use import BOOKED_AHEAD
from supply.projection import experience, lead_times
from supply.projection.need import by_day, lapsing
from supply.projection.ordering import Terms, kappa_for
from supply.projection.proposing import Ahead, Known

COVER: Final = 14
"""Days of need that an order is to last."""

UNSTATED_LEAD: Final = 5
"""Days an order is taken to need of what nobody sells to the clinic."""

SHARED_DAYS: Final = 60
"""An open container that lasts longer is used up before it lapses."""

UNSTATED: Final = lead_times.around(
    np.array([float(UNSTATED_LEAD)]), lead_times.USUAL_RATIOS, LONGEST
)[0]
"""Shares of lead times of what nobody sells."""


class Layout:
    """What past use taught of some items at clinics and what is known of the days ahead."""

    def __init__(self, scope: Scope, targets: Sequence[Target], read: Read, days: int) -> None:
        """Lay out what was read; nothing is decided yet."""
        self.scope, self.targets, self.days = scope, targets, days
        self._read = read
        self.rows_of = places_of([target.pair for target in targets])
        self.unit = floats([self._unit(target) for target in targets])
        self.chosen = [best(read.offers.get(target.pair, ())) for target in targets]

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


def unbooked_share(unbooked: Floats, booked: Floats) -> Floats:
    """Return how much of the care for use that was never seen is due, (items,).

    What is hardly used is kept for a use to come; where bookings are that use, little else is to
    be expected. One half use is added to what is expected unbooked: nothing is sure.
    """
    return (unbooked + 0.5) / (unbooked + booked + 0.5)


def _window(hours: int | None) -> int:
    """Return on how many days an open container serves, the day of opening among them."""
    return 1 if hours is None else max(1, hours // 24 + (1 if hours < 24 else 0))
