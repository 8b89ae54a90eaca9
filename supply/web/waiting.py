"""What waits behind lines of the menu, as counts: rooms say how, the menu asks all at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask import g

from supply import clock
from supply.accounts.access import (
    clinics_to_decide_for,
    clinics_to_order_for,
    membership_reaching,
)
from supply.accounts.models import Clinic, Person, Supplier
from supply.db import Key, db
from supply.web import access

Place: TypeAlias = Clinic | Supplier
Count: TypeAlias = sa.ScalarSelect[int]
Counting: TypeAlias = Callable[[], Count]

HERE = sa.bindparam("here", type_=Key)
"""Stands for the id of the clinic or supplier whose menu it is."""
DECIDED = sa.bindparam("decided", type_=Key, expanding=True)
"""Stands for the ids of the clinics whose orders over a limit the person decides on."""
ORDERED_FOR = sa.bindparam("ordered_for", type_=Key, expanding=True)
"""Stands for the ids of the clinics that the person may order for."""
REACHED = sa.bindparam("reached", type_=Key, expanding=True)
"""Stands for the ids of the clinics that the person's membership is limited to."""
UNLIMITED = sa.bindparam("unlimited", type_=sa.Boolean)
"""Stands for whether their membership reaches all clinics of the practice."""
TODAY = sa.bindparam("today", type_=sa.Date)
"""Stands for the calendar day at the clinic or supplier whose menu it is."""

_COUNTINGS: dict[str, Counting] = {}


def counts(endpoint: str) -> Callable[[Counting], Counting]:
    """Register how to count what waits behind the menu's line to ``endpoint``.

    The function returns a scalar subquery of ``HERE``, ``DECIDED``, ``ORDERED_FOR``, ``REACHED``
    (with ``UNLIMITED``) or ``TODAY``. It is asked once, for every page there will be.
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
    asked = tuple(sorted(_COUNTINGS.keys() & set(endpoints)))
    if not asked:
        return {}
    clinics = access.clinics()
    today = clock.local_date(clock.now(), place.timezone)
    reached = _limited_to(person, place)
    values = {
        "here": place.id, "today": today,
        "decided": sorted(clinics_to_decide_for(person, clinics)),
        "ordered_for": sorted(clinics_to_order_for(person, clinics)),
        "reached": reached, "unlimited": not reached,
    }  # fmt: skip
    row = db.session.execute(_all_at_once(asked), values).one()
    return {endpoint: number for endpoint, number in zip(asked, row, strict=True) if number}


def _limited_to(person: Person, place: Place) -> list[int]:
    membership = membership_reaching(person, place) if isinstance(place, Clinic) else None
    return sorted(clinic.id for clinic in membership.clinics) if membership else []


@cache
def _all_at_once(endpoints: tuple[str, ...]) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(*(_COUNTINGS[endpoint]() for endpoint in endpoints))
