"""What stands on labels: the code of a lot, a location or a shipment, and words for people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

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
from supply.items.models import Item, ItemGtin, ItemProduct, Location
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
    rows = _lots(clinic, Lot.id.in_(lot_ids)) if lot_ids else []
    found = {lot.id: (lot, item) for lot, item in rows}
    if missing := set(lot_ids) - found.keys():
        raise NotFoundHereError(str(min(missing)))
    gtins = _gtins({lot.item_id for lot, _item in rows})
    return [
        _of_lot(*found[lot_id], gtins[found[lot_id][1].id]) for lot_id in dict.fromkeys(lot_ids)
    ]


def _lots(clinic: Clinic, *conditions: sa.ColumnElement[bool]) -> list[tuple[Lot, Item]]:
    query = (
        sa.select(Lot, Item)
        .join(Item, Item.id == Lot.item_id)
        .where(Lot.practice_id == clinic.practice_id, *conditions)
        .order_by(Lot.id)
    )
    return [(row.Lot, row.Item) for row in db.session.execute(query)]


def _of_lot(lot: Lot, item: Item, gtins: Sequence[_Gtin], copies: int = 1) -> Label:
    found = min(gtins, key=lambda one: (one.containers, one.gtin != lot.gtin), default=None)
    gtin, containers = (found.gtin, found.containers) if found else (None, 1)
    code = own_codes.of_lot(item.code, lot.number, lot.expiry, gtin)
    use_by = _("Use by %(day)s", day=filters.short_date(lot.expiry)) if lot.expiry else ""
    pack = ngettext("Pack of %(num)d", "Pack of %(num)d", containers) if containers > 1 else ""
    lines = (_("Lot %(lot)s", lot=lot.number), use_by, pack)
    note = ", ".join(line for line in lines if line)
    return Label(f"lot-{lot.id}", code, item.name, lines, note, copies)


class _Gtin(NamedTuple):
    """A GTIN of an item, and how many containers it stands for."""

    gtin: str
    containers: int


def _gtins(item_ids: Collection[int]) -> Mapping[int, list[_Gtin]]:
    """Return by item the GTINs of what it is bought as, and those the practice linked to it."""
    sold = (
        sa.select(ItemProduct.item_id, ProductGtin.gtin, ProductGtin.containers)
        .join(ProductGtin, ProductGtin.product_id == ItemProduct.product_id)
        .where(ItemProduct.item_id.in_(item_ids))
        .order_by(ItemProduct.preferred.desc(), ProductGtin.id)
    )
    linked = (
        sa.select(ItemGtin.item_id, ItemGtin.gtin, ItemGtin.containers)
        .where(ItemGtin.item_id.in_(item_ids))
        .order_by(ItemGtin.id)
    )
    found: dict[int, list[_Gtin]] = defaultdict(list)
    for query in (sold, linked):
        for item_id, gtin, containers in db.session.execute(query):
            found[item_id].append(_Gtin(gtin, containers))
    return found


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
        own_codes.of_paper(shipment.code, shipment.order.number),
        shipment.code,
        (supplier, _("Order %(number)s", number=shipment.order.number)),
        supplier,
    )
    packs: Counter[tuple[int, str]] = Counter()
    for line in shipment.lines:
        packs[line.order_line.item_id, line.normalised] += line.packs
    rows = _lots(
        clinic,
        Lot.item_id.in_([item_id for item_id, _lot in packs]),
        Lot.normalised.in_([lot for _item, lot in packs]),
    )
    gtins = _gtins({item.id for _lot, item in rows})
    return [
        own,
        *(
            _of_lot(lot, item, gtins[item.id], packs[item.id, lot.normalised])
            for lot, item in rows
            if (item.id, lot.normalised) in packs
        ),
    ]
