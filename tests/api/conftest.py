"""The small world, and the API as each of its people calls it."""

from __future__ import annotations

import pytest
from flask import Flask

from supply import clock
from tests.api.calls import Api, Cast
from tests.factories import BIOTIN, NEEDLE, NOW, VIAL, World, make_formulation, stock
from tests.support.time import Clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that requests read; it stands still until moved."""
    told = Clock(NOW)
    monkeypatch.setattr(clock, "now", lambda: told.now)
    return told


@pytest.fixture
def cast(app: Flask, world: World, now: Clock) -> Cast:
    """The world's people at their programs."""
    return Cast(app, world)


@pytest.fixture
def owner(cast: Cast) -> Api:
    """The owner, at a clinic that has some of everything."""
    stock(cast.world, BIOTIN, "20")
    stock(cast.world, NEEDLE, "100", lot="N1")
    stock(cast.world, VIAL, "40", lot="V1")
    make_formulation(cast.world, [(BIOTIN, "2"), (NEEDLE, "1")])
    return cast.api("owner")
