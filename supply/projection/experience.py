"""What past use teaches: the daily rate of unbooked use, and how far it strays.

Exponential smoothing of what days brought, at several half-lives at once (Brown, *Statistical
Forecasting for Inventory Control*, 1959), so that a half-life is right for each item at each time:
each is weighed by its own past errors over windows as long as an order takes (forecast combination
by inverse error, Bates & Granger, *The combination of forecasts*, 1969). Rates are updated on days
without use too, so an item that falls out of use fades (Teunter, Syntetos & Babai, *Intermittent
demand: linking forecasting to inventory obsolescence*, EJOR 214, 2011). Days that opened empty
teach nothing and are left out.

Dispersion is variance over mean of the windows' errors, so it holds what the rate does not know
either; it is shrunk to the clinic's pooled one, for few items alone have windows enough.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from supply.projection.arrays import Flags, Floats

WEEK: Final = 7
HALF_LIVES: Final = np.array([11.0, 22.0, 45.0, 90.0, 500.0, np.inf])
"""Days after which a day counts half; the last never fades."""

KEEP: Final = 0.5 ** (1 / HALF_LIVES)
ERROR_HALF_LIFE: Final = 365.0
SHARPNESS: Final = 8.0
"""To which power a half-life's mean square error is held against it."""
PRIOR_UNITS: Final = 3.0
"""Units added to all that was used: an item that is kept is kept for a use to come."""
LONG_RUN: Final = 0.5
"""Weight of the long-run rate beside the learned one."""
BORROWED_DAYS: Final = 60
"""Days of use that a borrowed rate counts for."""
USUAL_DISPERSION: Final = 2.0
"""Where no item has had a window yet."""
PRIOR_PREDICTED: Final = 30.0
"""Predicted units that the pooled dispersion stands for, beside the item's own."""


@dataclass(frozen=True, slots=True)
class Experience:
    """What was learned up to the end of some week. Arrays are (items,) or (items, half-lives)."""

    units: Floats
    """Units used unbooked, faded, by half-life."""
    days: Floats
    """Days that taught, faded alike."""
    errors: Floats
    """Squared errors of windows, faded, by half-life."""
    squares: Floats
    """Squared errors of the rate in use, faded."""
    predicted: Floats
    """Units it predicted, faded alike."""
    window: Floats
    """Weeks in a window of this item: as long as its orders take."""
    weeks: Floats
    """Weeks since the current window began."""
    got: Floats
    """Units used in the current window."""
    taught: Floats
    """Days of it that taught."""
    rates: Floats
    """Rates by half-life when it began."""
    rate: Floats
    """The rate in use when it began."""


def none(lead_days: Floats, borrowed: Floats | None = None) -> Experience:
    """Return the experience of items that nothing is known of here.

    Args:
        lead_days: mean lead time, (items,).
        borrowed: units a day that sister clinics or protocols use, (items,), which count as if
            they had been used here for :data:`BORROWED_DAYS`; 0 where nothing is borrowed.
    """
    items = lead_days.shape[0]
    wide = np.zeros((items, HALF_LIVES.size))
    empty = np.zeros(items)
    lent = empty if borrowed is None else borrowed
    lasting = (KEEP ** np.arange(BORROWED_DAYS)[:, None]).sum(axis=0)
    days = np.where(lent[:, None] > 0, lasting, 0.0)
    window = np.ceil((lead_days + 1) / WEEK)
    start = np.maximum(lent, PRIOR_UNITS / 365)
    rates = np.repeat(start[:, None], HALF_LIVES.size, axis=1)
    return Experience(
        units=days * lent[:, None],
        days=days,
        errors=wide,
        squares=empty,
        predicted=empty,
        window=window,
        weeks=empty,
        got=empty,
        taught=empty,
        rates=rates,
        rate=start,
    )


def learn(
    units: Floats, taught: Flags, lead_days: Floats, borrowed: Floats | None = None
) -> Experience:
    """Return what whole weeks up to yesterday teach, (items, days) → one row an item.

    Args:
        units: unbooked units used by day, the last column yesterday; a first part week is left.
        taught: whether the day teaches: the item was kept, and the day did not open empty.
        lead_days: mean lead time, (items,).
        borrowed: see :func:`none`.
    """
    known = none(lead_days, borrowed)
    for begin in range(units.shape[1] % WEEK, units.shape[1], WEEK):
        week = slice(begin, begin + WEEK)
        known = observe(known, units[:, week], taught[:, week])
    return known


