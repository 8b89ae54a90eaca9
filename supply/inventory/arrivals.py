"""Lots that come in from outside a clinic, told to the rooms above that have to know.

Received, counted in, imported, or put back by an undo: whatever way the ledger knows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

from supply.actor import Actor

ArrivalHandler = Callable[[Collection[int], Actor, dt.datetime], None]
_handlers: list[ArrivalHandler] = []


def on_arrival(handler: ArrivalHandler) -> ArrivalHandler:
    """Register what a room does when lots (by id) come in, within the ledger's transaction."""
    _handlers.append(handler)
    return handler


def tell_of_arrival(lot_ids: Collection[int], actor: Actor, now: dt.datetime) -> None:
    """Tell of lots that came in."""
    for handler in _handlers:
        handler(lot_ids, actor, now)
