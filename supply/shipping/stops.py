"""Lots that may not leave, said by the rooms above that know why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

Leaving = tuple[int, str]
"""A product's id, and a normalised lot number."""

Stop = Callable[[Collection[Leaving]], Mapping[Leaving, str]]
_stops: list[Stop] = []


def stops_leaving(stop: Stop) -> Stop:
    """Register what says which lots may not be shipped, each with the sentence why."""
    _stops.append(stop)
    return stop


def stopped(leaving: Collection[Leaving]) -> dict[Leaving, str]:
    """Return those of ``leaving`` that may not be shipped, and why."""
    found: dict[Leaving, str] = {}
    for stop in _stops:
        found.update(stop(leaving))
    return found
