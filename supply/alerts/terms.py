"""Words of alerts: what they are about, and where they stand."""

from __future__ import annotations

import enum


class AlertKind(enum.StrEnum):
    """What an alert is about. What each means is registered, see :mod:`supply.alerts.kinds`."""

    ORDER_NOW = "order_now"
    OUT_OF_STOCK = "out_of_stock"
    SESSION_SHORT = "session_short"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    OPEN_PAST_TIME = "open_past_time"
    COUNT_VARIANCE = "count_variance"
    DELIVERY_OVERDUE = "delivery_overdue"
    COLD_CHAIN = "cold_chain"
    RECALL = "recall"


class AlertStatus(enum.StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class TroubledJob(enum.StrEnum):
    """What may fail for one clinic while it works for the others."""

    SWEEP = "sweep"
    DIGEST = "digest"
