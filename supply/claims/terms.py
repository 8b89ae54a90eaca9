"""Words of claims: how they end, where they stand, what becomes of the goods."""

from __future__ import annotations

import enum


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
