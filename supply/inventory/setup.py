"""Changing what is set up: places, and what is known of an item."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.models import Product
from supply.catalogue.terms import Storage
from supply.db import db, table, upsert
from supply.inventory.models import (
    Balance,
    ClinicItem,
    Item,
    ItemOpeningRule,
    ItemProduct,
    Location,
)
from supply.inventory.services import item_of_product
from supply.refusals import InvalidInput, Refusal

LONGEST_OPEN_HOURS = 10 * 365 * 24

Rules = Sequence[tuple[Storage | None, int]]


class PlaceInUse(Refusal):
    """A place that still holds something cannot be put away."""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What may be changed of an item; ``preferred_id`` is one of its products, or None."""

    name: str
    injectable: bool
    preferred_id: int | None
    opening_rules: Rules


def change_location(
    location: Location, *, name: str, storage: Storage, actor: Actor, now: dt.datetime
) -> None:
    """Rename a place, or say at what temperature it is kept.

    Raises:
        InvalidInput: the name is empty or taken.
    """
    name = name.strip()
    if not name:
        raise InvalidInput(("name", _("Give the location a name.")))
    taken = db.session.scalar(
        sa.select(Location.id).where(
            Location.clinic_id == location.clinic_id,
            Location.name == name,
            Location.id != location.id,
        )
    )
    if taken:
        raise InvalidInput(("name", _("This clinic already has a location with that name.")))
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
    there = db.session.scalar(
        sa.select(Balance.id)
        .where(Balance.location_id == location.id, Balance.quantity > sa.literal_column("0"))
        .limit(1)
    )
    if there is not None:
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
        raise PlaceInUse(_("This is the clinic's last location."))
    location.archived_at = now
    db.session.flush()
    _record_place("location.archived", location, actor, now, None, None)


def restore_location(location: Location, *, actor: Actor, now: dt.datetime) -> None:
    """Take a place that was put away back into use."""
    location.archived_at = None
    db.session.flush()
    _record_place("location.restored", location, actor, now, None, None)


def change_item(item: Item, change: ItemChange, *, actor: Actor, now: dt.datetime) -> None:
    """Change an item for the whole practice; containers already open keep their clocks.

    Raises:
        InvalidInput: no name, hours out of range, a place named twice, or a product it is
            not bought as.
    """
    faults = _item_faults(item, change)
    if faults:
        raise InvalidInput(*faults)
    before = _item_json(item)
    item.name = change.name.strip()
    item.injectable = change.injectable
    if sorted(_pairs(item), key=str) != sorted(change.opening_rules, key=str):
        item.opening_rules.clear()
        db.session.flush()
        item.opening_rules.extend(
            ItemOpeningRule(storage=storage, hours=hours) for storage, hours in change.opening_rules
        )
    _prefer(item, change.preferred_id)
    db.session.flush()
    audit.record(
        actor,
        "item.changed",
        ("item", item.id),
        now,
        practice_id=item.practice_id,
        before=before,
        after={**_item_json(item), "preferred": change.preferred_id},
    )


def set_tracked(
    clinic: Clinic, item: Item, *, tracked: bool, actor: Actor, now: dt.datetime
) -> None:
    """Say whether a clinic keeps count of an item; it is listed there from now on."""
    statement = upsert(table(ClinicItem)).values(
        clinic_id=clinic.id, item_id=item.id, tracked=tracked
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["clinic_id", "item_id"], set_={"tracked": tracked}
        )
    )
    audit.record(
        actor, "item.tracked", ("item", item.id), now, clinic_id=clinic.id, after={"on": tracked}
    )


def add_item(clinic: Clinic, product: Product, *, actor: Actor, now: dt.datetime) -> Item:
    """List a catalogue product's item at a clinic, making it for the practice if need be."""
    item = item_of_product(clinic.practice_id, product, now=now)
    set_tracked(clinic, item, tracked=True, actor=actor, now=now)
    return item


def _item_faults(item: Item, change: ItemChange) -> list[tuple[str, str]]:
    faults = []
    if not change.name.strip():
        faults.append(("name", _("Give the item a name.")))
    if any(not 0 <= hours <= LONGEST_OPEN_HOURS for _storage, hours in change.opening_rules):
        faults.append(("opening_rules", _("Enter hours from 0 to ten years.")))
    kept = [storage for storage, _hours in change.opening_rules]
    if len(set(kept)) < len(kept):
        faults.append(("opening_rules", _("Name each place once.")))
    if change.preferred_id and change.preferred_id not in {p.id for p in item.products}:
        faults.append(("preferred", _("The item is not bought as this product.")))
    return faults


def _prefer(item: Item, product_id: int | None) -> None:
    """Prefer one product: the others first lose it, for the database allows one only."""
    links = table(ItemProduct)
    mine = links.c.item_id == item.id
    db.session.execute(sa.update(links).where(mine, links.c.preferred).values(preferred=False))
    if product_id:
        chosen = links.c.product_id == product_id
        db.session.execute(sa.update(links).where(mine, chosen).values(preferred=True))


def _pairs(item: Item) -> list[tuple[Storage | None, int]]:
    return [(rule.storage, rule.hours) for rule in item.opening_rules]


def _item_json(item: Item) -> dict[str, Any]:
    return {
        "name": item.name,
        "injectable": item.injectable,
        "opening_rules": [[storage, hours] for storage, hours in _pairs(item)],
    }


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
