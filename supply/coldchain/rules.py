"""What temperatures mean: pure decisions over readings and limits.

Temperatures are whole hundredths of a degree Celsius. A reading holds until the next one: what is
out of range at one reading counts as out until the first that is back in range. Time between two
readings further apart than twice the usual interval is a gap: what it was then is unknown. A gap
between two readings that are out on the same side counts as out; no other gap does.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left, insort
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple

from supply.catalogue.terms import Storage
from supply.coldchain.terms import Side, State

FREEZING = 0
DAY = dt.timedelta(days=1)
NONE = dt.timedelta(0)

SELDOM = dt.timedelta(hours=12)
"""The usual interval where nothing tells another: somebody looks morning and evening."""

AROUND = 12
"""Distances before one, and after it, that tell what is usual there."""

COUNTED = DAY
"""Over how long the minutes out of range are added up."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A location's range (None: no bound), and for how many minutes it may be out of it.

    At most so long in one go, and at most so long in any 24 hours; warm and cold apart.
    """

    low: int | None
    high: int | None
    warm_minutes: int = 20
    warm_total: int = 60
    cold_minutes: int = 20
    cold_total: int = 60
    may_freeze: bool = False

    def side_of(self, celsius: int) -> Side | None:
        """Return on which side of the range a temperature is; None: within."""
        if self.high is not None and celsius > self.high:
            return Side.WARM
        if self.low is not None and celsius < self.low:
            return Side.COLD
        return None

    def in_one_go(self, side: Side) -> dt.timedelta:
        """Return how long it may be out on a side in one go."""
        return dt.timedelta(minutes=self.warm_minutes if side is Side.WARM else self.cold_minutes)

    def in_a_day(self, side: Side) -> dt.timedelta:
        """Return how long it may be out on a side in any 24 hours."""
        return dt.timedelta(minutes=self.warm_total if side is Side.WARM else self.cold_total)

    def is_frozen(self, celsius: int) -> bool:
        """Return whether what must not freeze does at this temperature."""
        return celsius < FREEZING and not self.may_freeze


_USUAL = {
    Storage.COLD: Limits(200, 800),
    Storage.AMBIENT: Limits(1500, 2500),
    Storage.FROZEN: Limits(None, -1500, may_freeze=True),
    Storage.EITHER: Limits(200, 2500),
}


def usual_limits(storage: Storage | None) -> Limits:
    """Return the limits of a location where nobody set others: by its storage class.

    Twenty minutes is what opening the door, stocking and counting take; vaccination guidance
    asks for no more care within that.
    """
    return _USUAL[storage or Storage.COLD]


class Point(NamedTuple):
    """A reading."""

    at: dt.datetime
    celsius: int


class DayValues(NamedTuple):
    """The lowest and highest of a day, and minutes beyond the logger's own bounds if counted."""

    day: dt.date
    low: int
    high: int
    warm_above: int | None = None
    warm_minutes: int | None = None
    cold_below: int | None = None
    cold_minutes: int | None = None


