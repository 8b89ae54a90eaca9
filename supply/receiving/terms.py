"""Words of what is wrong with what came, and what is wanted for it."""

from __future__ import annotations

import enum


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
