"""Moving some of a lot from one place of a clinic to another."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import AnyRow, db
from supply.handling.spots import Spot, locked, moved, short, whole
from supply.inventory import availability, ledger
from supply.inventory.models import Hold
from supply.inventory.refusals import ShortageError
from supply.inventory.terms import EntryKind
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.refusals import InvalidInput, Refusal


def move_lot(
    clinic: Clinic,
    spot: Spot,
    to_location_id: int,
    quantity: Decimal,
    *,
    actor: Actor,
    now: dt.datetime,
    key: str | None = None,
) -> int:
    """Move stock from one place of the clinic to another; return the entry's id.

    An open container moves as it is. Locks both ends in primary-key order: two people may move
    the same lot to and fro.

    Raises:
        InvalidInput: a bad quantity, part of an open container, or no such other place.
        ShortageError: less is there.
        Refusal: what would move is on hold in that place, and would get free by moving.
    """
    _check_place(clinic, spot, to_location_id)
    there = ledger.lock_places([spot, (to_location_id, spot[1], spot[2])])
    row = locked(clinic, spot, now)
    quantity = whole(quantity, row, sealed=spot[2] is None)
    if quantity > row.quantity:
        raise ShortageError([short(row, quantity)])
    if spot[2] is not None and quantity < row.quantity:
        message = _("An open container moves with all that is in it.")
        raise InvalidInput(("quantity", message))
    _check_not_held(clinic, spot, row, quantity)
    move = moved(row, spot[0], spot[1], quantity, to_location_id)._replace(
        from_container=spot[2], to_container=spot[2]
    )
    draft = ledger.Draft(clinic.id, EntryKind.TRANSFER, now, [move], key=key)
    # Sealed stock arrives as a receipt does: the ledger then sees to since when it is there.
    known = {p: found for p, found in there.items() if p == spot or p[2] is not None}
    return ledger.post(draft, ledger.outside_of(clinic.id), known, actor=actor, now=now)


def _check_place(clinic: Clinic, spot: Spot, to_location_id: int) -> None:
    places = db.session.scalars(
        sa.select(Location.id).where(
            Location.clinic_id == clinic.id,
            Location.kind == LocationKind.SHELF,
            Location.archived_at.is_(None),
        )
    ).all()
    if to_location_id not in places or to_location_id == spot[0]:
        raise InvalidInput(("to", _("Choose another location.")))


def _check_not_held(clinic: Clinic, spot: Spot, row: AnyRow, quantity: Decimal) -> None:
    """Refuse to take out of a place what is on hold in that place."""
    held = db.session.scalars(
        sa.select(Hold.quantity).where(
            Hold.lot_id == spot[1],
            Hold.location_id == spot[0],
            availability.in_force(clinic.id),
        )
    ).all()
    if held and quantity > row.quantity - availability.held_of(row, held):
        message = _(
            "Lot %(lot)s is on hold in that location: release the hold first.", lot=row.number
        )
        raise Refusal(message)
