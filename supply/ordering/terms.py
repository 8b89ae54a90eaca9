"""Words of ordering: stages and statuses."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """The decisions taken on an order; what moved shows in its line counters."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    PLACED = "placed"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DECLINED = "declined"


OPEN_STAGES = (Stage.PLACED, Stage.ACKNOWLEDGED)
"""Stages in which goods may still come."""


class OrderStatus(enum.StrEnum):
    """The status people see, derived from stage and line counters."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    PLACED = "placed"
    ACKNOWLEDGED = "acknowledged"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DECLINED = "declined"
