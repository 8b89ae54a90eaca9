"""What is booked though its patient is allergic to it is said before it is given."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.catalogue.models import Product, ProductAllergen
from supply.db import db, transaction
from supply.treatments import allergies
from tests.api.calls import Cast
from tests.diary.pages import lede, words
from tests.factories import NOW, TODAY, VIAL, World
from tests.support.people import AsPerson
from tests.today.test_ready_page import PATH, book, cards, world

__all__ = ["world"]

SAID = "P-1 is allergic to amide anaesthetic, and this contains it: Lidocaine 1%, multi-dose vial."


@pytest.fixture
def booked(world: World) -> World:
    """P-1 and P-2 on one day, and only P-1 does not bear what is in the vial."""
    with transaction():
        vial = db.session.scalars(sa.select(Product).where(Product.sku == VIAL)).one()
        vial.allergens = [ProductAllergen(allergen="amide_anaesthetic")]
        allergies.note(world.clinic, "P-1", ["amide_anaesthetic"], actor=world.actor(), now=NOW)
    book(world, ("P-1", 1, "09:00"), ("P-2", 1, "10:00"))
    return world


def test_the_supplies_for_a_day_and_the_diary_say_so(booked: World, as_person: AsPerson) -> None:
    client = as_person(booked.practitioner)

    page = client.get(PATH).text
    first, second, _fetch = cards(page)
    week = words(client.get("/c/riga/diary").text)

    assert "P-1 Allergy" in first
    assert SAID in first
    assert "Ready" not in first
    assert "Ready" in second
    assert lede(page).endswith("1 would give what its patient is allergic to.")
    assert f"P-1 Allergy Hair-Test {SAID}" in week
    assert "P-2 Ready" in week


def test_programs_are_told_by_line(booked: World, app: Flask) -> None:
    owner = Cast(app, booked).api("owner")
    day = (TODAY.replace(day=TODAY.day + 1)).isoformat()

    first, second = owner.get(f"/clinics/riga/readiness?date={day}").get_json()["sessions"]

    assert [line["advice"] for line in first["lines"]] == [None, SAID, None]
    assert {line["advice"] for line in second["lines"]} == {None}


def test_it_is_not_said_any_more_once_taken_back(booked: World, as_person: AsPerson) -> None:
    (known,) = allergies.known_of(booked.practice.id, "P-1")
    with transaction():
        allergies.withdraw(booked.clinic, known.id, "Tested", actor=booked.actor(), now=NOW)
    assert "Allergy" not in as_person(booked.practitioner).get(PATH).text
