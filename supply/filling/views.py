"""The pages of the room: filling the basket, and templates."""

from __future__ import annotations

from supply.filling import fill_views, paste_views, template_views
from supply.filling.routes import blueprint

__all__ = ["blueprint", "fill_views", "paste_views", "template_views"]
