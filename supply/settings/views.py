"""Pages of the settings room."""

from __future__ import annotations

from supply.settings import (
    customer_views,
    people_views,
    practice_views,
    second_step_views,
    seller_views,
    supplier_views,
)
from supply.settings.routes import blueprint

__all__ = [
    "blueprint",
    "customer_views",
    "people_views",
    "practice_views",
    "second_step_views",
    "seller_views",
    "supplier_views",
]
