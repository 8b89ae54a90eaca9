"""What is asked for by name: items by their codes, lots by their numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from supply.db import AnyRow, db, execute, table
from supply.inventory.drawing import UsedItem
from supply.inventory.models import Lot
from supply.inventory.rules import normalise_lot
from supply.items.models import ClinicItem, Item

_ITEM = table(Item)
_CLINIC_ITEM = table(ClinicItem)


def used_item_columns() -> tuple[Any, ...]:
    """Return what :func:`used_item` reads, of a select that joins :func:`at_clinic`."""
    return (
        _ITEM.c.id.label("item_id"),
        _ITEM.c.code,
        _ITEM.c.name,
        _ITEM.c.unit,
        _ITEM.c.dose,
        _ITEM.c.injectable,
        sa.func.coalesce(_CLINIC_ITEM.c.tracked, sa.true()).label("tracked"),
    )


def at_clinic(clinic: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Return how an item is joined to what ``clinic`` says of it."""
    return sa.and_(_CLINIC_ITEM.c.item_id == _ITEM.c.id, _CLINIC_ITEM.c.clinic_id == clinic)


def used_item(row: AnyRow) -> UsedItem:
    """Return the item of a row of :func:`used_item_columns`."""
    return UsedItem(
        row.item_id, row.code, row.name, row.unit, row.dose, row.injectable, bool(row.tracked)
    )


# Built once: it runs with every session that adds an item.
_BY_CODE = (
    sa.select(*used_item_columns())
    .outerjoin(_CLINIC_ITEM, at_clinic(sa.bindparam("clinic")))
    .where(
        _ITEM.c.practice_id == sa.bindparam("practice"),
        _ITEM.c.code.in_(sa.bindparam("codes", expanding=True)),
    )
    .order_by(_ITEM.c.code)
)


def used_items(practice_id: int, clinic_id: int, codes: Collection[str]) -> list[UsedItem]:
    """Return those of the practice's items that ``codes`` name, by code."""
    values = {"practice": practice_id, "clinic": clinic_id, "codes": list(codes)}
    return [used_item(row) for row in execute(_BY_CODE, values)]


def lots_named(practice_id: int, numbers: Mapping[str, str]) -> dict[str, int]:
    """Return the lot's id for each item code whose lot number is known; others are left out."""
    wanted = {code: normalise_lot(number) for code, number in numbers.items()}
    rows = db.session.execute(
        sa.select(Item.code, Lot.normalised, Lot.id)
        .join(Lot, Lot.item_id == Item.id)
        .where(
            Item.practice_id == practice_id,
            Item.code.in_(wanted),
            Lot.normalised.in_(wanted.values()),
        )
    )
    return {row.code: row.id for row in rows if wanted[row.code] == row.normalised}
