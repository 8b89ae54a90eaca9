"""The pages of the ordering room: the basket, orders, approvals."""

from __future__ import annotations

from supply.ordering import (
    approval_views,
    basket_views,
    decision_views,
    order_views,
    replacing_views,
)
from supply.ordering.routes import blueprint

__all__ = [
    "approval_views",
    "basket_views",
    "blueprint",
    "decision_views",
    "order_views",
    "replacing_views",
]
