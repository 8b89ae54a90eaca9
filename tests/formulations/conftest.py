"""The small world, and browsers of its people."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.factories import World, make_world


@pytest.fixture
def world(app: Flask) -> World:
    """A practice, two suppliers and their people."""
    return make_world()
