"""Finding the one place where a lot is, when a program does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.db import AnyRow, db
from supply.handling.spots import Spot
from supply.inventory import availability, lookalikes
from supply.inventory.models import Balance, Lot
from supply.inventory.refusals import ShortageError, ShortItem
from supply.inventory.rules import normalise_lot
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.quantity import ZERO
from supply.refusals import InvalidInput


@dataclass(frozen=True, slots=True)
class LotAmount:
    """What is meant: some of a lot (base unit), where it is if said, the container if open."""

    sku: str
    lot: str
    quantity: Decimal
    location: str | None = None
    container: int | None = None


def find(clinic: Clinic, wanted: LotAmount) -> Spot:
    """Return where ``wanted`` is: the only place, or the only one that can be meant.

    Without a container, whole containers mean sealed ones where there are any.

    Raises:
        InvalidInput: no such item, lot, place or container; or several could be meant.
        ShortageError: nothing of the lot is there.
    """
    lot = lot_of(clinic, wanted.sku, wanted.lot)
    rows = _there(clinic, lot, wanted)
    if not rows:
        short = ShortItem(lot.item_id, lot.code, lot.name, lot.unit, wanted.quantity, ZERO)
        raise ShortageError([short])
    fitting = _fitting(rows, wanted, lot.content_per_container)
    if len({row.location_id for row in fitting}) > 1:
        places = ", ".join(sorted({row.location for row in fitting}))
        message = _("This lot is in several locations: say which of %(places)s.", places=places)
        raise InvalidInput(("location", message))
    if len(fitting) > 1:
        raise InvalidInput(("container", _("Several containers are open: say which.")))
    return (fitting[0].location_id, lot.id, fitting[0].container_id)


def lot_of(clinic: Clinic, sku: str, number: str) -> AnyRow:
    """Return the practice's lot ``number`` of an item; InvalidInput names what is not there."""
    item = db.session.execute(
        sa.select(Item.id, Item.name).where(
            Item.practice_id == clinic.practice_id, Item.code == sku
        )
    ).one_or_none()
    if item is None:
        raise InvalidInput(("sku", _("No item has the code %(code)s.", code=sku)))
    lot = db.session.execute(
        sa.select(Lot.id, Lot.item_id, Lot.content_per_container, Item.code, Item.name, Item.unit)
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.item_id == item.id, Lot.normalised == normalise_lot(number))
    ).one_or_none()
    if lot is None:
        message = lookalikes.no_such_lot(item.id, item.name, number)
        raise InvalidInput(("lot", message))
    return lot


def _there(clinic: Clinic, lot: AnyRow, wanted: LotAmount) -> Sequence[AnyRow]:
    rows = db.session.execute(
        sa.select(
            Balance.location_id,
            Balance.container_id,
            Balance.quantity,
            Location.name.label("location"),
        )
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic.id,
            Balance.lot_id == lot.id,
            availability.on_shelf(),
        )
        .order_by(Balance.id)
    ).all()
    if wanted.location is not None:
        place_of(clinic, wanted.location)
        rows = [row for row in rows if row.location == wanted.location]
    if wanted.container is not None:
        rows = [row for row in rows if row.container_id == wanted.container]
        if not rows:
            raise InvalidInput(("container", _("No such container of this lot is open.")))
    return rows


def place_of(clinic: Clinic, name: str) -> int:
    """Return the location of a clinic by its name; InvalidInput if it has none."""
    found = db.session.scalar(
        sa.select(Location.id).where(
            Location.clinic_id == clinic.id,
            Location.kind == LocationKind.SHELF,
            Location.name == name,
        )
    )
    if found is None:
        raise InvalidInput(("location", _("This clinic has no such location.")))
    return found


def _fitting(rows: Sequence[AnyRow], wanted: LotAmount, content: Decimal) -> Sequence[AnyRow]:
    """Return the rows that can be meant: sealed for whole containers, else opened ones."""
    if wanted.container is not None:
        return rows
    sealed = [row for row in rows if row.container_id is None]
    opened = [row for row in rows if row.container_id is not None]
    whole = wanted.quantity % content == 0
    return (sealed or opened) if whole else (opened or sealed)
