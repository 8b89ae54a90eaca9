"""What a clinic has of a product, as told by the inventory room, which lies above this one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from supply.accounts.models import Clinic
from supply.quantity import Unit


@dataclass(frozen=True, slots=True)
class OnHand:
    """What is on the shelves of the item a product is stocked as, in that item's unit."""

    on_hand: Decimal
    available: Decimal
    unit: Unit
    item_id: int


Teller = Callable[[Clinic, Collection[int], dt.datetime], Mapping[int, OnHand]]

_tellers: list[Teller] = []

StockTeller = Callable[[Clinic], Collection[int]]

_stock_tellers: list[StockTeller] = []


def teller(function: Teller) -> Teller:
    """Register ``function`` to say what a clinic has; used once, by the inventory room."""
    _tellers.append(function)
    return function


def on_hand(clinic: Clinic, product_ids: Collection[int], now: dt.datetime) -> dict[int, OnHand]:
    """Return by product what ``clinic`` has; products it never stocked are absent."""
    found: dict[int, OnHand] = {}
    for told in _tellers:
        found.update(told(clinic, product_ids, now))
    return found


def stock_teller(function: StockTeller) -> StockTeller:
    """Register ``function`` to say which products a clinic has any of."""
    _stock_tellers.append(function)
    return function


def in_stock(clinic: Clinic) -> set[int]:
    """Return the ids of the products that ``clinic`` has any of on its shelves."""
    return {product_id for told in _stock_tellers for product_id in told(clinic)}
