"""Words of fulfilment: conditions and claims."""

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


class ClaimOutcome(enum.StrEnum):
    """How a claim ended. A clinic withdraws it; all else is the supplier's word."""

    CREDIT = "credit"
    REFUND = "refund"
    RESEND = "resend"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


SETTLEMENTS = (
    ClaimOutcome.CREDIT,
    ClaimOutcome.REFUND,
    ClaimOutcome.RESEND,
    ClaimOutcome.REFUSED,
)
"""What a supplier may answer."""


class ClaimStatus(enum.StrEnum):
    """Where a claim stands, as pages and programs see it."""

    OPEN = "open"
    SETTLED = "settled"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Goods(enum.StrEnum):
    """What became of claimed packs that were on hold."""

    RELEASED = "released"
    RETURNED = "returned"
    WASTED = "wasted"
