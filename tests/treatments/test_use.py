"""Using stock: choosing, saying what was given, recording."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from supply.formulations.models import Formulation
from tests.factories import AMPOULE, NEEDLE, VIAL, World, make_formulation, stock
from tests.treatments.conftest import SignedIn


@pytest.fixture
def formulation(world: World) -> Formulation:
    """A recipe with each kind of item: 0.12 ml of an ampoule, 3 ml of a vial, 2 needles."""
    return make_formulation(world, [(AMPOULE, "0.120"), (VIAL, "3"), (NEEDLE, "2")])


@pytest.fixture
def shelves(world: World) -> None:
    """Enough of everything."""
    stock(world, AMPOULE, "10", lot="AMP-1")
    stock(world, VIAL, "40", lot="VIAL-1")
    stock(world, NEEDLE, "100", lot="NDL-1")


def test_smoke(world: World, formulation: Formulation, shelves: None, as_person: SignedIn) -> None:
    client = as_person(world.practitioner)
    page = client.get("/c/riga/use")
    assert page.status_code == 200
    page = client.get(f"/c/riga/use/{formulation.id}")
    print(page.text)
    assert page.status_code == 200
    answer = client.post(
        f"/c/riga/use/{formulation.id}",
        data={"patient_ref": "P-102", "do": "record", "form_key": "k1"},
    )
    assert answer.status_code == 302
    page = client.get(answer.location)
    assert "Recorded HAIR-TEST for P-102" in page.text
    page = client.get("/c/riga/sessions")
    assert page.status_code == 200
    page = client.get("/c/riga/sessions/1")
    assert page.status_code == 200
    page = client.get("/c/riga/courses/new")
    assert page.status_code == 200
