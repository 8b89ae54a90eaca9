"""What waits behind lines of the menu, as counts: rooms say how, the menu asks all at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

import sqlalchemy as sa
from flask import g

from supply.accounts.models import Clinic, Person, Supplier
from supply.db import db

Place: TypeAlias = Clinic | Supplier
Count: TypeAlias = sa.ScalarSelect[int]
Counting: TypeAlias = Callable[[Person, Place], Count | None]

_COUNTINGS: dict[str, Counting] = {}


def counts(endpoint: str) -> Callable[[Counting], Counting]:
    """Register how to count what waits behind the menu's line to ``endpoint``.

    The function is given who asks and where, and returns a scalar subquery, or None where there
    is nothing to count for that person.
    """

    def register(counting: Counting) -> Counting:
        _COUNTINGS[endpoint] = counting
        return counting

    return register


def waiting(person: Person, place: Place, endpoints: Collection[str]) -> Mapping[str, int]:
    """Return how much waits behind each of ``endpoints`` at ``place``, in one statement.

    What waits nowhere is not in the answer. It is asked once for a request.
    """
    if "waiting" not in g:
        g.waiting = _read(person, place, endpoints)
    found: Mapping[str, int] = g.waiting
    return found


def _read(person: Person, place: Place, endpoints: Collection[str]) -> Mapping[str, int]:
    asked = {
        endpoint: count
        for endpoint in sorted(_COUNTINGS.keys() & set(endpoints))
        if (count := _COUNTINGS[endpoint](person, place)) is not None
    }
    if not asked:
        return {}
    row = db.session.execute(sa.select(*asked.values())).one()
    return {endpoint: number for endpoint, number in zip(asked, row, strict=True) if number}
