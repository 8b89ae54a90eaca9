"""Filling what is to be shipped from a depot: what is there of it, and what leaves first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from supply.accounts.models import Clinic, Supplier
from supply.db import db
from supply.depot import wording
from supply.depot.rules import Fill, Shelf, Wanted
from supply.inventory import drawing
from supply.items.models import Item, ItemProduct, Location
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES


class Store:
    """What of a supplier's depot may leave, by product."""

    def __init__(self, shelf: Shelf, items: dict[int, int]) -> None:
        """Keep the shelf, and the depot's item of each product."""
        self._shelf = shelf
        self._items = items

    def fill(self, line: OrderLine, today: dt.date) -> Fill:
        """Fill what is left to ship of ``line``; what it takes is gone for the next one.

        ``today`` is the day that the promised shelf life is counted from.
        """
        item_id = self._items.get(line.product_id)
        if item_id is None:
            return Fill((), line.to_ship)
        return self._shelf.fill(
            Wanted(
                item_id,
                line.to_ship,
                line.containers_per_pack,
                line.content_per_container,
                line.product.minimum_remaining_days,
                today,
            )
        )


def store_for(supplier: Supplier, lines: Sequence[OrderLine], now: dt.datetime) -> Store | None:
    """Return what of the depot of ``supplier`` may leave for ``lines``; None: it keeps none."""
    depot = supplier.depot if supplier.keeps_stock else None
    if depot is None:
        return None
    items = items_of(depot, {line.product_id for line in lines})
    sources = (
        drawing.drawable(depot.id, list(items.values()), at=now, timezone=depot.timezone)
        if items
        else []
    )
    return Store(Shelf(sources), items)


def fills_of(
    supplier: Supplier, order: PurchaseOrder, today: dt.date, now: dt.datetime
) -> dict[int, Fill] | None:
    """Return by line what fills all that is left to ship of ``order``.

    ``today`` is the clinic's day. None: the supplier keeps no stock here, or nothing is left.
    """
    left = [line for line in order.lines if line.to_ship] if order.stage in OPEN_STAGES else []
    store = store_for(supplier, left, now) if left else None
    return None if store is None else {line.id: store.fill(line, today) for line in left}


def told(fills: Mapping[int, Fill] | None) -> dict[int, str]:
    """Return by line where its lots are: "A-1: Store; B-2: Cold store"."""
    names = place_names((fills or {}).values())
    return {
        line_id: "; ".join(
            f"{pick.lot_number}: {wording.places(pick, names)}" for pick in fill.picks
        )
        for line_id, fill in (fills or {}).items()
        if fill.picks
    }


def items_of(depot: Clinic, product_ids: Collection[int]) -> dict[int, int]:
    """Return by product the depot's item of it; what never came in has none."""
    rows = db.session.execute(
        sa.select(ItemProduct.product_id, Item.id)
        .join(Item, Item.id == ItemProduct.item_id)
        .where(Item.practice_id == depot.practice_id, ItemProduct.product_id.in_(product_ids))
    )
    return {row.product_id: row.id for row in rows}


def place_names(fills: Collection[Fill]) -> dict[int, str]:
    """Return by id what the places are called that ``fills`` take from."""
    ids = {
        taken.source.location_id for fill in fills for pick in fill.picks for taken in pick.taken
    }
    if not ids:
        return {}
    rows = db.session.execute(sa.select(Location.id, Location.name).where(Location.id.in_(ids)))
    return {row.id: row.name for row in rows}
