"""Pages of the inventory room: stock, items, entries, places, and opening stock."""

from __future__ import annotations

from supply.inventory import action_views, file_views, setup_views, stock_views
from supply.inventory.routes import blueprint

__all__ = ["action_views", "blueprint", "file_views", "setup_views", "stock_views"]
