"""A lot that a person found and that the list of a count does not have."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.counting.models import CountLine
from supply.counting.queries import locked_open
from supply.counting.rules import FRESH, splits
from supply.counting.saying import Counted, say
from supply.db import db
from supply.inventory.models import Lot
from supply.inventory.rules import normalise_lot
from supply.items.refusals import UnknownItemError
from supply.items.services import item_for_code
from supply.refusals import InvalidInput

_FIELDS = {"sku": "item", "quantity": "containers"}
"""What the form calls fields of a line."""


@dataclass(frozen=True, slots=True)
class FoundLot:
    """What was found, as people count it; ``rest`` is in open containers, in the base unit."""

    sku: str
    lot: str
    location: str
    containers: Decimal
    rest: Decimal
    expiry: dt.date | None
    expiry_said: bool


def say_found(count_id: int, found: FoundLot, *, actor: Actor, now: dt.datetime) -> CountLine:
    """Count a lot that may not be on the list (see :func:`supply.counting.saying.say`).

    Raises:
        CountEnded: the count is not open any more.
        InvalidInput: naming each field at fault.
    """
    content, stays_open = _containers_of(count_id, found, now)
    if found.rest and not stays_open:
        raise InvalidInput(("rest", _("This item is counted in whole containers.")))
    line = Counted(
        sku=found.sku,
        lot=found.lot,
        location=found.location,
        quantity=found.containers * content + found.rest,
        rests={FRESH: found.rest} if found.rest else None,
        expiry=found.expiry,
        expiry_said=found.expiry_said,
    )
    try:
        [written] = say(count_id, [line], actor=actor, now=now)
    except InvalidInput as error:
        raise InvalidInput(
            *[(_named(field), message) for field, message in error.errors]
        ) from error
    return written


def _named(field: str) -> str:
    name = field.rpartition(".")[2]
    return _FIELDS.get(name, name)


def _containers_of(count_id: int, found: FoundLot, now: dt.datetime) -> tuple[Decimal, bool]:
    """Return what one container of the lot holds, and whether containers of it stay open."""
    practice_id = locked_open(count_id).clinic.practice_id
    try:
        item = item_for_code(practice_id, found.sku, now=now)
    except UnknownItemError as error:
        raise InvalidInput(("item", str(error))) from error
    known = sa.select(Lot.content_per_container).where(
        Lot.item_id == item.id, Lot.normalised == normalise_lot(found.lot)
    )
    content = db.session.scalar(known) or item.content_per_container
    return content, splits(item.dose, item.unit, content)
