"""The product's own engine, called as the product calls it."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Final

import numpy as np

from benchmarks.replay.series import LONGEST, Counts
from benchmarks.replay.shop import Floats, History, Terms, View
from supply.projection import experience, lead_times, ordering
from supply.projection.burn import expected_to_expire
from supply.projection.experience import WEEK, Experience
from supply.projection.trigger import Need

KAPPAS: Final = (
    0.06, 0.045, 0.03, 0.02, 0.014, 0.01, 0.007, 0.005, 0.003, 0.002, 0.001, 5e-4, 2e-4, 1e-4,
    3e-5, 1e-5, 1e-6, 1e-7,
)  # fmt: skip
AGES: Final = 12
AGE_STEP: Final = 2
"""Lots near their end are told to the engine in classes of age: so many, of so many days."""


class Ours:
    """Learns every day, and orders where waiting costs more."""

    name = "ours"

    def __init__(self, knobs: tuple[float, ...] = KAPPAS) -> None:
        self.knobs = knobs
        self.seconds = 0.0
        self.decisions = 0

    def begin(self, history: History, terms: Terms) -> None:
        """Learn from the history, and from each vendor's 12 orders."""
        settings, series = len(self.knobs), history.sold.shape[0]
        mean_lead = history.leads.mean(axis=1)
        quantiles = np.linspace(0.05, 0.95, 10)
        ratios = np.quantile(history.leads / mean_lead[:, None], quantiles)
        self.prior = np.tile(lead_times.around(mean_lead, ratios, LONGEST), (settings, 1))
        self.counts = np.tile(lead_times.counted(history.leads, LONGEST), (settings, 1))
        self.lead = lead_times.learned(self.counts, self.prior)
        unbooked = (history.sold - history.booked).astype(np.float64)
        known = experience.learn(unbooked, np.ones(unbooked.shape, dtype=bool), mean_lead)
        pooled = experience.pooled_dispersion(known)
        self.pooled = np.full(series * settings, pooled)
        self.known = _repeated(known, settings)
        self.spread = experience.dispersion(self.known, self.pooled)
        self.week = np.zeros((settings * series, WEEK))
        self.taught = np.zeros(self.week.shape, dtype=bool)
        self.terms = _terms(terms, np.repeat(self.knobs, series))
        self.shelf_life = terms.shelf_life

    def decide(self, view: View) -> Counts:
        """Order what the engine says."""
        began = time.perf_counter()
        self._learn(view)
        known_days = view.day % WEEK
        rate = experience.rate_today(
            self.known, self.week[:, :known_days], self.taught[:, :known_days]
        )
        booked = np.tile(view.bookings.astype(np.float64), (len(self.knobs), 1))
        need = Need(rate, self.spread, booked)
        orders = ordering.decide(need, self._position(view, need), self.lead, self.terms)
        self.seconds += time.perf_counter() - began
        self.decisions += rate.size
        units: Counts = orders.packs * self.terms.pack.astype(np.int64)
        return units

    def _learn(self, view: View) -> None:
        """Add yesterday's use, and the lead times of what came in."""
        if view.day:
            at = (view.day - 1) % WEEK
            self.week[:, at] = view.sold_unbooked
            self.taught[:, at] = ~view.opened_empty
            if at == WEEK - 1:
                self.known = experience.observe(self.known, self.week, self.taught)
                self.spread = experience.dispersion(self.known, self.pooled)
        if view.arrived.any():
            self.counts += view.arrived.T
            self.lead = lead_times.learned(self.counts, self.prior)

    def _position(self, view: View, need: Need) -> Floats:
        """Return what can be counted on while an order is on its way."""
        position = (view.on_hand + view.on_order).astype(np.float64)
        ages = list(range(self.shelf_life - 1, -1, -AGE_STEP))[:AGES]
        held = np.stack([_held(view, view.day - age) for age in ages], axis=1)
        rows = np.flatnonzero(held[:, -1] > 0)
        if rows.size:
            units = np.diff(held[rows], axis=1, prepend=0.0)
            days = self.shelf_life - np.array(ages)
            until = booked_by(need, rows, days) + need.rate[rows, None] * days
            position[rows] -= expected_to_expire(units, until).sum(axis=1)
        return position


def booked_by(need: Need, rows: Counts, days: Counts) -> Floats:
    """Return units booked in the first so many days, (rows, days)."""
    total = np.pad(need.booked[rows].cumsum(axis=1), ((0, 0), (1, 0)))
    booked: Floats = total[:, np.minimum(days, total.shape[1] - 1)]
    return booked


def _held(view: View, day: int) -> Floats:
    """Return what is held of all that came in up to a day."""
    if day < 0:
        return np.zeros(view.gone.size)
    held: Floats = np.maximum(view.received[day] - view.gone, 0).astype(np.float64)
    return held


def _repeated(known: Experience, times: int) -> Experience:
    arrays = (getattr(known, field.name) for field in fields(known))
    return Experience(*(np.tile(a, (times, 1) if a.ndim == 2 else times) for a in arrays))


def _terms(terms: Terms, kappa: Floats) -> ordering.Terms:
    items = kappa.size
    return ordering.Terms(
        pack=np.full(items, float(terms.pack)),
        least=np.ones(items, dtype=np.int64),
        shelf_life=np.full(items, float(terms.shelf_life)),
        cover=np.full(items, float(terms.cover)),
        kappa=kappa,
        break_packs=np.ones((items, 1), dtype=np.int64),
        price=np.ones((items, 1)),
    )
