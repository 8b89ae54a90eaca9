"""``python -m benchmarks.replenishment``: does the engine decide well? Real demand, replayed.

Plays demand through the product's engine, through what others do, and through one that knows the
future; prints how they compare at equal fill and at equal stock.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.replay import measures
from benchmarks.replay.clairvoyant import Clairvoyant
from benchmarks.replay.measures import Totals
from benchmarks.replay.ours import KAPPAS, Ours
from benchmarks.replay.references import (
    DEVIATIONS,
    FACTORS,
    FixedMinMax,
    RollingAverage,
    SbaNormal,
)
from benchmarks.replay.series import WARM_UP, BadFile, World, world_of
from benchmarks.replay.shop import Played, Policy, Terms, play

Knobs = tuple[float, ...]

POLICIES: Final[dict[str, tuple[Callable[[World, Knobs], Policy], Knobs]]] = {
    FixedMinMax.name: (lambda _world, knobs: FixedMinMax(knobs), FACTORS),
    RollingAverage.name: (lambda _world, knobs: RollingAverage(knobs), FACTORS),
    SbaNormal.name: (lambda _world, knobs: SbaNormal(knobs), DEVIATIONS),
    Ours.name: (lambda _world, knobs: Ours(knobs), KAPPAS),
    Clairvoyant.name: (Clairvoyant, (0.0,)),
}
TOGETHER: Final = 4
"""Settings that one worker plays at once: memory grows with them."""
SMALL: Final = 50_000
"""Days of series below which one process does."""


@dataclass(frozen=True, slots=True)
class Task:
    """Some settings of one policy."""

    policy: str
    knobs: Knobs


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a task, and the seconds a decision of ours took."""

    task: Task
    played: Played
    seconds: float
    decisions: int


@dataclass(frozen=True, slots=True)
class Run:
    """What every task of a run shares."""

    world: World
    terms: Terms


_shared: list[Run] = []


def _share(run: Run) -> None:
    _shared[:] = [run]


def _perform(task: Task) -> Done:
    run = _shared[0]
    make, _all = POLICIES[task.policy]
    policy = make(run.world, task.knobs)
    played = play(run.world, policy, run.terms)
    if isinstance(policy, Ours):
        return Done(task, played, policy.seconds, policy.decisions)
    return Done(task, played, 0.0, 0)


def tasks(together: int) -> Iterator[Task]:
    """Yield every policy's settings, so many at a time."""
    for name, (_make, knobs) in POLICIES.items():
        for begin in range(0, len(knobs), together):
            yield Task(name, knobs[begin : begin + together])


def replay(run: Run) -> tuple[dict[str, Played], float]:
    """Return what came of every policy, and the seconds of one decision of ours."""
    done = _performed(run)
    played = {
        name: _joined([one.played for one in done if one.task.policy == name]) for name in POLICIES
    }
    decisions = sum(one.decisions for one in done)
    return played, sum(one.seconds for one in done) / max(decisions, 1)


def _performed(run: Run) -> list[Done]:
    """Do all tasks: in two processes, but for few series, which are done before those start."""
    if run.world.demand.size < SMALL:
        _share(run)
        return [_perform(task) for task in tasks(len(KAPPAS))]
    workers, fresh = min(2, os.cpu_count() or 1), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, fresh, initializer=_share, initargs=(run,)) as pool:
        return list(pool.map(_perform, tasks(TOGETHER)))


