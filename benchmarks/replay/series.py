"""What is replayed: demand by day, what of it was booked, and how long orders take.

All chance comes from the seed and a series' name, so that every policy meets the same.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]

KNOWN_ORDERS: Final = 12
"""Past lead times that policies know of each series' vendor."""
SHORTEST, LONGEST = 1, 20
WARM_UP: Final = 60
"""Played days that are not measured."""


class BadFile(ValueError):
    """A file that cannot be replayed; the message names the line."""


@dataclass(frozen=True, slots=True)
class World:
    """All that happens, a row a series."""

    names: tuple[str, ...]
    demand: Counts
    """Units wanted, (series, days)."""
    booked: Counts
    """Of them booked beforehand, (series, days)."""
    past_leads: Counts
    """(series, 12)."""
    leads: Counts
    """Days the k-th order of a series takes, whoever places it, (series, days played)."""
    start: int
    """The first day that is played; those before are history."""
    left_out: int

    def some(self, rows: slice | Counts) -> World:
        """Return the same world with fewer series."""
        return replace(
            self,
            names=tuple(np.array(self.names, dtype=object)[rows]),
            demand=self.demand[rows],
            booked=self.booked[rows],
            past_leads=self.past_leads[rows],
            leads=self.leads[rows],
        )


def world_of(demand: Path, lead_times: Path, *, booked: float, seed: int) -> World:
    """Read the two files and draw what chance decides.

    Raises:
        BadFile: a line that is no whole number of units, no date, or no number of days.
    """
    names, by_day = daily_demand(read_demand(demand), seed)
    start = by_day.shape[1] // 2
    has_history = by_day[:, :start].any(axis=1)
    alive = has_history & by_day[:, start + WARM_UP :].any(axis=1)
    names = [names[row] for row in np.flatnonzero(alive)]
    by_day = by_day[alive]
    vendors = read_lead_times(lead_times)
    played = by_day.shape[1] - start
    drawn = [_leads(vendors, seed, name, played) for name in names]
    share = [
        _chance(seed, name, "booked").binomial(row, booked)
        for name, row in zip(names, by_day, strict=True)
    ]
    leads = np.array(drawn, dtype=np.int64).reshape(len(names), KNOWN_ORDERS + played)
    return World(
        tuple(names),
        by_day,
        np.array(share, dtype=np.int64).reshape(by_day.shape),
        leads[:, :KNOWN_ORDERS],
        leads[:, KNOWN_ORDERS:],
        start,
        int((~alive).sum()),
    )


def _chance(seed: int, name: str, what: str) -> np.random.Generator:
    digest = hashlib.sha256(f"{seed}\0{name}\0{what}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def _leads(vendors: dict[str, Counts], seed: int, name: str, played: int) -> Counts:
    chance = _chance(seed, name, "lead times")
    vendor = sorted(vendors)[chance.integers(len(vendors))]
    return chance.choice(vendors[vendor], KNOWN_ORDERS + played)


def read_lead_times(path: Path) -> dict[str, Counts]:
    """Return each vendor's days, clipped to what the replay knows."""
    days: dict[str, list[int]] = defaultdict(list)
    for line, row in _rows(path, ("vendor", "days")):
        days[row["vendor"]].append(_whole(row["days"], path, line))
    if not days:
        raise BadFile(f"{path}: no lead times")
    return {vendor: np.clip(taken, SHORTEST, LONGEST) for vendor, taken in days.items()}


def read_demand(path: Path) -> dict[str, dict[dt.date, int]]:
    """Return units by series and date; dates that stand twice are added."""
    series: dict[str, dict[dt.date, int]] = defaultdict(lambda: defaultdict(int))
    for line, row in _rows(path, ("series", "date", "quantity")):
        units = _whole(row["quantity"], path, line)
        if units < 0:
            raise BadFile(f"{path}, line {line}: a negative quantity")
        try:
            series[row["series"]][dt.date.fromisoformat(row["date"].strip())] += units
        except ValueError as error:
            raise BadFile(f"{path}, line {line}: no date: {row['date']!r}") from error
    if not series:
        raise BadFile(f"{path}: no demand")
    return series


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not set(columns) <= set(reader.fieldnames or ()):
            raise BadFile(f"{path}: the columns are {', '.join(columns)}")
        for row in reader:
            yield reader.line_num, row


def _whole(text: str, path: Path, line: int) -> int:
    try:
        number = float(text)
        if number == int(number):
            return int(number)
    except (ValueError, OverflowError, TypeError):
        pass
    raise BadFile(f"{path}, line {line}: no whole number: {text!r}")


def daily_demand(series: dict[str, dict[dt.date, int]], seed: int) -> tuple[list[str], Counts]:
    """Return the names, and units by day over all days from the first date to the last."""
    dates = sorted({date for taken in series.values() for date in taken})
    step = _step(dates)
    first, end = _period(dates[0], step)[0], _period(dates[-1], step)[1]
    names = list(series)
    by_day = np.zeros((len(names), (end - first).days), dtype=np.int64)
    for row, name in zip(by_day, names, strict=True):
        chance = _chance(seed, name, "days")
        for date, units in sorted(series[name].items()):
            if units:
                begin, after = _period(date, step)
                days = (after - begin).days
                spread = chance.multinomial(units, [1 / days] * days) if days > 1 else units
                row[(begin - first).days : (after - first).days] += spread
    return names, by_day


def _step(dates: list[dt.date]) -> int:
    """Return the days of a period: 1, 7, or 0 for a calendar month."""
    gaps = [(after - before).days for before, after in pairwise(dates)]
    gap = float(np.median(gaps)) if gaps else 1.0
    return int(gap) if gap in {1, 7} else 0


def _period(date: dt.date, step: int) -> tuple[dt.date, dt.date]:
    """Return the first day of the period a date stands for, and the day after its last."""
    if step:
        return date, date + dt.timedelta(days=step)
    begin = date.replace(day=1)
    return begin, (begin + dt.timedelta(days=32)).replace(day=1)
