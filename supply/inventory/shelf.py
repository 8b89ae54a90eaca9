"""Telling the catalogue what a clinic has of its products: importing this registers it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cache

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.catalogue.shelf import OnHand, stock_teller, teller
from supply.db import Key, db, execute
from supply.inventory.availability import BALANCE, LOCATION, on_shelf
from supply.inventory.queries import levels
from supply.items.models import Item, ItemProduct
from supply.quantity import ZERO, Unit


@teller
def on_hand_of_products(
    clinic: Clinic, product_ids: Collection[int], now: dt.datetime
) -> dict[int, OnHand]:
    """Return by product what ``clinic`` has of the item it is stocked as, zero included."""
    asked = {"practice_id": clinic.practice_id, "product_ids": list(product_ids)}
    items = db.session.execute(_stocked_as(), asked).all()
    there = levels([clinic.id], [row.id for row in items], now=now) if items else {}
    found: dict[int, OnHand] = {}
    for row in items:
        level = there.get((clinic.id, row.id))
        found[row.product_id] = OnHand(
            on_hand=level.on_hand if level else ZERO,
            available=level.available if level else ZERO,
            unit=row.unit,
            item_id=row.id,
        )
    return found


@cache
def _stocked_as() -> sa.Select[int, int, Unit]:
    return (
        sa.select(ItemProduct.product_id, Item.id, Item.unit)
        .join(Item, Item.id == ItemProduct.item_id)
        .where(
            Item.practice_id == sa.bindparam("practice_id"),
            ItemProduct.product_id.in_(sa.bindparam("product_ids", expanding=True)),
        )
    )


@stock_teller
def products_in_stock(clinic: Clinic) -> list[int]:
    """Return the products stocked as an item of which something is on a shelf of ``clinic``."""
    return [row.product_id for row in execute(_in_stock(), {"clinic_id": clinic.id})]


@cache
def _in_stock() -> sa.Select[int]:
    there = (
        sa.select(BALANCE.c.item_id)
        .join(LOCATION, LOCATION.c.id == BALANCE.c.location_id)
        .where(BALANCE.c.clinic_id == sa.bindparam("clinic_id", type_=Key), on_shelf())
    )
    return sa.select(ItemProduct.product_id).where(ItemProduct.item_id.in_(there))
