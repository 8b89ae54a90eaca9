"""A fridge with readings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from supply.coldchain.models import ColdExcursion
from supply.coldchain.readings import Brought, Taken, take_in
from supply.coldchain.rules import Point
from supply.coldchain.terms import Source
from supply.db import db, transaction
from supply.inventory.models import Hold, Lot
from supply.items.models import Location
from tests.factories import NOW, World

BEGAN = NOW - dt.timedelta(hours=4)
"""When the readings of a test begin: eight in the morning in Riga."""

MINUTE = dt.timedelta(minutes=1)
WARM = (5, 5, 9, 12.4, 10, 5, 5)
"""Readings of which three are too warm."""

Read = Callable[..., Taken]


def every(minutes: int, *celsius: float, start: dt.datetime = BEGAN) -> list[Point]:
    """Return readings so many minutes apart."""
    return [Point(start + n * minutes * MINUTE, round(c * 100)) for n, c in enumerate(celsius)]


def place(world: World, name: str = "Fridge 2–8 °C") -> Location:
    """Return a location of the clinic."""
    return db.session.scalars(
        sa.select(Location).where(Location.clinic_id == world.clinic.id, Location.name == name)
    ).one()


@pytest.fixture
def read(world: World) -> Read:
    """Take readings of the fridge in, ten minutes apart, and commit."""

    def take(
        *celsius: float, start: dt.datetime = BEGAN, at: dt.datetime = NOW, name: str = ""
    ) -> Taken:
        with transaction():
            brought = Brought(Source.PROGRAM, every(10, *celsius, start=start))
            fridge = place(world, name or "Fridge 2–8 °C")
            return take_in(fridge, brought, actor=world.actor(), now=at)

    return take


def excursions() -> list[tuple[object, ...]]:
    """Return the excursions not withdrawn: from, to (minutes after the beginning), low, high."""
    db.session.rollback()
    rows = db.session.scalars(
        sa.select(ColdExcursion)
        .where(ColdExcursion.withdrawn_at.is_(None))
        .order_by(ColdExcursion.id)
    )
    return [(minutes(row.began_at), minutes(row.ended_at), row.low, row.high) for row in rows]


def minutes(at: dt.datetime | None) -> int | None:
    """Return how many minutes after the beginning something is."""
    return None if at is None else int((at - BEGAN) / MINUTE)


def held() -> list[tuple[str, str, str | None]]:
    """Return what is on hold: lot, location, quantity (None: all)."""
    db.session.rollback()
    rows = db.session.execute(
        sa.select(Lot.number, Location.name, Hold.quantity)
        .join(Lot, Lot.id == Hold.lot_id)
        .join(Location, Location.id == Hold.location_id)
        .where(Hold.released_at.is_(None))
        .order_by(Lot.number, Location.name)
    )
    return [(lot, where, None if left is None else f"{left:f}") for lot, where, left in rows]
