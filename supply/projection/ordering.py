"""How much to order: days of need beyond the reorder line, in packs that are used in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from supply.projection.arrays import Flags, Floats, Whole
from supply.projection.chance import tail
from supply.projection.lead_times import mean_days
from supply.projection.trigger import Need, fires, reaching

ROUNDING: Final = 1e-9
BELOW_LINE: Final = 0.25
"""Share of what the position lacks to the reorder line that an order makes up, beside its days."""
DOUBLINGS: Final = 8
HALVINGS: Final = 6
WASTED_DAYS: Final = 60.0
"""A unit that expires costs what owning one for so many days does."""
KEEPING_A_YEAR: Final = 0.25
"""What keeping goods for a year costs, as a share of their price."""
YEAR: Final = 365.0


@dataclass(frozen=True, slots=True)
class Terms:
    """How items can be bought, and what it costs to be wrong, (items,) unless said otherwise."""

    pack: Floats
    """Units in a pack."""
    least: Whole
    """Packs one has to order at least."""
    shelf_life: Floats
    """Days that what arrives can be used."""
    cover: Floats
    """Days of need an order is to last."""
    kappa: Floats
    """What it costs to own a unit a day earlier, in lost units: see :func:`kappa_for`."""
    break_packs: Whole
    """From how many packs a price holds, ascending, (items, breaks); the first is for one."""
    price: Floats
    """Minor units for a pack at each break, (items, breaks); infinite where there is none."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What to order today, (items,)."""

    firing: Flags
    """Whether today is the day to order."""
    packs: Whole
    """How many packs if so."""


def kappa_for(service_level: Floats, cover: Floats) -> Floats:
    """Return what it costs to own a unit a day earlier, for a chance of not running out.

    At the reorder line the loss of waiting a day equals its cost. For an order that lasts
    ``cover`` days this makes the chance of being out when it comes one less the service level
    (the cycle service of Hadley & Whitin's (Q, r) model, where P(out) = cost · Q / demand);
    of what is wanted about a third of that share is lost.

    Args:
        service_level: from 0.5 to 0.999, (items,).
        cover: days an order is to last, (items,).
    """
    return (1 - service_level) / cover


def days_of_need(need: Need, lead: Floats, cover: Floats) -> Floats:
    """Return units needed, booked and expected, in ``cover`` days from the day an order arrives."""
    begin = np.rint(mean_days(lead)).astype(np.int64)
    end = begin + np.rint(cover).astype(np.int64)
    return need.rate * cover + booked_until(need, end) - booked_until(need, begin)


def booked_until(need: Need, day: Whole) -> Floats:
    """Return units booked before a day, which may lie beyond what is known, (items,)."""
    total = np.pad(need.booked.cumsum(axis=1), ((0, 0), (1, 0)))
    column = np.clip(day, 0, total.shape[1] - 1)
    return np.take_along_axis(total, column[:, None], axis=1)[:, 0]


def decide(need: Need, position: Floats, lead: Floats, terms: Terms) -> Orders:
    """Return whether to order each item today, and how much.

    Args:
        need: of the items; its rate may be cautious where little is known.
        position: units that can be counted on: usable in time, and on order, (items,).
        lead: shares of lead times by days 1.., (items, longest).
        terms: how each can be bought.
    """
    wanted = days_of_need(need, lead, terms.cover)
    cost = cost_of_a_day(need, position, lead, terms, wanted)
    firing = fires(need, position, lead, cost)
    packs = np.zeros(position.size, dtype=np.int64)
    rows = np.flatnonzero(firing)
    if rows.size:
        some = _rows(need, rows)
        lacking = below_line(some, position[rows], lead[rows], cost[rows], wanted[rows])
        asked = wanted[rows] + BELOW_LINE * lacking
        packs[rows] = how_many(some, position[rows], lead[rows], _terms(terms, rows), asked)
    return Orders(firing, packs)


def cost_of_a_day(
    need: Need, position: Floats, lead: Floats, terms: Terms, wanted: Floats
) -> Floats:
    """Return what it costs to own the next order a day earlier, in lost units.

    All of it is kept a day longer; and where not all of it will be used before its end, it ends a
    day's use earlier.
    """
    whole = np.maximum(np.ceil(wanted / terms.pack - ROUNDING), terms.least) * terms.pack
    until = mean_days(lead) + terms.shelf_life
    left = position + whole - booked_until(need, np.floor(until).astype(np.int64))
    outlasting = 1 - tail(need.rate * until, need.dispersion, left)
    return terms.kappa * (whole + WASTED_DAYS * need.rate * outlasting)


def _rows(need: Need, rows: Whole) -> Need:
    return Need(need.rate[rows], need.dispersion[rows], need.booked[rows])


