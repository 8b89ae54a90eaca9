"""What a play came to, pooled over series, and how two policies compare at equal fill and stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from benchmarks.replay.series import WARM_UP, World
from benchmarks.replay.shop import Floats, Played

AT_FILL: Final = (0.80, 0.85, 0.90, 0.95, 0.97, 0.99)
RESAMPLES = 250
YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Totals:
    """What is summed over series, (settings, series), and what was wanted, (series,)."""

    wanted: Floats
    daily: Floats
    """Mean daily demand, (series,)."""
    met: Floats
    stock: Floats
    """Mean closing stock."""
    expired: Floats
    bought: Floats
    orders: Floats


@dataclass(frozen=True, slots=True)
class Curve:
    """One policy's settings in their order, (settings,)."""

    fill: Floats
    stock: Floats
    """Days of demand kept."""
    expired: Floats
    orders: Floats


def totals(world: World, played: Played) -> Totals:
    """Return the sums of the measured days."""
    measured = world.demand[:, world.start + WARM_UP :]
    days = measured.shape[1]
    return Totals(
        wanted=measured.sum(axis=1).astype(np.float64),
        daily=measured.mean(axis=1),
        met=played.met.astype(np.float64),
        stock=played.closing / days,
        expired=played.expired.astype(np.float64),
        bought=played.bought.astype(np.float64),
        orders=played.orders.astype(np.float64),
    )


def curve(of: Totals, weight: Floats, days: int) -> Curve:
    """Return a policy's curve, each series counting ``weight`` times."""
    bought = of.bought @ weight
    bought = np.where(bought > 0, bought, np.inf)
    return Curve(
        fill=of.met @ weight / (of.wanted @ weight),
        stock=of.stock @ weight / (of.daily @ weight),
        expired=of.expired @ weight / bought,
        orders=of.orders @ weight / weight.sum() / days * YEAR,
    )


def pooled(
    of: Totals, played: Played, knobs: tuple[float, ...], world: World
) -> list[dict[str, float]]:
    """Return the measures of each setting, over all series."""
    measured = world.demand[:, world.start + WARM_UP :]
    series, days = measured.shape
    line = curve(of, np.ones(series), days)
    return [
        {
            "knob": knob,
            "fill": float(line.fill[n]),
            "unmet": int(of.wanted.sum() - of.met[n].sum()),
            "inv_days": float(line.stock[n]),
            "expired": float(line.expired[n]),
            "orders": float(line.orders[n]),
            "empty": float(played.empty[n].sum() / (series * days)),
            "short": float(played.short[n].sum() / (measured > 0).sum()),
        }
        for n, knob in enumerate(knobs)
    ]


def between(at: float, along: Floats, values: Floats) -> float | None:
    """Return the value where ``along`` is ``at``, linear between neighbours; None beyond reach.

    Where the curve passes it several times, the first.
    """
    for n in range(along.size - 1):
        low, high = along[n], along[n + 1]
        if min(low, high) <= at <= max(low, high) and low != high:
            share = (at - low) / (high - low)
            return float(values[n] + share * (values[n + 1] - values[n]))
    return None


def comparison(reference: Curve, ours: Curve, fill: float) -> dict[str, float | None]:
    """Return how ours stands to a reference at its ``fill``."""
    ref_stock = between(fill, reference.fill, reference.stock)
    our_stock = between(fill, ours.fill, ours.stock)
    same_stock = None if ref_stock is None else between(ref_stock, ours.stock, ours.fill)
    ref_orders = between(fill, reference.fill, reference.orders)
    return {
        "ref_stock": ref_stock,
        "our_stock": our_stock,
        "stock_ratio": _ratio(our_stock, ref_stock),
        "unmet_ratio": None if same_stock is None else (1 - same_stock) / (1 - fill),
        "exp_ref": between(fill, reference.fill, reference.expired),
        "exp_our": between(fill, ours.fill, ours.expired),
        "orders_ratio": _ratio(between(fill, ours.fill, ours.orders), ref_orders),
    }


def _ratio(ours: float | None, reference: float | None) -> float | None:
    return None if ours is None or not reference else ours / reference


def compare(all_totals: dict[str, Totals], ours: str, days: int, seed: int) -> list[dict[str, Any]]:
    """Return ours against every other policy, with 95 % intervals over series (bootstrap)."""
    series = all_totals[ours].wanted.size
    draws = np.random.default_rng(seed).multinomial(
        series, np.full(series, 1 / series), size=RESAMPLES
    )
    weights = [np.ones(series), *draws.astype(np.float64)]
    curves = {
        name: [curve(of, weight, days) for weight in weights] for name, of in all_totals.items()
    }
    return [
        {"reference": name, "at_fill": fill} | _with_intervals(curves[name], curves[ours], fill)
        for name in all_totals
        if name != ours
        for fill in AT_FILL
    ]


def _with_intervals(reference: list[Curve], ours: list[Curve], fill: float) -> dict[str, Any]:
    first, *others = (
        comparison(theirs, own, fill) for theirs, own in zip(reference, ours, strict=True)
    )
    return first | {
        f"ci_{name}": _interval([other[name] for other in others])
        for name in ("stock_ratio", "unmet_ratio")
    }


def _interval(values: list[float | None]) -> list[float] | None:
    reached = [value for value in values if value is not None]
    if len(reached) < RESAMPLES // 2:
        return None
    low, high = np.quantile(reached, [0.025, 0.975])
    return [float(low), float(high)]