class Gap(NamedTuple):
    """A time of which nothing is known."""

    start: dt.datetime
    end: dt.datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A time out of range on one side, in one go. ``end`` None: it goes on."""

    side: Side
    start: dt.datetime
    end: dt.datetime | None
    last: dt.datetime
    """The last instant at which it is known to be out."""
    low: int
    high: int
    out: dt.timedelta
    froze: bool


@dataclass(frozen=True, slots=True)
class Excursion:
    """One run that was too much, or several within a day that were so together."""

    runs: tuple[Run, ...]

    @property
    def side(self) -> Side:
        """Too warm or too cold."""
        return self.runs[0].side

    @property
    def start(self) -> dt.datetime:
        """When it was first out."""
        return self.runs[0].start

    @property
    def end(self) -> dt.datetime | None:
        """When it was back; None: it goes on."""
        return self.runs[-1].end

    @property
    def low(self) -> int:
        """The lowest reading that was out."""
        return min(run.low for run in self.runs)

    @property
    def high(self) -> int:
        """The highest reading that was out."""
        return max(run.high for run in self.runs)

    @property
    def out(self) -> dt.timedelta:
        """How long it was out in all."""
        return sum((run.out for run in self.runs), NONE)

    @property
    def froze(self) -> bool:
        """Whether what must not freeze was below 0 °C."""
        return any(run.froze for run in self.runs)


@dataclass(frozen=True, slots=True)
class Judged:
    """What readings say under limits; ``interval`` is the usual one of the last of them."""

    interval: dt.timedelta
    gaps: list[Gap]
    runs: list[Run]
    excursions: list[Excursion]


def judge(points: Sequence[Point], limits: Limits) -> Judged:
    """Return gaps, times out of range and excursions of ``points``, which are in order of time."""
    usual = usual_intervals(points)
    gaps = [
        Gap(earlier.at, later.at)
        for (earlier, later), interval in zip(pairwise(points), usual, strict=True)
        if later.at - earlier.at > 2 * interval
    ]
    runs = list(_runs(points, limits, {gap.end for gap in gaps}))
    return Judged(usual[-1] if usual else SELDOM, gaps, runs, excursions_of(runs, limits))


def usual_intervals(points: Sequence[Point]) -> list[dt.timedelta]:
    """Return for any two readings on end how far apart they usually are about there.

    That is the middle one of the distances around: a location gets another logger, and a file of
    years ago may come today.
    """
    apart = [later.at - earlier.at for earlier, later in pairwise(points)]
    around = sorted(apart[:AROUND])
    usual = []
    for place in range(len(apart)):
        if place + AROUND < len(apart):
            insort(around, apart[place + AROUND])
        if place > AROUND:
            del around[bisect_left(around, apart[place - AROUND - 1])]
        usual.append(around[(len(around) - 1) // 2])
    return usual


def usual_interval(points: Sequence[Point]) -> dt.timedelta:
    """Return how far apart readings usually are: the middle one of all distances."""
    apart = [later.at - earlier.at for earlier, later in pairwise(points)]
    return median_low(apart) if apart else SELDOM


def _runs(
    points: Sequence[Point], limits: Limits, after_a_gap: Collection[dt.datetime]
) -> Iterator[Run]:
    """Yield the times out of range."""
    out: list[Point] = []
    side: Side | None = None
    for point in points:
        here = limits.side_of(point.celsius)
        if out and here is not side:
            yield _run(out, limits, out[-1].at if point.at in after_a_gap else point.at)
            out = []
        side = here
        if here is not None:
            out.append(point)
    if out:
        yield _run(out, limits, None)


def _run(out: Sequence[Point], limits: Limits, end: dt.datetime | None) -> Run:
    found = [point.celsius for point in out]
    start, last = out[0].at, out[-1].at
    side = limits.side_of(found[0]) or Side.WARM
    froze = any(limits.is_frozen(one) for one in found)
    return Run(side, start, end, last, min(found), max(found), (end or last) - start, froze)


def excursions_of(runs: Sequence[Run], limits: Limits) -> list[Excursion]:
    """Return the excursions that ``runs`` make, in order of time.

    A run is one by itself where it froze what must not, or took longer than it may in one go.
    Shorter ones are one together where in any 24 hours they took longer than they may.
    """
    found = []
    for side in Side:
        theirs = [run for run in runs if run.side is side]
        alone = [run for run in theirs if run.froze or run.out > limits.in_one_go(side)]
        short = [run for run in theirs if run not in alone]
        found += [Excursion((run,)) for run in alone]
        found += _together(short, limits.in_a_day(side))
    return sorted(found, key=lambda one: (one.start, one.side))


def _together(runs: Sequence[Run], most: dt.timedelta) -> Iterator[Excursion]:
    """Yield what short runs make together: those of any 24 hours that took longer than ``most``."""
    first = 0
    spans: list[tuple[int, int]] = []
    for last, run in enumerate(runs):
        begins = (run.end or run.last) - COUNTED
        while (runs[first].end or runs[first].last) <= begins:
            first += 1
        within = (_within(one, begins) for one in runs[first : last + 1])
        if sum(within, NONE) > most:
            joined = bool(spans) and spans[-1][1] >= first
            spans[-1 if joined else len(spans) :] = [(spans[-1][0] if joined else first, last)]
    for begin, end in spans:
        yield Excursion(tuple(runs[begin : end + 1]))


def _within(run: Run, begins: dt.datetime) -> dt.timedelta:
    return min(run.out, (run.end or run.last) - begins)


@dataclass(frozen=True, slots=True)
class DayRange:
    """The lowest and highest of a day, from a logger that keeps no more.

    Minutes out of range are known where the logger counts them, by a bound as strict as ours.
    """

    start: dt.datetime
    end: dt.datetime
    low: int
    high: int
    warm_minutes: int | None = None
    cold_minutes: int | None = None


def excursions_of_days(days: Sequence[DayRange], limits: Limits) -> list[Excursion]:
    """Return the excursions of days of which only the lowest and highest are known.

    Days on end that were out on the same side are one. How long it was out, where the logger did
    not count it, may have been any time of the day, and is not taken for little.
    """
    found = []
    for side in Side:
        out: list[Run] = []
        for day in days:
            run = _run_of_day(day, side, limits)
            if run is not None and out and out[-1].end == run.start:
                out[-1] = _joined(out[-1], run)
            elif run is not None:
                out.append(run)
        found += [Excursion((run,)) for run in out]
    return sorted(found, key=lambda one: (one.start, one.side))


def _run_of_day(day: DayRange, side: Side, limits: Limits) -> Run | None:
    """Return a day that was out for too long on a side as a run, or None."""
    warm = side is Side.WARM
    extreme = day.high if warm else day.low
    minutes = day.warm_minutes if warm else day.cold_minutes
    if limits.side_of(extreme) is not side:
        return None
    froze = not warm and limits.is_frozen(extreme)
    out = day.end - day.start if minutes is None else dt.timedelta(minutes=minutes)
    if not froze and out <= limits.in_one_go(side):
        return None
    return Run(side, day.start, day.end, day.end, extreme, extreme, out, froze)


def _joined(first: Run, second: Run) -> Run:
    return Run(
        first.side,
        first.start,
        second.end,
        second.last,
        min(first.low, second.low),
        max(first.high, second.high),
        first.out + second.out,
        first.froze or second.froze,
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """How a location stands at an instant; ``since`` when it is out or unknown."""

    state: State
    since: dt.datetime | None = None
    side: Side | None = None


def standing_of(
    last: Point | None, run: Run | None, interval: dt.timedelta, now: dt.datetime
) -> Standing:
    """Return how a location stands whose ``last`` reading belongs to ``run``, if it is out."""
    if last is None:
        return Standing(State.NEVER_READ)
    if now - last.at > 2 * interval:
        return Standing(State.UNKNOWN, last.at)
    if run is not None and run.end is None:
        return Standing(State.OUT, run.start, run.side)
    return Standing(State.IN_RANGE)


ACTIVATION = 10_000
"""ΔH/R in kelvin: 83.144 kJ/mol over 8.3144 J/(mol·K)."""

KELVIN = 273.15


def mean_kinetic(
    points: Sequence[Point], end: dt.datetime, longest: dt.timedelta | None = None
) -> int | None:
    """Return the mean kinetic temperature of ``points`` up to ``end``, in hundredths of °C.

    The one temperature that, held all the time, would have degraded as much. By Haynes' equation,
    as USP <1079.2> and ICH Q1A(R2) give it::

        T = (ΔH/R) / -ln( Σ tᵢ·exp(-ΔH / R·Tᵢ) / Σ tᵢ )      (temperatures in kelvin)

    with ΔH = 83.144 kJ/mol, so that ΔH/R is 10,000 K. Each reading counts for as long as it holds:
    to the next, but no ``longest``, and the last to ``end``. None without any readings.
    """
    held = list(_held(points, end, longest))
    total = sum(seconds for _celsius, seconds in held)
    if not held:
        return None
    if not total:
        held, total = [(celsius, 1.0) for celsius, _seconds in held], float(len(held))
    mean = sum(
        seconds * math.exp(-ACTIVATION / (celsius / 100 + KELVIN)) for celsius, seconds in held
    )
    return round((ACTIVATION / -math.log(mean / total) - KELVIN) * 100)


def _held(
    points: Sequence[Point], end: dt.datetime, longest: dt.timedelta | None
) -> Iterator[tuple[int, float]]:
    ends = [*(point.at for point in points[1:]), max(end, points[-1].at)] if points else []
    for point, until in zip(points, ends, strict=True):
        held = until - point.at
        yield point.celsius, min(held, longest or held).total_seconds()


def covers(some: Iterable[tuple[dt.datetime, dt.datetime | None]], at: dt.datetime) -> bool:
    """Return whether any of ``some`` times has ``at`` in it."""
    return any(start <= at and (end is None or at <= end) for start, end in some)