def _terms(terms: Terms, rows: Whole) -> Terms:
    return Terms(
        terms.pack[rows],
        terms.least[rows],
        terms.shelf_life[rows],
        terms.cover[rows],
        terms.kappa[rows],
        terms.break_packs[rows],
        terms.price[rows],
    )


def below_line(need: Need, position: Floats, lead: Floats, cost: Floats, wanted: Floats) -> Floats:
    """Return units by which the position is below the line at which ordering would begin."""
    low, step = np.zeros(position.size), np.maximum(wanted, 1.0)
    for _ in range(DOUBLINGS):
        more = fires(need, position + low + step, lead, cost)
        if not more.any():
            break
        low += step * more
    for _ in range(HALVINGS):
        step = step / 2
        low += step * fires(need, position + low + step, lead, cost)
    return low + step / 2


def reorder_line(need: Need, lead: Floats, cost: Floats) -> Floats:
    """Return the position at or below which ordering begins, in units, (items,)."""
    nothing = np.zeros(cost.size)
    some = np.maximum(need.rate * mean_days(lead), 1.0)
    line = below_line(need, nothing, lead, cost, some)
    return np.where(fires(need, nothing, lead, cost), line, 0.0)


def how_many(need: Need, position: Floats, lead: Floats, terms: Terms, asked: Floats) -> Whole:
    """Return packs to order for ``asked`` units: whole, enough for the seller, used in time.

    At least one pack and what the seller asks at least are ordered even if they outlast their
    shelf life: what is needed cannot be had otherwise.
    """
    packs = np.ceil(asked / terms.pack - ROUNDING)
    in_time = _used_in_time(need, position, lead, terms)
    packs = np.maximum(np.minimum(packs, in_time), np.maximum(terms.least, 1))
    return _at_better_price(need, packs, in_time, terms).astype(np.int64)


def _used_in_time(need: Need, position: Floats, lead: Floats, terms: Terms) -> Floats:
    """Return how many packs are expected to be used before they end, what is there going first."""
    until = mean_days(lead) + terms.shelf_life
    booked = booked_until(need, np.floor(until).astype(np.int64))
    spare: Floats = need.rate * until + booked - np.maximum(position, 0.0)
    return np.maximum(np.floor(spare / terms.pack + ROUNDING), 0.0)


def _at_better_price(need: Need, packs: Floats, in_time: Floats, terms: Terms) -> Floats:
    """Return the packs up to a price break where that saves more than keeping them costs.

    What goes beyond ``packs`` would be bought later at today's price otherwise, and waits until
    what is bought now is used: the all-units discount of Hadley & Whitin, ch. 2, marginally.
    """
    chosen, price_now = packs, _price(terms, packs)
    best = np.zeros(packs.size)
    daily = np.maximum(need.rate + need.booked.mean(axis=1), 1e-9)
    for column in range(terms.price.shape[1]):
        at, price = terms.break_packs[:, column].astype(np.float64), terms.price[:, column]
        more = (at > packs) & (at <= in_time) & np.isfinite(price) & np.isfinite(price_now)
        if not more.any():
            continue
        saving = at * (np.where(more, price_now, 0.0) - np.where(more, price, 0.0))
        waiting = at * terms.pack / daily / 2
        keeping = (at - packs) * np.where(more, price, 0.0) * KEEPING_A_YEAR * waiting / YEAR
        better = more & (saving - keeping > best)
        best = np.where(better, saving - keeping, best)
        chosen = np.where(better, at, chosen)
    return chosen


def _price(terms: Terms, packs: Floats) -> Floats:
    """Return the price of a pack at this many: the last break reached."""
    reached = (terms.break_packs <= packs[:, None]).sum(axis=1) - 1
    return np.take_along_axis(terms.price, np.maximum(reached, 0)[:, None], axis=1)[:, 0]


def first_day_to_order(
    need: Need, position: Floats, lead: Floats, cost: Floats, leaving: Floats
) -> Whole:
    """Return the first day on which ordering would begin, if use goes as expected; −1 if never.

    Args:
        need: of the items, booked by day for all days looked at and the longest lead time.
        position: units that can be counted on today, (items,).
        lead: shares of lead times by days 1.., (items, longest).
        cost: what owning the order a day earlier costs, in lost units, (items,).
        leaving: units expected to leave the position by day, used or expired, (items, days).
    """
    items, days = leaving.shape
    found = np.full(items, -1, dtype=np.int64)
    going = np.arange(items)
    span = lead.shape[1] + 1
    booked = reaching(need.booked, days + span)
    before = np.pad(leaving.cumsum(axis=1), ((0, 0), (1, 0)))
    for day in range(days):
        ahead = Need(need.rate[going], need.dispersion[going], booked[going, day : day + span])
        firing = fires(ahead, position[going] - before[going, day], lead[going], cost[going])
        found[going[firing]] = day
        going = going[~firing]
        if not going.size:
            break
    return found
