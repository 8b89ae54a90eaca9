"""Words of what is wrong with what came, and what is wanted for it."""

from __future__ import annotations

import enum


class Arrived(enum.StrEnum):
    """How goods without a shipment came: as they should, damaged, or warm though kept cold."""

    WELL = "well"
    DAMAGED = "damaged"
    WARM = "warm"


class ClaimKind(enum.StrEnum):
    """What is wrong with claimed packs."""

    DAMAGED = "damaged"
    MISSING = "missing"
    WRONG = "wrong"
    SHORT_DATED = "short_dated"


class ClaimWish(enum.StrEnum):
    """What the clinic asks for."""

    CREDIT = "credit"
    REFUND = "refund"
    RESEND = "resend"
