"""Where something of a lot is: the balance there, locked, and what is asked of quantities of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.db import AnyRow, db
from supply.inventory import ledger
from supply.inventory.models import Balance, Lot
from supply.inventory.refusals import CountedSinceError, ShortItem
from supply.items.models import Item, Location
from supply.quantity import InvalidQuantityError, check
from supply.refusals import InvalidInput, Refusal

Spot = tuple[int, int, int | None]
"""Where something is: location id, lot id, open container id or None for sealed."""


def locked(clinic: Clinic, spot: Spot, at: dt.datetime) -> AnyRow:
    """Lock the balance at ``spot`` and return it with what is known of its lot and item."""
    location_id, lot_id, container_id = spot
    row = db.session.execute(
        sa.select(
            Balance.id,
            Balance.item_id,
            Balance.quantity,
            Balance.costed,
            Balance.cost_minor,
            Balance.content_per_container,
            Balance.container_id,
            Balance.counted_at,
            Balance.first_in_at,
            Lot.number,
            Lot.expiry,
            Location.storage,
            Item.code,
            Item.name,
            Item.unit,
            Item.dose,
            Item.injectable,
        )
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic.id,
            Balance.location_id == location_id,
            Balance.lot_id == lot_id,
            Balance.container_id.is_not_distinct_from(container_id),
        )
        .with_for_update(of=Balance)
    ).one_or_none()
    if row is None:
        raise Refusal(_("There is nothing of this lot in that location."))
    if row.counted_at is not None and at < row.counted_at:
        raise CountedSinceError(row.number, row.counted_at, clinic.timezone)
    if at < row.first_in_at:
        raise InvalidInput(("occurred_at", _("This lot came in later than that.")))
    return row


def whole(quantity: Decimal, row: AnyRow, *, sealed: bool, allow_zero: bool = False) -> Decimal:
    """Return a quantity of what is in ``row``; raises InvalidInput, as for part of a container."""
    field = "counted" if allow_zero else "quantity"
    try:
        quantity = check(quantity, row.unit, allow_zero=allow_zero)
    except InvalidQuantityError as error:
        raise InvalidInput((field, str(error))) from error
    if sealed and quantity % row.content_per_container:
        raise InvalidInput(
            (
                field,
                _(
                    "Sealed stock comes in whole containers of %(content)s %(unit)s.",
                    content=row.content_per_container.normalize().to_eng_string(),
                    unit=row.unit,
                ),
            )
        )
    return quantity


def short(row: AnyRow, needed: Decimal) -> ShortItem:
    """Return that less is there than is ``needed``."""
    return ShortItem(row.item_id, row.code, row.name, row.unit, needed, row.quantity)


def moved(
    row: AnyRow, location_id: int, lot_id: int, quantity: Decimal, to_location_id: int
) -> ledger.MoveDraft:
    """Return the move of some of what is in ``row``, sealed."""
    return ledger.MoveDraft(
        item_id=row.item_id,
        lot_id=lot_id,
        content=row.content_per_container,
        from_location_id=location_id,
        to_location_id=to_location_id,
        quantity=quantity,
    )
