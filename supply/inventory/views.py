"""Pages of the inventory room: what is done to a lot, and opening stock."""

from __future__ import annotations

from supply.inventory import action_views, file_views
from supply.inventory.routes import blueprint

__all__ = ["action_views", "blueprint", "file_views"]
