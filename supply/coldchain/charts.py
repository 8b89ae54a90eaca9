"""Temperatures as a picture: a line with its range, what is unknown hatched; pure figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from supply.coldchain.rules import Gap, Limits

Height = Callable[[int], float]


class Bucket(NamedTuple):
    """The lowest and highest from ``start`` on, for as long as buckets of its kind last."""

    start: dt.datetime
    low: int
    high: int


class Area(NamedTuple):
    """A part of the picture, in hundredths of its width or height."""

    at: float
    size: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A label beside the picture or below it, at so many hundredths."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Paths and areas in a square of 100 by 100; y grows downwards."""

    lines: str
    shade: str
    band: Area | None
    gaps: list[Area]
    out: list[Area]
    low: int
    high: int
    across: list[Mark] = field(default_factory=list)
    upwards: list[Mark] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is no reading in it."""
        return not self.lines


@dataclass(frozen=True, slots=True)
class Window:
    """The time that a picture shows."""

    start: dt.datetime
    end: dt.datetime

    def at(self, instant: dt.datetime) -> float:
        """Return where an instant stands, in hundredths from the left."""
        whole = (self.end - self.start).total_seconds()
        share = (instant - self.start).total_seconds() / whole
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def area(self, start: dt.datetime, end: dt.datetime | None) -> Area:
        """Return a time as a part of the picture, cut at its ends."""
        begins = self.at(start)
        return Area(begins, round(self.at(end or self.end) - begins, 2))


def draw(
    buckets: Sequence[Bucket],
    window: Window,
    limits: Limits,
    gaps: Iterable[Gap] = (),
    out: Iterable[tuple[dt.datetime, dt.datetime | None]] = (),
    *,
    apart: dt.timedelta,
) -> Picture:
    """Return the picture of ``buckets``; those further than ``apart`` are not joined."""
    bottom, top = _scale(buckets, limits)

    def y(celsius: int) -> float:
        return round(100 * (top - celsius) / (top - bottom), 2)

    pieces = list(_pieces(buckets, apart))
    lines = " ".join(_line(piece, window, y) for piece in pieces)
    shade = " ".join(_shade(piece, window, y) for piece in pieces if _is_wide(piece))
    ceiling = y(limits.high) if limits.high is not None else 0.0
    floor = y(limits.low) if limits.low is not None else 100.0
    return Picture(
        lines,
        shade,
        Area(ceiling, round(floor - ceiling, 2)),
        [window.area(gap.start, gap.end) for gap in gaps],
        [window.area(start, end) for start, end in out],
        bottom,
        top,
    )


def _scale(buckets: Sequence[Bucket], limits: Limits) -> tuple[int, int]:
    """Return the lowest and highest that the picture shows: all readings and the whole range."""
    found = [bound for bound in (limits.low, limits.high) if bound is not None]
    found += [one.low for one in buckets] + [one.high for one in buckets]
    if limits.low is None:
        found.append((limits.high or 0) - 1_000)
    if limits.high is None:
        found.append((limits.low or 0) + 1_000)
    room = max((max(found) - min(found)) // 8, 100)
    return min(found) - room, max(found) + room


def _pieces(buckets: Sequence[Bucket], apart: dt.timedelta) -> Iterator[list[Bucket]]:
    piece = list(buckets[:1])
    for before, one in pairwise(buckets):
        if one.start - before.start > apart:
            yield piece
            piece = []
        piece.append(one)
    if piece:
        yield piece


def _is_wide(piece: Sequence[Bucket]) -> bool:
    return any(one.low != one.high for one in piece)


def _line(piece: Sequence[Bucket], window: Window, y: Height) -> str:
    middles = [(window.at(one.start), y((one.low + one.high) // 2)) for one in piece]
    if len(middles) == 1:
        [(x, level)] = middles
        return f"M{x} {level}h0.4"
    return "M" + " ".join(f"{x} {level}" for x, level in middles)


def _shade(piece: Sequence[Bucket], window: Window, y: Height) -> str:
    upper = [f"{window.at(one.start)} {y(one.high)}" for one in piece]
    lower = [f"{window.at(one.start)} {y(one.low)}" for one in reversed(piece)]
    return f"M{' '.join([*upper, *lower])}Z"
