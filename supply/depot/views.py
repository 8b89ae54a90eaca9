"""The depot's pages, joined under one blueprint."""

from __future__ import annotations

from supply.depot import lot_views, overview_views, place_views, take_views
from supply.depot.routes import blueprint

__all__ = ["blueprint", "lot_views", "overview_views", "place_views", "take_views"]
