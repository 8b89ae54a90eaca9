"""What a transfer is asked to take: lines, resolved from codes and checked, every fault named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.db import AnyRow, db
from supply.inventory import lookalikes
from supply.inventory.models import Lot
from supply.inventory.rules import normalise_lot
from supply.items.models import Item, Location
from supply.items.terms import LocationKind
from supply.quantity import InvalidQuantityError, Unit, check
from supply.refusals import InvalidInput

Fault = tuple[str, str]
Faults = list[Fault]


@dataclass(frozen=True, slots=True)
class Wish:
    """Some of a lot, as programs say it: by codes and names."""

    sku: str
    lot: str
    quantity: Decimal
    location: str | None = None
    container: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Some of a lot (base unit), from or to which location if said, from which open container.

    ``field`` is what a refusal calls it ("lines.0").
    """

    lot_id: int
    quantity: Decimal
    location_id: int | None = None
    container_id: int | None = None
    field: str = ""


def resolved(clinic: Clinic, wishes: Sequence[Wish]) -> list[Line]:
    """Return the lots and locations of ``clinic`` that ``wishes`` name.

    Raises:
        InvalidInput: naming each line with an unknown item, lot or location.
    """
    lots = _lots(clinic.practice_id, wishes)
    items = _items(clinic.practice_id, wishes)
    places = location_ids(clinic)
    faults: Faults = []
    found = []
    for at, wish in enumerate(wishes):
        lot_id = lots.get((wish.sku, normalise_lot(wish.lot)))
        faults += _line_faults(f"lines.{at}", wish, lot_id, items, places)
        place = places.get(wish.location or "")
        found.append(Line(lot_id or 0, wish.quantity, place, wish.container, f"lines.{at}"))
    if faults:
        raise InvalidInput(*faults)
    return found


def _line_faults(
    field: str,
    wish: Wish,
    lot_id: int | None,
    items: dict[str, AnyRow],
    places: dict[str, int],
) -> Faults:
    item = items.get(wish.sku)
    if item is None:
        return [(f"{field}.sku", str(_("No item has the code %(code)s.", code=wish.sku)))]
    faults = []
    if lot_id is None:
        faults.append((f"{field}.lot", lookalikes.no_such_lot(item.id, item.name, wish.lot)))
    if wish.location is not None and wish.location not in places:
        faults.append((f"{field}.location", str(_("This clinic has no such location."))))
    return faults


def location_ids(clinic: Clinic) -> dict[str, int]:
    """Return by name the locations of a clinic that are in use."""
    rows = db.session.execute(
        sa.select(Location.name, Location.id).where(
            Location.clinic_id == clinic.id,
            Location.kind == LocationKind.SHELF,
            Location.archived_at.is_(None),
        )
    )
    return {row.name: row.id for row in rows}


def _items(practice_id: int, wishes: Sequence[Wish]) -> dict[str, AnyRow]:
    rows = db.session.execute(
        sa.select(Item.id, Item.code, Item.name).where(
            Item.practice_id == practice_id, Item.code.in_({wish.sku for wish in wishes})
        )
    )
    return {row.code: row for row in rows}


def _lots(practice_id: int, wishes: Sequence[Wish]) -> dict[tuple[str, str], int]:
    rows = db.session.execute(
        sa.select(Item.code, Lot.normalised, Lot.id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Item.practice_id == practice_id,
            Item.code.in_({wish.sku for wish in wishes}),
            Lot.normalised.in_({normalise_lot(wish.lot) for wish in wishes}),
        )
    )
    return {(row.code, row.normalised): row.id for row in rows}


def quantity_fault(quantity: Decimal, unit: Unit, content: Decimal) -> str | None:
    """Return why ``quantity`` is none of sealed containers of ``content``; None where it is."""
    try:
        check(quantity, unit)
    except InvalidQuantityError as error:
        return str(error)
    if quantity % content == 0:
        return None
    return str(
        _(
            "Sealed stock moves in whole containers of %(content)s %(unit)s.",
            content=f"{content.normalize():f}",
            unit=unit,
        )
    )
