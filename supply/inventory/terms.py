"""Words of the ledger: kinds of entry, hold and promise."""

from __future__ import annotations

import enum

from supply.items.terms import LocationKind


class HoldSource(enum.StrEnum):
    """What put a lot on hold."""

    MANUAL = "manual"
    RECEIPT = "receipt"
    RECALL = "recall"
    COLD_CHAIN = "cold_chain"
    ADVERSE_EVENT = "adverse_event"


BALANCED_KINDS = (LocationKind.SHELF, LocationKind.TRANSIT)
"""Kinds that carry balances; the outside carries none, so no row is hot."""


class EntryKind(enum.StrEnum):
    """What happened."""

    OPENING_BALANCE = "opening_balance"
    RECEIPT = "receipt"
    SESSION = "session"
    OPENING = "opening"
    WASTE = "waste"
    DISCARD = "discard"
    CORRECTION = "correction"
    COUNT = "count"
    TRANSFER = "transfer"
    OVERFILL = "overfill"
    REVERSAL = "reversal"


class AllocationPurpose(enum.StrEnum):
    """What a promised quantity is promised to."""

    SESSION = "session"
    TRANSFER = "transfer"
    SHIPMENT = "shipment"
