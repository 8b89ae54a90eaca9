"""GTINs that a practice says are codes of its items, where no supplier's catalogue has them."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.rules import InvalidGtinError, parse_gtin
from supply.db import db, table, upsert
from supply.inventory.queries import item_of_gtin
from supply.items.models import Item, ItemGtin
from supply.refusals import InvalidInput

MOST_CONTAINERS = 100_000


def link_gtin(
    clinic: Clinic, item: Item, gtin: str, containers: int, *, actor: Actor, now: dt.datetime
) -> int:
    """Say that ``gtin`` stands for so many containers of an item, in every clinic of the practice.

    Of two people who link the same code at once the second is told. Returns the link's id.

    Raises:
        InvalidInput: no GTIN, or one that an item of the practice has already.
    """
    try:
        digits = parse_gtin(gtin)
    except InvalidGtinError as error:
        raise InvalidInput(("gtin", str(error))) from error
    if known := item_of_gtin(item.practice_id, digits, None):
        raise _taken(known)
    values = {"practice_id": item.practice_id, "item_id": item.id, "gtin": digits}
    statement = (
        upsert(table(ItemGtin))
        .values(**values, containers=containers, linked_at=now)
        .on_conflict_do_nothing()
        .returning(ItemGtin.id)
    )
    link_id: int | None = db.session.scalar(statement)
    if link_id is None:
        raise _taken(item_of_gtin(item.practice_id, digits, None))
    said = {"gtin": digits, "containers": containers}
    audit.record(actor, "item.gtin_linked", ("item", item.id), now, clinic_id=clinic.id, after=said)
    return link_id


def unlink_gtin(clinic: Clinic, link_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Take a link back; what was taken in under it stays.

    Raises:
        NotFoundHereError: another practice's, or taken back already.
    """
    link = db.session.get(ItemGtin, link_id)
    if link is None or link.practice_id != clinic.practice_id:
        raise NotFoundHereError(str(link_id))
    said = {"gtin": link.gtin, "containers": link.containers}
    audit.record(
        actor, "item.gtin_unlinked", ("item", link.item_id), now, clinic_id=clinic.id, before=said
    )
    db.session.delete(link)
    db.session.flush()


def _taken(item_id: int | None) -> InvalidInput:
    item = db.session.get(Item, item_id) if item_id else None
    name = item.name if item else ""
    return InvalidInput(("gtin", _("This code is of %(name)s already.", name=name)))
