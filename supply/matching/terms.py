"""Words of matching: in what an invoice differs, and what follows."""

from __future__ import annotations

import enum


class DifferenceKind(enum.StrEnum):
    """In what an invoice differs from what was ordered or received."""

    NOT_RECEIVED = "not_received"
    MISSING = "missing"
    """Missing from the parcel, and claimed."""
    CLAIMED = "claimed"
    """Received, and a claim on it is open."""
    TO_REPLACE = "to_replace"
    """Claimed; the supplier sends it again, and it has not come."""
    PRICE = "price"
    NOT_ORDERED = "not_ordered"


class MatchStatus(enum.StrEnum):
    """What order, receipt and invoice say together."""

    MATCHED = "matched"
    DIFFERS = "differs"
    WAIVED = "waived"
    """It differs, and somebody said why it is paid nevertheless."""
