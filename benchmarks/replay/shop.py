"""The days as they pass: what comes in, is thrown away, ordered, asked for and sold.

Every policy plays all its settings at once: a row is one series under one setting, settings
outermost. What a policy sees is what :class:`View` holds, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.replay.series import LONGEST, WARM_UP, Counts, World

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

AHEAD = 28
"""Days whose bookings are known, today among them."""
START_COVER = 14


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for every policy alike."""

    pack: int
    shelf_life: int
    """Days from coming in until thrown away."""
    cover: int
    """Days an order is to last."""


@dataclass(frozen=True, slots=True)
class History:
    """What was seen before play begins, a row a series."""

    sold: Counts
    """Units, (series, days)."""
    booked: Counts
    """Of them booked beforehand."""
    leads: Counts
    """Days that orders took, (series, 12)."""

    @property
    def daily_mean(self) -> Floats:
        """Units sold a day, (series,)."""
        mean: Floats = self.sold.mean(axis=1)
        return mean


@dataclass(frozen=True, slots=True)
class View:
    """What a policy sees in the morning. Arrays are (rows,) unless said otherwise."""

    day: int
    """Days played so far."""
    on_hand: Counts
    on_order: Counts
    sold: Counts
    """Yesterday's sales, booked and not; nothing on the first day."""
    sold_unbooked: Counts
    opened_empty: Flags
    """Whether yesterday opened with nothing on hand."""
    closed_empty: Flags
    arrived: Flags
    """Whether an order that took so many days came in this morning, (20, rows), from 1 day."""
    bookings: Counts
    """Units booked for today and the 27 days after, (series, 28)."""
    received: Counts
    """Units that ever came in by the end of each day so far, (days, rows)."""
    gone: Counts
    """Units sold or thrown away so far: the oldest went first."""


class Policy(Protocol):
    """Decides each morning what to order."""

    @property
    def name(self) -> str:
        """What the figures call it."""

    @property
    def knobs(self) -> tuple[float, ...]:
        """Its settings."""

    def begin(self, history: History, terms: Terms) -> None:
        """Learn from the history before play begins."""

    def decide(self, view: View) -> Counts:
        """Return units to order by row: multiples of a pack, or none."""


@dataclass(slots=True)
class Played:
    """What came of it in the measured days, (settings, series)."""

    met: Counts
    closing: Counts
    """Sum of the closing stocks."""
    expired: Counts
    orders: Counts
    bought: Counts
    empty: Counts
    """Days that closed at zero."""
    short: Counts
    """Days with a unit unmet."""


@dataclass(slots=True)
class Shelf:
    """What is there and on its way, while it is played."""

    received: Counts
    out: Counts
    placed: Counts = field(init=False)
    """Units ordered by day of placing, a ring, (21, rows)."""
    takes: Counts = field(init=False)
    """Days those orders take."""
    number: Counts = field(init=False)
    """Orders placed so far."""
    on_order: Counts = field(init=False)

    def __post_init__(self) -> None:
        rows = self.out.size
        self.placed = np.zeros((LONGEST + 1, rows), dtype=np.int64)
        self.takes = np.zeros((LONGEST + 1, rows), dtype=np.int64)
        self.number = np.zeros(rows, dtype=np.int64)
        self.on_order = np.zeros(rows, dtype=np.int64)

    def take_in(self, day: int) -> Flags:
        """Put what is due on the shelf; return which lead times that were."""
        arrived = np.zeros((LONGEST, self.out.size), dtype=bool)
        coming = np.zeros_like(self.out)
        for days in range(1, min(day, LONGEST) + 1):
            slot = (day - days) % (LONGEST + 1)
            due = (self.takes[slot] == days) & (self.placed[slot] > 0)
            arrived[days - 1] = due
            coming += np.where(due, self.placed[slot], 0)
        self.on_order -= coming
        if day:
            self.received[day] = self.received[day - 1] + coming
        return arrived

    def throw_away(self, day: int, shelf_life: int) -> Counts:
        """Take off what has come to its end; return how much."""
        if day < shelf_life:
            return np.zeros_like(self.out)
        expired: Counts = np.maximum(self.received[day - shelf_life] - self.out, 0)
        self.out += expired
        return expired

    def place(self, day: int, units: Counts, leads: Counts) -> None:
        """Order: the k-th order of a row takes the k-th of its series' lead times."""
        slot = day % (LONGEST + 1)
        series = np.arange(units.size) % leads.shape[0]
        self.placed[slot] = units
        self.takes[slot] = leads[series, np.minimum(self.number, leads.shape[1] - 1)]
        self.number += units > 0
        self.on_order += units


def play(world: World, policy: Policy, terms: Terms) -> Played:
    """Return what comes of a policy, every setting of it, over the played days."""
    settings, series = len(policy.knobs), len(world.names)
    start, days = world.start, world.demand.shape[1] - world.start
    history = History(world.demand[:, :start], world.booked[:, :start], world.past_leads)
    policy.begin(history, terms)
    shelf = _opening(history, terms, settings, days)
    tally = _nothing(settings * series)
    none = np.zeros(settings * series, dtype=np.int64)
    sold, unbooked_sold, opened_empty = none, none, none > 0
    closed_empty = opened_empty
    for day in range(days):
        arrived = shelf.take_in(day)
        expired = shelf.throw_away(day, terms.shelf_life)
        on_hand = shelf.received[day] - shelf.out
        bookings = world.booked[:, start + day : start + day + AHEAD]
        view = View(
            day=day,
            on_hand=on_hand,
            on_order=shelf.on_order.copy(),
            sold=sold,
            sold_unbooked=unbooked_sold,
            opened_empty=opened_empty,
            closed_empty=closed_empty,
            arrived=arrived,
            bookings=np.pad(bookings, ((0, 0), (0, AHEAD - bookings.shape[1]))),
            received=shelf.received[: day + 1],
            gone=shelf.out.copy(),
        )
        ordered = policy.decide(view)
        shelf.place(day, ordered, world.leads)
        wanted = np.tile(world.demand[:, start + day], settings)
        booked_sold = np.minimum(np.tile(world.booked[:, start + day], settings), on_hand)
        sold = np.minimum(wanted, on_hand)
        unbooked_sold = sold - booked_sold
        shelf.out += sold
        opened_empty, closed_empty = on_hand == 0, on_hand == sold
        if day >= WARM_UP:
            _count(tally, wanted, sold, on_hand - sold, ordered, expired)
    return Played(*(counted.reshape(settings, series) for counted in _fields(tally)))


def _opening(history: History, terms: Terms, settings: int, days: int) -> Shelf:
    cover = history.leads.mean(axis=1) + START_COVER
    packs = np.ceil(history.daily_mean * cover / terms.pack - 1e-9).astype(np.int64)
    received = np.zeros((days, settings * packs.size), dtype=np.int64)
    received[0] = np.tile(packs * terms.pack, settings)
    return Shelf(received, np.zeros(settings * packs.size, dtype=np.int64))


def _nothing(rows: int) -> Played:
    return Played(*(np.zeros(rows, dtype=np.int64) for _ in range(7)))


def _fields(tally: Played) -> tuple[Counts, ...]:
    return (
        tally.met,
        tally.closing,
        tally.expired,
        tally.orders,
        tally.bought,
        tally.empty,
        tally.short,
    )


def _count(
    tally: Played, wanted: Counts, sold: Counts, closing: Counts, ordered: Counts, expired: Counts
) -> None:
    tally.met += sold
    tally.closing += closing
    tally.expired += expired
    tally.orders += ordered > 0
    tally.bought += ordered
    tally.empty += closing == 0
    tally.short += sold < wanted
