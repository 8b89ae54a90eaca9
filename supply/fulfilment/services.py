"""What others may do with parcels: ship them, receive them, receive goods without one, claim.

Every service flushes and never commits, takes ``actor`` and ``now``, and leaves a row on the
order's timeline and one in the audit.
"""

from __future__ import annotations

from supply.fulfilment.claim_thread import comment_on_claim
from supply.fulfilment.claims import (
    NewClaim,
    part_with_goods,
    raise_claim,
    settle_claim,
    withdraw_claim,
)
from supply.fulfilment.goods import GoodsLine, receive_goods
from supply.fulfilment.receiving import ReceiveLine, receive_shipment
from supply.fulfilment.ship_lines import ShipLine
from supply.fulfilment.shipping import Parcel, ship, take_back, track
from supply.fulfilment.undoing import undo_receipt

__all__ = [
    "GoodsLine",
    "NewClaim",
    "Parcel",
    "ReceiveLine",
    "ShipLine",
    "comment_on_claim",
    "part_with_goods",
    "raise_claim",
    "receive_goods",
    "receive_shipment",
    "settle_claim",
    "ship",
    "take_back",
    "track",
    "undo_receipt",
    "withdraw_claim",
]
