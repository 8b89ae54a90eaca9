"""What others may do with parcels: ship them, receive them, receive goods without one.

Every service flushes and never commits, takes ``actor`` and ``now``, and leaves a row on the
order's timeline and one in the audit.
"""

from __future__ import annotations

from supply.fulfilment.goods import GoodsLine, receive_goods
from supply.fulfilment.receiving import ReceiveLine, receive_shipment
from supply.fulfilment.shipping import ShipLine, ship
from supply.fulfilment.undoing import undo_receipt

__all__ = [
    "GoodsLine",
    "ReceiveLine",
    "ShipLine",
    "receive_goods",
    "receive_shipment",
    "ship",
    "undo_receipt",
]
