"""Pages of accounts."""

from __future__ import annotations

from supply.matching.routes import blueprint
from supply.settling import practice_views, supplier_views

__all__ = ["blueprint", "practice_views", "supplier_views"]
