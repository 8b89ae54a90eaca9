"""The cast of these tests."""

from collections.abc import Iterator

import pytest
from flask import Flask

from supply.db import db
from supply.inventory.verification import verify
from tests.ordering.world import World, make_world


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    """A practice with a clinic, its suppliers and products, committed.

    Whatever a test does with it, the ledger and the counters of orders agree afterwards.
    """
    yield make_world()
    db.session.rollback()
    assert verify() == []
