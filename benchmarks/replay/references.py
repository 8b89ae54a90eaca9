"""What others do: a fixed reorder point, a rolling average, and SBA with a normal safety stock."""

from __future__ import annotations

from typing import Final

import numpy as np

from benchmarks.replay.series import Counts
from benchmarks.replay.shop import Flags, Floats, History, Terms, View

FACTORS: Final = (0, 0.5, 1, 1.25, 1.5, 1.75, 2, 2.5, 3, 4, 5, 7, 10, 15, 22, 32)
DEVIATIONS: Final = (0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7)

ROUNDING: Final = 1e-9
"""A sum of floats above a whole number by less is that number."""


def order_up_to(view: View, point: Floats, target: Floats, pack: int) -> Counts:
    """Return what to order: at the point or below it, whole packs up to the target."""
    position = view.on_hand + view.on_order
    packs = np.ceil((target - position) / pack - ROUNDING).astype(np.int64)
    low = position <= point + ROUNDING
    ordered: Counts = np.where(low, np.maximum(packs, 0) * pack, 0)
    return ordered


class LeadsSoFar:
    """Mean and variance of the lead times known so far, by row."""

    def __init__(self, past: Counts, settings: int) -> None:
        self.orders = np.full(past.shape[0] * settings, past.shape[1], dtype=np.float64)
        self.days = np.tile(past.sum(axis=1).astype(np.float64), settings)
        self.squares = np.tile((past.astype(np.float64) ** 2).sum(axis=1), settings)

    def see(self, arrived: Flags) -> None:
        """Add the orders that came in this morning."""
        took = np.arange(1, arrived.shape[0] + 1, dtype=np.float64)
        self.orders += arrived.sum(axis=0)
        self.days += took @ arrived
        self.squares += took**2 @ arrived

    @property
    def mean(self) -> Floats:
        """Days."""
        return self.days / self.orders

    @property
    def variance(self) -> Floats:
        """Days squared."""
        return np.maximum(self.squares / self.orders - self.mean**2, 0)


class FixedMinMax:
    """A reorder point and an order-up-to level set once, from the history."""

    name = "fixed_minmax"

    def __init__(self, knobs: tuple[float, ...] = FACTORS) -> None:
        self.knobs = knobs

    def begin(self, history: History, terms: Terms) -> None:
        """Set both for good."""
        self.pack = terms.pack
        mean = history.daily_mean
        expected = mean * history.leads.mean(axis=1)
        self.point = np.outer(self.knobs, expected).ravel()
        self.target = self.point + np.tile(terms.cover * mean, len(self.knobs))

    def decide(self, view: View) -> Counts:
        """Order up to the level where the point is reached."""
        return order_up_to(view, self.point, self.target, self.pack)


class RollingAverage:
    """The same from the last 90 days and the lead times so far, renewed every seventh day."""

    name = "rolling_average"
    days = 90
    renewed = 7

    def __init__(self, knobs: tuple[float, ...] = FACTORS) -> None:
        self.knobs = knobs

    def begin(self, history: History, terms: Terms) -> None:
        """Take the last days of the history."""
        self.terms = terms
        settings = len(self.knobs)
        last = history.sold[:, -self.days :]
        missing = self.days - last.shape[1]
        self.seen = np.tile(np.pad(last, ((0, 0), (missing, 0))), (settings, 1))
        self.length = last.shape[1]
        self.leads = LeadsSoFar(history.leads, settings)
        self.factor = np.repeat(self.knobs, history.sold.shape[0])
        self.point = self.target = np.zeros(self.seen.shape[0])

    def decide(self, view: View) -> Counts:
        """Renew where it is time, then order up to the level."""
        self.leads.see(view.arrived)
        if view.day:
            self.seen[:, (view.day - 1) % self.days] = view.sold
            self.length = min(self.length + 1, self.days)
        if view.day % self.renewed == 0:
            mean = self.seen.sum(axis=1) / self.length
            self.point = mean * self.leads.mean * self.factor
            self.target = self.point + self.terms.cover * mean
        return order_up_to(view, self.point, self.target, self.terms.pack)


class SbaNormal:
    """Syntetos and Boylan's estimator on weeks that did not open empty, a normal safety stock.

    Syntetos & Boylan, *The accuracy of intermittent demand estimates*, IJF 21 (2005).
    """

    name = "sba_normal"
    alpha = 0.1

    def __init__(self, knobs: tuple[float, ...] = DEVIATIONS) -> None:
        self.knobs = knobs

    def begin(self, history: History, terms: Terms) -> None:
        """Learn week by week from the history, whose days are all counted."""
        self.terms = terms
        settings, series = len(self.knobs), history.sold.shape[0]
        rows = settings * series
        self.z = np.repeat(self.knobs, series)
        self.leads = LeadsSoFar(history.leads, settings)
        self.size, self.interval, self.waited = np.zeros(rows), np.ones(rows), np.zeros(rows)
        self.weeks, self.total, self.squares = np.zeros(rows), np.zeros(rows), np.zeros(rows)
        self.bucket, self.days = np.zeros(rows), np.zeros(rows, dtype=np.int64)
        for sold in history.sold.T:
            self._see(np.tile(sold, settings), np.ones(rows, dtype=bool))

    def decide(self, view: View) -> Counts:
        """Order up to the level where the point is reached."""
        self.leads.see(view.arrived)
        if view.day:
            self._see(view.sold, ~view.opened_empty)
        mean = (1 - self.alpha / 2) * self.size / self.interval / 7
        weeks = np.maximum(self.weeks, 1)
        variance = np.maximum(self.squares / weeks - (self.total / weeks) ** 2, 0)
        days = self.leads.mean + 1
        safety = np.sqrt(variance * days / 7 + mean**2 * self.leads.variance)
        point = mean * days + self.z * safety
        return order_up_to(view, point, point + self.terms.cover * mean, self.terms.pack)

    def _see(self, sold: Counts, counted: Flags) -> None:
        """Add a day; a bucket is full after seven that counted."""
        self.bucket += np.where(counted, sold, 0)
        self.days += counted
        full = self.days == 7
        if full.any():
            self._close(full)

    def _close(self, full: Flags) -> None:
        demand = np.where(full, self.bucket, 0.0)
        self.weeks += full
        self.total += demand
        self.squares += demand**2
        self.waited += full
        came, first = full & (demand > 0), self.size == 0
        rate = np.where(first, 1.0, self.alpha)
        self.size += np.where(came, rate * (demand - self.size), 0)
        self.interval += np.where(came, rate * (self.waited - self.interval), 0)
        self.waited[came] = 0
        self.bucket[full] = 0
        self.days[full] = 0
