"""What stands on labels: the code of a lot, a location or a shipment, and words for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.catalogue import own_codes
from supply.catalogue.models import ProductGtin
from supply.db import db
from supply.documents.matrix import Code
from supply.inventory.models import Lot
from supply.items.models import Item, ItemProduct, Location
from supply.items.terms import LocationKind
from supply.items.wording import STORAGE_WORDS
from supply.shipping import parcels
from supply.web import filters


@dataclass(frozen=True, slots=True)
class Label:
    """One label: its code, what stands large, and smaller lines. ``name`` ends its field's name."""

    name: str
    code: Code
    title: str
    lines: tuple[str, ...]
    note: str = ""
    copies: int = 1


def of_lots(clinic: Clinic, lot_ids: Sequence[int]) -> list[Label]:
    """Return labels of lots of the clinic's practice, in their order.

    Raises:
        NotFoundHereError: one of them is another practice's.
    """
    rows = db.session.execute(
        sa.select(Lot, Item)
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.id.in_(lot_ids), Lot.practice_id == clinic.practice_id)
    )
    found = {row.Lot.id: (row.Lot, row.Item) for row in rows}
    if missing := set(lot_ids) - found.keys():
        raise NotFoundHereError(str(min(missing)))
    return [_of_lot(*found[lot_id]) for lot_id in dict.fromkeys(lot_ids)]


def _of_lot(lot: Lot, item: Item, copies: int = 1) -> Label:
    gtin, containers = _gtin_of(lot, item)
    code = own_codes.of_lot(item.code, lot.number, lot.expiry, gtin)
    use_by = _("Use by %(day)s", day=filters.short_date(lot.expiry)) if lot.expiry else ""
    pack = ngettext("Pack of %(num)d", "Pack of %(num)d", containers) if containers > 1 else ""
    lines = (_("Lot %(lot)s", lot=lot.number), use_by, pack)
    note = ", ".join(line for line in lines if line)
    return Label(f"lot-{lot.id}", code, item.name, lines, note, copies)


def _gtin_of(lot: Lot, item: Item) -> tuple[str | None, int]:
    """Return the GTIN for the smallest thing of an item that has one, and how many are in it."""
    row = db.session.execute(
        sa.select(ProductGtin.gtin, ProductGtin.containers)
        .join(ItemProduct, ItemProduct.product_id == ProductGtin.product_id)
        .where(ItemProduct.item_id == item.id)
        .order_by(
            ProductGtin.containers,
            (ProductGtin.gtin == (lot.gtin or "")).desc(),
            ItemProduct.preferred.desc(),
            ProductGtin.id,
        )
        .limit(1)
    ).first()
    return (row.gtin, row.containers) if row else (None, 1)


def of_locations(clinic: Clinic, location_ids: Sequence[int]) -> list[Label]:
    """Return labels of locations of the clinic.

    Raises:
        NotFoundHereError: one of them is another clinic's.
    """
    found = {
        place.id: place
        for place in db.session.scalars(
            sa.select(Location).where(
                Location.id.in_(location_ids),
                Location.clinic_id == clinic.id,
                Location.kind == LocationKind.SHELF,
            )
        )
    }
    if missing := set(location_ids) - found.keys():
        raise NotFoundHereError(str(min(missing)))
    return [_of_location(clinic, found[one]) for one in dict.fromkeys(location_ids)]


def _of_location(clinic: Clinic, place: Location) -> Label:
    kept = str(STORAGE_WORDS[place.storage]) if place.storage else ""
    code = own_codes.of_place(clinic.code, place.id)
    return Label(f"location-{place.id}", code, place.name, (clinic.name, kept), kept)


def of_shipment(clinic: Clinic, shipment_id: int) -> list[Label]:
    """Return a label with a shipment's code, and one for each pack of the lots received with it."""
    shipment = parcels.shipment_of_clinic(clinic, shipment_id)
    supplier = shipment.order.supplier.name
    own = Label(
        f"shipment-{shipment.id}",
        Code(shipment.code),
        shipment.code,
        (supplier, _("Order %(number)s", number=shipment.order.number)),
        supplier,
    )
    rows = db.session.execute(
        sa.select(Lot, Item)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Lot.practice_id == clinic.practice_id,
            Lot.item_id.in_([line.order_line.item_id for line in shipment.lines]),
            Lot.normalised.in_([line.normalised for line in shipment.lines]),
        )
        .order_by(Lot.id)
    ).all()
    packs = {(line.order_line.item_id, line.normalised): line.packs for line in shipment.lines}
    return [
        own,
        *(
            _of_lot(row.Lot, row.Item, packs[row.Item.id, row.Lot.normalised])
            for row in rows
            if (row.Item.id, row.Lot.normalised) in packs
        ),
    ]
