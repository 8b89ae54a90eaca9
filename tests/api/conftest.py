"""The small world, and the API as each of its people calls it."""

from __future__ import annotations

import pytest
from flask import Flask

from supply import clock
from tests.api.calls import Cast
from tests.factories import NOW, World
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
