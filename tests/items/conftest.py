"""A world for the tests of items and locations."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories import World, make_world


@pytest.fixture
def world(app: Flask) -> World:
    """A practice, a supplier and a cast, on each engine."""
    return make_world()
