"""Words of payments: where a payment, a refund and a dispute stand."""

from __future__ import annotations

import enum


class PaymentStatus(enum.StrEnum):
    """Where a payment by card stands."""

    STARTING = "starting"
    """Its page is asked for; the answer has not come yet."""
    OPEN = "open"
    """Its page waits for somebody to pay."""
    PAID = "paid"
    EXPIRED = "expired"
    FAILED = "failed"
    """No page could be made for it."""
    HELD = "held"
    """Money came that does not agree with it."""


LIVE = (PaymentStatus.STARTING, PaymentStatus.OPEN)
"""Somebody may still pay; an order has one of these at most."""
TAKEN = (PaymentStatus.PAID, PaymentStatus.HELD)
"""Money came."""


class RefundStatus(enum.StrEnum):
    """Where a refund stands, in Stripe's words; asked for is ours."""

    ASKED = "asked"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


LOST = (RefundStatus.FAILED, RefundStatus.CANCELED)
"""The money did not go back."""


class RequestKind(enum.StrEnum):
    """What is asked of Stripe that changes something there."""

    SESSION = "session"
    EXPIRE = "expire"
    REFUND = "refund"
