"""The world in which treatments are given, with what is booked and judged by its projection."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from supply.accounts.models import Clinic
from supply.actor import SYSTEM
from supply.db import transaction
from supply.diary.bookings import Booking, take_in
from supply.replenishment.services import set_policy
from supply.replenishment.sweep import sweep
from supply.replenishment.terms import Method
from tests.factories import FORMULATION, NOW, TODAY, World, item
from tests.treatments.conftest import formulation, world

__all__ = ["formulation", "world"]

Book = Callable[..., None]
Project = Callable[..., None]


def ahead(days: int) -> dt.date:
    """Return the day so many days from today."""
    return TODAY + dt.timedelta(days=days)


@pytest.fixture
def book(world: World) -> Book:
    """Book a session on each of some days from today: ``book(10, 20)``."""

    def booked(*days: int, at: dt.datetime = NOW - dt.timedelta(days=30)) -> None:
        with transaction():
            take_in(
                world.clinic,
                [Booking(f"D-{day}", f"P-{day}", FORMULATION, ahead(day)) for day in days],
                actor=world.actor(),
                now=at,
            )

    return booked


@pytest.fixture
def project(world: World) -> Project:
    """Have items judged by their projection, and sweep: ``project(AMPOULE)``."""

    def projected(*codes: str, clinic: Clinic | None = None) -> None:
        with transaction():
            for code in codes:
                set_policy(
                    (clinic or world.clinic).id,
                    item(world, code).id,
                    method=Method.PROJECTED,
                    service_level=Decimal("0.97"),
                    actor=SYSTEM,
                    now=NOW,
                )
        with transaction():
            sweep(NOW)

    return projected
