"""The cast of these tests."""

import pytest
from flask import Flask

from tests.ordering.world import World, make_world


@pytest.fixture
def world(app: Flask) -> World:
    """A practice with a clinic, its suppliers and products, committed."""
    return make_world()
