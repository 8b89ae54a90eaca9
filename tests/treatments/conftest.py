"""A world whose clock stands still, and pages opened as one of its cast."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.accounts.models import Person
from tests.factories import NOW, World, make_world
from tests.support.people import sign_in

SignedIn = Callable[[Person], FlaskClient]


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """A practice, a supplier and a cast, at :data:`tests.factories.NOW`."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return make_world()


@pytest.fixture
def as_person(app: Flask) -> SignedIn:
    """Sign a person in: ``as_person(world.practitioner)`` is their browser."""

    def signed_in(person: Person) -> FlaskClient:
        client = app.test_client()
        sign_in(client, person.email)
        return client

    return signed_in
