"""Packs that go back to the supplier otherwise than by a claim: the room of returns says so."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping

from supply.ordering.models import PurchaseOrder

Telling = Callable[[PurchaseOrder, dt.datetime], Mapping[int, int]]
"""Returns packs by the id of an order's line."""
_tellings: list[Telling] = []


def tells_sent_back(telling: Telling) -> Telling:
    """Register who says how many received packs of an order are returned, or are to be."""
    _tellings.append(telling)
    return telling


def sent_back(order: PurchaseOrder, now: dt.datetime) -> Counter[int]:
    """Return by order line the received packs that are returned, or are to be; 0 for the others.

    They cannot be claimed, nor can it be undone that they came. The caller holds the order's lock.
    """
    packs: Counter[int] = Counter()
    for telling in _tellings:
        packs.update(telling(order, now))
    return packs
