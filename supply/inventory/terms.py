"""Words of the ledger: kinds of location, entry, hold and promise."""

from __future__ import annotations

import enum


class HoldSource(enum.StrEnum):
    """What put a lot on hold."""

    MANUAL = "manual"
    RECEIPT = "receipt"
    RECALL = "recall"
    COLD_CHAIN = "cold_chain"
    ADVERSE_EVENT = "adverse_event"


class LocationKind(enum.StrEnum):
    """A place in the clinic, stock on its way, or the outside."""

    SHELF = "shelf"
    TRANSIT = "transit"
    SUPPLIER = "supplier"
    PATIENT = "patient"
    WASTE = "waste"
    DIFFERENCE = "difference"


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