def _joined(parts: list[Played]) -> Played:
    names = Played.__slots__
    return Played(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def report(run: Run, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return all figures, as the file has them."""
    world = run.world
    played, seconds = replay(run)
    totals = {name: measures.totals(world, of) for name, of in played.items()}
    compared = {name: of for name, of in totals.items() if name != Clairvoyant.name}
    days = world.demand.shape[1] - world.start - WARM_UP
    return {
        "demand": str(arguments.demand),
        "items": len(world.names),
        "left_out": world.left_out,
        "days": world.demand.shape[1],
        "booked": arguments.booked,
        "pack": arguments.pack,
        "shelf_life": arguments.shelf_life,
        "cover": arguments.cover,
        "seed": arguments.seed,
        "policies": {
            name: measures.pooled(totals[name], played[name], POLICIES[name][1], world)
            for name in played
        },
        "compare": measures.compare(compared, Ours.name, days, arguments.seed),
        "seconds_per_item_decision": seconds,
        "per_item": list(_per_item(world, totals)),
    }


def _per_item(world: World, totals: dict[str, Totals]) -> Iterator[dict[str, Any]]:
    for policy, of in totals.items():
        for setting, knob in enumerate(POLICIES[policy][1]):
            for series, name in enumerate(world.names):
                yield {
                    "series": name,
                    "policy": policy,
                    "knob": knob,
                    "wanted": int(of.wanted[series]),
                    "met": int(of.met[setting, series]),
                    "mean_stock": float(of.stock[setting, series]),
                    "expired": int(of.expired[setting, series]),
                    "orders": int(of.orders[setting, series]),
                }


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replenishment")
    parser.add_argument("--demand", type=Path, required=True)
    parser.add_argument("--lead-times", type=Path, required=True)
    parser.add_argument("--booked", type=_share_of_demand, default=0.5)
    parser.add_argument("--pack", type=_positive, default=5)
    parser.add_argument("--shelf-life", type=_positive, default=365)
    parser.add_argument("--cover", type=_positive, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    return parser.parse_args(given)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _share_of_demand(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("must be from 0 to 1")
    return share


def main(given: list[str] | None = None) -> int:
    """Replay, print, and write the file asked for."""
    arguments = _arguments(given)
    try:
        world = world_of(
            arguments.demand, arguments.lead_times, booked=arguments.booked, seed=arguments.seed
        )
    except (BadFile, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 2
    if not world.names:
        print(f"{arguments.demand}: no series with demand in both parts", file=sys.stderr)
        return 2
    terms = Terms(arguments.pack, arguments.shelf_life, arguments.cover)
    figures = report(Run(world, terms), arguments)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures), encoding="utf-8")
    _print(figures)
    return 0


def _print(figures: dict[str, Any]) -> None:
    print(
        f"{figures['items']} series over {figures['days']} days"
        f" ({figures['left_out']} left out), {figures['booked']:.0%} booked,"
        f" packs of {figures['pack']}, shelf life {figures['shelf_life']} days"
    )
    for name, settings in figures["policies"].items():
        print(f"\n{name}\n     knob    fill  days of stock  expired  orders a year  days at zero")
        for row in settings:
            print(
                f"  {row['knob']:7g}  {row['fill']:6.2%}  {row['inv_days']:13.1f}"
                f"  {row['expired']:7.2%}  {row['orders']:13.1f}  {row['empty']:12.2%}"
            )
    print("\nours against     at fill   stock  (95 %)        unmet  (95 %)        orders  expired")
    for row in figures["compare"]:
        print(
            f"{row['reference']:16} {row['at_fill']:7.0%}  {_figure(row['stock_ratio'])}"
            f"  {_interval(row['ci_stock_ratio'])}  {_figure(row['unmet_ratio'])}"
            f"  {_interval(row['ci_unmet_ratio'])}  {_figure(row['orders_ratio'])}"
            f"  {_percent(row['exp_our'])} / {_percent(row['exp_ref'])}"
        )
    print(f"\none decision of ours: {figures['seconds_per_item_decision'] * 1e6:.1f} µs")


def _figure(value: float | None) -> str:
    return "    –" if value is None else f"{value:5.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _interval(value: list[float] | None) -> str:
    return "           –" if value is None else f"{value[0]:5.2f}–{value[1]:.2f} "


if __name__ == "__main__":
    sys.exit(main())
