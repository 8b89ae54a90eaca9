"""Boxes scanned while a lot is wasted: whether each is of that lot, and how many are counted."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.catalogue.barcodes import Scan, scan
from supply.db import db
from supply.inventory.boxes import containers_of, item_behind, named, no_item
from supply.inventory.labels import is_code, problem_with
from supply.inventory.models import Balance, Lot
from supply.inventory.rules import normalise_lot
from supply.items.models import Location
from supply.items.terms import LocationKind


def more_of(balance: Balance, code: str, today: dt.date) -> tuple[int, str]:
    """Return how many containers of the lot a code stands for, or 0 and why it counts none."""
    text = code.strip()
    read = scan(text, today=today)
    if fault := problem_with(text, read):
        return 0, fault
    if not is_code(text, read):
        same = normalise_lot(text) == balance.lot.normalised
        return (1, "") if same else (0, _other_lot(balance, text))
    if read.gtin is not None or read.item is not None:
        item = item_behind(balance.lot.practice_id, read)
        if item is None or item.id != balance.item_id:
            return 0, _other_item(balance, read)
    if read.lot is not None and normalise_lot(read.lot) != balance.lot.normalised:
        return 0, _other_lot(balance, read.lot)
    return containers_of(balance.item_id, read), ""


def elsewhere(balance: Balance, code: str, today: dt.date) -> Balance | None:
    """Return the sealed stock of the clinic that a code means, if it is another lot's.

    Where it lies in several places, that of the place looked at comes first.
    """
    read = scan(code, today=today)
    item = item_behind(balance.lot.practice_id, read)
    if item is None or read.lot is None:
        return None
    return db.session.scalar(
        sa.select(Balance)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == balance.clinic_id,
            Balance.item_id == item.id,
            Balance.container_id.is_(None),
            Balance.quantity > sa.literal_column("0"),
            Lot.normalised == normalise_lot(read.lot),
            Location.kind == LocationKind.SHELF,
        )
        .order_by(sa.case((Balance.location_id == balance.location_id, 0), else_=1), Balance.id)
        .limit(1)
    )


def no_room(balance: Balance) -> str:
    """Say that more was scanned than is there."""
    name, place = balance.lot.item.name, balance.location.name
    return str(_("%(name)s: no more of this lot is in %(place)s.", name=name, place=place))


def _other_item(balance: Balance, read: Scan) -> str:
    found = named(balance.lot.practice_id, read)
    if found is None:
        return no_item(read)
    return str(_("This code is of %(name)s, not of what you waste.", name=found[1]))


def _other_lot(balance: Balance, said: str) -> str:
    return str(
        _(
            "%(name)s: this is lot %(said)s, and you waste lot %(lot)s.",
            name=balance.lot.item.name,
            said=said[:80],
            lot=balance.lot.number,
        )
    )
