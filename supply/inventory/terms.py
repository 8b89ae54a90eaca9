"""Words of the ledger: kinds of entry, hold and promise, and causes of waste."""

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
    SHIPMENT = "shipment"
    REVERSAL = "reversal"


class WasteCause(enum.StrEnum):
    """Why something went to waste, so that losses can be added up by cause.

    People choose one of :data:`CHOSEN_CAUSES`; the other two come of drawing.
    """

    EXPIRED = "expired"
    PAST_TIME = "past_time"
    DAMAGED = "damaged"
    CONTAMINATED = "contaminated"
    SPILLED = "spilled"
    BADLY_KEPT = "badly_kept"
    RECALLED = "recalled"
    OTHER = "other"
    SINGLE_DOSE_REMAINDER = "single_dose_remainder"
    DEAD_SPACE = "dead_space"


CHOSEN_CAUSES = (
    WasteCause.EXPIRED,
    WasteCause.PAST_TIME,
    WasteCause.DAMAGED,
    WasteCause.CONTAMINATED,
    WasteCause.SPILLED,
    WasteCause.BADLY_KEPT,
    WasteCause.RECALLED,
    WasteCause.OTHER,
)
"""Causes that a person may give, the most frequent first."""


class AllocationPurpose(enum.StrEnum):
    """What a promised quantity is promised to."""

    SESSION = "session"
    TRANSFER = "transfer"
    SHIPMENT = "shipment"
