"""Putting a place away: only when nothing is in it, and never the last one."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from supply.db import db, transaction
from supply.items import contents
from supply.items.models import Location
from supply.items.places import archive_location
from supply.items.refusals import PlaceInUse
from supply.items.terms import LocationKind
from tests.factories import AMPOULE, NOW, World, make_clinic, stock


def shelves(world: World) -> list[Location]:
    """Return the clinic's shelves, in their order."""
    return list(
        db.session.scalars(
            sa.select(Location)
            .where(Location.clinic_id == world.clinic.id, Location.kind == LocationKind.SHELF)
            .order_by(Location.position)
        )
    )


def put_away(world: World, place: Location) -> None:
    """Put ``place`` away, committed."""
    with transaction():
        archive_location(place, actor=world.actor(), now=NOW)


def test_a_place_is_put_away_when_it_is_empty_and_not_the_last(world: World) -> None:
    stock(world, AMPOULE, "40", lot="TX-1")
    used = set(contents.lots_by_place(world.clinic.id))
    [full] = [place for place in shelves(world) if place.id in used]
    with pytest.raises(PlaceInUse, match=f"{full.name} is not empty"):
        put_away(world, full)
    for empty in [place for place in shelves(world) if place.id != full.id]:
        put_away(world, empty)
    kept = [place.name for place in shelves(world) if place.archived_at is None]
    assert kept == [full.name]


def test_the_last_place_stays(world: World) -> None:
    *others, last = shelves(world)
    for place in others:
        put_away(world, place)
    with pytest.raises(PlaceInUse, match=r"^This is the last location\.$"):
        put_away(world, last)


def test_nobody_to_tell_is_not_empty(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "_tellers", [])
    with pytest.raises(RuntimeError):
        put_away(world, shelves(world)[0])


def test_a_new_clinics_places_are_named_in_its_language(world: World) -> None:
    world.practice.locale = "fr"
    clinic = make_clinic(world.practice, "lyon", "Clinique Lumière", "Europe/Paris")
    rows = db.session.scalars(
        sa.select(Location.name)
        .where(Location.clinic_id == clinic.id, Location.kind == LocationKind.SHELF)
        .order_by(Location.position)
    ).all()
    assert rows == ["Armoire", "Réfrigérateur 2–8 °C"]
