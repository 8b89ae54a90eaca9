"""The small world, and browsers of its people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.models import Person
from tests.factories import World, make_world
from tests.support.people import sign_in


@pytest.fixture
def world(app: Flask) -> World:
    """A practice, two suppliers and their people."""
    return make_world()


@pytest.fixture
def as_person(app: Flask) -> Callable[[Person], FlaskClient]:
    """Return a function that gives a person's own signed-in browser."""

    def signed_in(person: Person) -> FlaskClient:
        client = app.test_client()
        sign_in(client, person.email)
        return client

    return signed_in
