"""Pages of recalls, of both sides."""

from __future__ import annotations

from supply.recalls import clinic_views, supplier_views
from supply.recalls.routes import blueprint

__all__ = ["blueprint", "clinic_views", "supplier_views"]
