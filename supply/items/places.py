"""The places of a clinic: furnishing it, adding, renaming, putting away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.terms import Storage
from supply.db import db
from supply.items.contents import lots_by_place
from supply.items.models import Location
from supply.items.refusals import PlaceInUse
from supply.items.terms import LocationKind
from supply.languages import shown_locale
from supply.refusals import InvalidInput
from supply.text import clean, fold

_OUTSIDE_NAMES: Final = {
    LocationKind.TRANSIT: "In transit",
    LocationKind.SUPPLIER: "Suppliers",
    LocationKind.PATIENT: "Patients",
    LocationKind.WASTE: "Waste",
    LocationKind.DIFFERENCE: "Count differences",
}
"""What they are called in the database; pages have words for each kind."""


def furnish_clinic(clinic: Clinic) -> None:
    """Give a new clinic a cupboard, a fridge, and its places outside.

    The first two are named in the clinic's language: people see and rename them.
    """
    with force_locale(shown_locale(clinic.locale)):
        shelves = ((_("Cupboard"), Storage.AMBIENT), (_("Fridge 2–8 °C"), Storage.COLD))
    _furnish(clinic, shelves, _OUTSIDE_NAMES)


def furnish_depot(depot: Clinic) -> None:
    """Give a new depot a store, a cold store, a freezer, and its places outside."""
    with force_locale(shown_locale(depot.locale)):
        shelves = (
            (_("Store"), Storage.AMBIENT),
            (_("Cold store 2–8 °C"), Storage.COLD),
            (_("Freezer"), Storage.FROZEN),
        )
    _furnish(depot, shelves, {**_OUTSIDE_NAMES, LocationKind.CUSTOMER: "Customers"})


def _furnish(
    clinic: Clinic, shelves: Iterable[tuple[str, Storage]], outside: Mapping[LocationKind, str]
) -> None:
    db.session.add_all(
        [
            *(
                Location(
                    clinic_id=clinic.id,
                    kind=LocationKind.SHELF,
                    name=name,
                    storage=storage,
                    position=position,
                )
                for position, (name, storage) in enumerate(shelves, start=1)
            ),
            *(
                Location(clinic_id=clinic.id, kind=kind, name=name, storage=None)
                for kind, name in outside.items()
            ),
        ]
    )
    db.session.flush()


def add_location(
    clinic: Clinic, *, name: str, storage: Storage, actor: Actor, now: dt.datetime
) -> Location:
    """Add a shelf, fridge or room to ``clinic``.

    Raises:
        InvalidInput: the name is empty or taken.
    """
    name = _free_name(name, clinic.id)
    last = db.session.scalar(
        sa.select(sa.func.max(Location.position)).where(Location.clinic_id == clinic.id)
    )
    location = Location(
        clinic_id=clinic.id,
        kind=LocationKind.SHELF,
        name=name,
        storage=storage,
        position=(last or 0) + 1,
    )
    db.session.add(location)
    db.session.flush()
    audit.record(
        actor,
        "location.added",
        ("location", location.id),
        now,
        clinic_id=clinic.id,
        practice_id=clinic.practice_id,
        after={"name": name, "storage": storage},
    )
    return location


def _free_name(name: str, clinic_id: int, *, besides: int | None = None) -> str:
    """Return ``name`` without outer space, if no location of the clinic ``besides`` one has it."""
    name = clean(name)
    if not name:
        raise InvalidInput(("name", _("Give the location a name.")))
    others = sa.select(Location.id).where(
        Location.clinic_id == clinic_id, Location.name_key == fold(name)
    )
    if besides is not None:
        others = others.where(Location.id != besides)
    if db.session.scalar(others):
        raise InvalidInput(("name", _("There is a location with that name already.")))
    return name


def change_location(
    location: Location, *, name: str, storage: Storage, actor: Actor, now: dt.datetime
) -> None:
    """Rename a place, or say at what temperature it is kept.

    Raises:
        InvalidInput: the name is empty or taken.
    """
    name = _free_name(name, location.clinic_id, besides=location.id)
    before = {"name": location.name, "storage": location.storage}
    location.name, location.storage = name, storage
    db.session.flush()
    after = {"name": name, "storage": storage}
    _record_place("location.changed", location, actor, now, before, after)


def archive_location(location: Location, *, actor: Actor, now: dt.datetime) -> None:
    """Put a place away: nothing can be taken in or moved there any more. Locks the place.

    Raises:
        PlaceInUse: something is still there, or it is the clinic's last place.
    """
    db.session.execute(
        sa.select(Location.id)
        .where(Location.clinic_id == location.clinic_id)
        .order_by(Location.id)
        .with_for_update()
    )
    if lots_by_place(location.clinic_id).get(location.id):
        raise PlaceInUse(_("%(name)s is not empty: move what is there first.", name=location.name))
    others = db.session.scalar(
        sa.select(sa.func.count(Location.id)).where(
            Location.clinic_id == location.clinic_id,
            Location.kind == location.kind,
            Location.archived_at.is_(None),
            Location.id != location.id,
        )
    )
    if not others:
        raise PlaceInUse(_("This is the last location."))
    location.archived_at = now
    db.session.flush()
    _record_place("location.archived", location, actor, now, None, None)


def restore_location(location: Location, *, actor: Actor, now: dt.datetime) -> None:
    """Take an archived place back into use."""
    location.archived_at = None
    db.session.flush()
    _record_place("location.restored", location, actor, now, None, None)


def _record_place(
    action: str,
    location: Location,
    actor: Actor,
    now: dt.datetime,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    audit.record(
        actor,
        action,
        ("location", location.id),
        now,
        clinic_id=location.clinic_id,
        before=before,
        after=after,
    )
