"""The bound: a policy that knows demand and lead times, and orders as late as it can."""

from __future__ import annotations

import numpy as np

from benchmarks.replay.references import ROUNDING
from benchmarks.replay.series import LONGEST, Counts, World
from benchmarks.replay.shop import Flags, Floats, History, Terms, View

NEXT = 1
"""Days until the next order can be placed."""


class Clairvoyant:
    """Orders on the last day that still helps, for the days until its next order can help."""

    name = "clairvoyant"

    def __init__(self, world: World, knobs: tuple[float, ...] = (0.0,)) -> None:
        self.knobs = knobs
        self.leads = world.leads
        ahead = 2 * LONGEST + world.demand.shape[1]
        days = world.demand.shape[1] - world.start
        self.demand = np.zeros((days + ahead, len(world.names)), dtype=np.int64)
        self.demand[:days] = world.demand[:, world.start :].T

    def begin(self, history: History, terms: Terms) -> None:
        """Nothing is to be learned."""
        self.terms = terms
        self.number = np.zeros(history.sold.shape[0], dtype=np.int64)
        self.due = np.zeros((self.demand.shape[0] + LONGEST, self.number.size), dtype=np.int64)

    def decide(self, view: View) -> Counts:
        """Order where the day that only today's order can reach would go short."""
        series = np.arange(self.number.size)
        last = self.leads.shape[1] - 1
        takes = self.leads[series, np.minimum(self.number, last)]
        then = self.leads[series, np.minimum(self.number + 1, last)]
        stock, unmet = self._on_arrival(view, takes)
        packs = np.ceil(self._needed(view.day, takes, then, stock) / self.terms.pack - ROUNDING)
        ordered: Counts = np.where(unmet, np.maximum(packs, 0), 0).astype(np.int64)
        ordered *= self.terms.pack
        self.due[view.day + takes, series] += ordered
        self.number += ordered > 0
        return ordered

    def _on_arrival(self, view: View, takes: Counts) -> tuple[Counts, Flags]:
        """Return what is there on the morning today's order would come, and whether it is short."""
        came, out = view.received[-1].copy(), view.gone.copy()
        stock, unmet = np.zeros_like(out), np.zeros(out.size, dtype=bool)
        history: list[Counts] = []
        for ahead in range(int(takes.max()) + 1):
            day = view.day + ahead
            came = came + self.due[day] * (ahead > 0)
            history.append(came)
            out = np.maximum(out, self._ended(view, history, day))
            there, wanted = came - out, self.demand[day]
            now = takes == ahead
            stock, unmet = np.where(now, there, stock), np.where(now, wanted > there, unmet)
            out = out + np.minimum(wanted, there)
        return stock, unmet

    def _ended(self, view: View, history: list[Counts], day: int) -> Counts | int:
        """Return units that came in so long ago that they have ended by a day."""
        came = day - self.terms.shelf_life
        if came < 0:
            return 0
        ended: Counts = view.received[came] if came < view.day else history[came - view.day]
        return ended

    def _needed(self, today: int, takes: Counts, then: Counts, stock: Counts) -> Floats:
        """Return units short over the days the order has to last, once it has come."""
        series = np.arange(takes.size)
        lasting = np.maximum(self.terms.cover, NEXT + then - takes)
        lasting = np.minimum(lasting, self.terms.shelf_life)
        left, short = stock.astype(np.float64), np.zeros(takes.size)
        for ahead in range(int(lasting.max())):
            day = today + takes + ahead
            left += self.due[day, series] * (ahead > 0)
            left -= self.demand[day, series]
            short = np.where(ahead < lasting, np.maximum(short, -left), short)
        return short
