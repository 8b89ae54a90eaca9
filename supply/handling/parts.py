"""Holding part of a lot: which place is meant, and whether as much lies there to hold."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.db import AnyRow, db
from supply.inventory import availability
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.refusals import ShortageError, ShortItem
from supply.items.models import Item, Location
from supply.quantity import ZERO, InvalidQuantityError, check
from supply.refusals import InvalidInput


def place_of_part(
    clinic: Clinic, lot_id: int, location_id: int | None, quantity: Decimal
) -> tuple[int, Decimal]:
    """Return (location, quantity) of a part of a lot that is to be held, in its base unit.

    Without a location it is the only one where the lot lies sealed. Locks those balances in
    primary-key order, so that two people do not hold the same containers.

    Raises:
        InvalidInput: a bad quantity, or several places.
        ShortageError: less lies there that is not on hold yet.
    """
    rows = _sealed(clinic, lot_id, location_id)
    lot = db.session.execute(
        sa.select(Item.id, Item.code, Item.name, Item.unit)
        .join(Lot, Lot.item_id == Item.id)
        .where(Lot.id == lot_id)
    ).one()
    quantity = _checked(quantity, lot)
    if len(rows) > 1:
        places = ", ".join(sorted(row.location for row in rows))
        message = _("This lot is in several locations: say which of %(places)s.", places=places)
        raise InvalidInput(("location", message))
    free = sum((_free(clinic, lot_id, row) for row in rows), ZERO)
    if quantity > free:
        raise ShortageError([ShortItem(lot.id, lot.code, lot.name, lot.unit, quantity, free)])
    return rows[0].location_id, quantity


def _sealed(clinic: Clinic, lot_id: int, location_id: int | None) -> list[AnyRow]:
    here = [] if location_id is None else [Balance.location_id == location_id]
    return list(
        db.session.execute(
            sa.select(
                Balance.location_id,
                Balance.container_id,
                Balance.quantity,
                Balance.content_per_container,
                Location.name.label("location"),
            )
            .join(Location, Location.id == Balance.location_id)
            .where(
                Balance.clinic_id == clinic.id,
                Balance.lot_id == lot_id,
                Balance.container_id.is_(None),
                availability.on_shelf(),
                *here,
            )
            .order_by(Balance.id)
            .with_for_update(of=Balance)
        )
    )


def _free(clinic: Clinic, lot_id: int, row: AnyRow) -> Decimal:
    """Return what of a sealed balance no hold keeps back yet."""
    held = db.session.scalars(
        sa.select(Hold.quantity).where(
            Hold.lot_id == lot_id,
            sa.or_(Hold.location_id.is_(None), Hold.location_id == row.location_id),
            availability.in_force(clinic.id),
        )
    ).all()
    quantity: Decimal = row.quantity
    return quantity - availability.held_of(row, held)


def _checked(quantity: Decimal, lot: AnyRow) -> Decimal:
    try:
        return check(quantity, lot.unit)
    except InvalidQuantityError as error:
        raise InvalidInput(("quantity", str(error))) from error
