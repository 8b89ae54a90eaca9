"""Pages of accounts."""

from __future__ import annotations

from supply.settling import order_views, practice_views, supplier_views
from supply.settling.routes import blueprint

__all__ = ["blueprint", "order_views", "practice_views", "supplier_views"]