def observe(known: Experience, units: Floats, taught: Flags) -> Experience:
    """Return what is known after seven more days.

    Args:
        known: what was known before.
        units: unbooked units used, (items, 7).
        taught: whether the day teaches: it did not open empty, (items, 7).
    """
    shares = KEEP ** np.arange(WEEK - 1, -1, -1)[:, None]
    counted = taught.astype(np.float64)
    seen = units * counted
    known = replace(
        known,
        units=known.units * KEEP**WEEK + seen @ shares,
        days=known.days * KEEP**WEEK + counted @ shares,
        got=known.got + seen.sum(axis=1),
        taught=known.taught + counted.sum(axis=1),
        weeks=known.weeks + 1,
    )
    return _close_windows(known, known.weeks >= known.window)


def _close_windows(known: Experience, closing: Flags) -> Experience:
    """Score the windows that are over, and begin new ones."""
    if not closing.any():
        return known
    fading = np.where(closing, 0.5 ** (known.weeks * WEEK / ERROR_HALF_LIFE), 1.0)
    missed = (known.got[:, None] - known.rates * known.taught[:, None]) * closing[:, None]
    strayed = (known.got - known.rate * known.taught) * closing
    scored = replace(
        known,
        errors=known.errors * fading[:, None] + missed**2,
        squares=known.squares * fading + strayed**2,
        predicted=known.predicted * fading + known.rate * known.taught * closing,
    )
    by_half_life, rate = _rates(scored.units, scored.days, scored.errors)
    open_still = ~closing
    return replace(
        scored,
        rates=np.where(closing[:, None], by_half_life, known.rates),
        rate=np.where(closing, rate, known.rate),
        weeks=known.weeks * open_still,
        got=known.got * open_still,
        taught=known.taught * open_still,
    )


def rate_today(
    known: Experience, units: Floats, taught: Flags, prior_units: float = PRIOR_UNITS
) -> Floats:
    """Return unbooked units expected a day, given the days since the last whole week.

    Args:
        known: what was known at the end of that week.
        units: unbooked units used since, (items, days), fewer than seven days.
        taught: whether the day teaches, (items, days).
        prior_units: units added to all that was used; none says what is likeliest, some is
            careful with what has hardly been used.
    """
    days = units.shape[1]
    shares = KEEP ** np.arange(days - 1, -1, -1)[:, None]
    counted = taught.astype(np.float64)
    faded = KEEP**days
    return _rates(
        known.units * faded + (units * counted) @ shares,
        known.days * faded + counted @ shares,
        known.errors,
        prior_units,
    )[1]


def _rates(
    units: Floats, days: Floats, errors: Floats, prior_units: float = PRIOR_UNITS
) -> tuple[Floats, Floats]:
    """Return the rate by half-life, and the one to use."""
    long_run = (units[:, -1] + prior_units) / np.maximum(days[:, -1], 28)
    by_half_life = (units + 0.02 * long_run[:, None]) / (days + 0.02)
    least = errors.min(axis=1, keepdims=True) + 1e-9
    weights = (least / (errors + 1e-9)) ** SHARPNESS
    learned = (weights * by_half_life).sum(axis=1) / weights.sum(axis=1)
    rate: Floats = learned + LONG_RUN * (long_run - learned)
    return by_half_life, rate


def own_dispersion(known: Experience) -> Floats:
    """Return each item's variance over mean, as its windows alone say; NaN before any."""
    with np.errstate(invalid="ignore", divide="ignore"):
        alone: Floats = np.where(known.predicted > 0, known.squares / known.predicted, np.nan)
    return alone


def pooled_dispersion(known: Experience) -> float:
    """Return the median of the items' own dispersions, at least 1: what a clinic's items share."""
    own = own_dispersion(known)
    own = own[np.isfinite(own)]
    return max(1.0, float(np.median(own))) if own.size else USUAL_DISPERSION


def dispersion(known: Experience, pooled: Floats) -> Floats:
    """Return each item's variance over mean, at least 1, shrunk to the clinic's ``pooled``."""
    shrunk = (known.squares + PRIOR_PREDICTED * pooled) / (known.predicted + PRIOR_PREDICTED)
    return np.maximum(shrunk, 1.0)
