"""Many items at once: whether to order, how much, by when, and what will be short or expire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from supply.projection import experience
from supply.projection.arrays import Flags, Floats, Whole
from supply.projection.burn import NEVER, Burnt, Supplies, burn, first_day
from supply.projection.lead_times import longest_days, mean_days
from supply.projection.need import expected
from supply.projection.ordering import (
    Terms,
    cost_of_a_day,
    days_of_need,
    decide,
    first_day_to_order,
    how_many,
    reorder_line,
)
from supply.projection.outlook import SHORT, arrival_days
from supply.projection.trigger import Need

TOGETHER: Final = 2000
"""Items worked on at a time, so that their arrays stay near the processor."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known of the days ahead of items. All arrays begin with (items, …)."""

    booked: Floats
    """Units that bookings take by day, today first, (items, days ahead)."""
    waste: Floats
    """Units usually wasted for each unit used, (items,)."""
    supplies: Supplies
    """What is usable, (items, lots), in drawing order."""
    ordered: Floats
    """Units on order, (items, orders), 0 where there are fewer."""
    waited: Whole
    """Days since each order was placed, (items, orders)."""
    lead: Floats
    """Shares of lead times by days 1.., (items, longest)."""
    terms: Terms


@dataclass(frozen=True, slots=True)
class Items(Ahead):
    """What is known of items this morning, their past and the days ahead."""

    used: Floats
    """Unbooked units used by day, (items, days), the last column yesterday."""
    taught: Flags
    """Whether the day teaches: the item was kept, and the day did not open empty; as ``used``."""
    borrowed: Floats
    """Units a day that what is new here is used elsewhere, (items,); 0 where nothing is lent."""
    pooled_dispersion: Floats
    """What the clinic's items share, (items,)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What past use taught of items, (items,)."""

    likely: Floats
    """Unbooked units expected a day."""
    cautious: Floats
    """The same, careful with what has hardly been used."""
    dispersion: Floats
    """Variance over mean of unbooked use."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """What to do about each item, (items,) unless said otherwise.

    Days count from today; −1 is never.
    """

    firing: Flags
    """Whether to order today."""
    packs: Whole
    """How many packs if so, or else on the day of ``order_by`` as far as is known now."""
    order_by: Whole
    """The first day on which ordering would begin, if use goes as expected."""
    line: Floats
    """The position in units at which ordering would begin today."""
    position: Floats
    """Units that can be counted on."""
    rate: Floats
    """Unbooked units expected a day, waste among them."""
    dispersion: Floats
    """Variance over mean of unbooked use."""
    first_short: Whole
    """First day on which need is expected unmet."""
    expiring: Floats
    """Units of each lot expected to be left when it ends within the days ahead, (items, lots)."""


def propose(items: Items) -> Proposals:
    """Return what to do about many items; the days ahead are those of ``booked``."""
    return _in_parts(items.waste.size, lambda rows: judge(_known(items, rows), _part(items, rows)))


def _known(items: Items, rows: slice) -> Known:
    learned = experience.learn(
        items.used[rows], items.taught[rows], mean_days(items.lead[rows]), items.borrowed[rows]
    )
    return known_from(learned, items.pooled_dispersion[rows])


def known_from(learned: experience.Experience, pooled_dispersion: Floats) -> Known:
    """Return what experience up to yesterday, in whole weeks, says of the days ahead."""
    nothing = np.zeros((learned.rate.size, 0))
    taught = nothing.astype(bool)
    return Known(
        likely=experience.rate_today(learned, nothing, taught, prior_units=0.0),
        cautious=experience.rate_today(learned, nothing, taught),
        dispersion=experience.dispersion(learned, pooled_dispersion),
    )


def judge_many(known: Known, ahead: Ahead) -> Proposals:
    """Return what to do about many items of which is known what their past taught."""

    def part(rows: slice) -> Proposals:
        some = Known(known.likely[rows], known.cautious[rows], known.dispersion[rows])
        return judge(some, _part(ahead, rows))

    return _in_parts(ahead.waste.size, part)


def _in_parts(count: int, work: Callable[[slice], Proposals]) -> Proposals:
    parts = [work(slice(begin, begin + TOGETHER)) for begin in range(0, max(count, 1), TOGETHER)]
    names = Proposals.__slots__
    return Proposals(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def judge(known: Known, ahead: Ahead) -> Proposals:
    """Return what to do about some items of which is known what their past taught."""
    more = 1 + ahead.waste
    likely, cautious = known.likely * more, known.cautious * more
    burnt = _burn(ahead, expected(ahead.booked, known.likely, ahead.waste))
    need = Need(cautious, known.dispersion, ahead.booked * more[:, None])
    position = position_of(ahead, burnt)
    orders = decide(need, position, ahead.lead, ahead.terms)
    wanted = days_of_need(need, ahead.lead, ahead.terms.cover)
    cost = cost_of_a_day(need, position, ahead.lead, ahead.terms, wanted)
    leaving = need.booked + likely[:, None] + ending(ahead, burnt)
    lots = ahead.supplies.units.shape[1]
    later = how_many(need, position, ahead.lead, ahead.terms, wanted)
    return Proposals(
        firing=orders.firing,
        packs=np.where(orders.firing, orders.packs, later),
        order_by=first_day_to_order(need, position, ahead.lead, cost, leaving),
        line=reorder_line(need, ahead.lead, cost),
        position=position,
        rate=likely,
        dispersion=known.dispersion,
        first_short=first_day(burnt.unmet > SHORT),
        expiring=burnt.expired[:, :lots],
    )


def _burn(items: Ahead, need: Floats) -> Burnt:
    """Return how supplies are expected to last, orders coming on their middle day."""
    there = items.supplies
    count, orders = items.ordered.shape
    lead = np.repeat(items.lead, orders, axis=0)
    middle = arrival_days(lead, items.waited.ravel(), np.array([0.5])).reshape(count, orders)
    supplies = Supplies(
        np.hstack([there.units, items.ordered]),
        np.hstack([there.first_day, middle]),
        np.hstack([there.last_day, np.full((count, orders), NEVER)]),
    )
    return burn(supplies, need)


def position_of(items: Ahead, burnt: Burnt) -> Floats:
    """Return units that can be counted on: on order, and usable while an order would be coming."""
    soon = items.supplies.last_day <= longest_days(items.lead)[:, None]
    lost = np.where(soon, burnt.expired[:, : soon.shape[1]], 0.0).sum(axis=1)
    units: Floats = items.supplies.units.sum(axis=1) - lost + items.ordered.sum(axis=1)
    return units


def ending(items: Ahead, burnt: Burnt) -> Floats:
    """Return units that stop counting, by day: an order placed then would come after their end.

    What stops counting today is not in the position already.
    """
    leaving = np.zeros_like(items.booked)
    day = items.supplies.last_day - longest_days(items.lead)[:, None]
    row, lot = np.nonzero((day > 0) & (day < leaving.shape[1]))
    np.add.at(leaving, (row, day[row, lot]), burnt.expired[row, lot])
    return leaving


def _part(items: Ahead, rows: slice) -> Ahead:
    there, terms = items.supplies, items.terms
    return Ahead(
        booked=items.booked[rows],
        waste=items.waste[rows],
        supplies=Supplies(there.units[rows], there.first_day[rows], there.last_day[rows]),
        ordered=items.ordered[rows],
        waited=items.waited[rows],
        lead=items.lead[rows],
        terms=Terms(*(getattr(terms, name)[rows] for name in Terms.__slots__)),
    )
