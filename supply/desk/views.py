"""Pages of the desk, joined under one blueprint."""

from __future__ import annotations

from supply.desk import answer_views, performance_views, picking_views, proposal_views, queue_views
from supply.desk.routes import blueprint

__all__ = [
    "answer_views",
    "blueprint",
    "performance_views",
    "picking_views",
    "proposal_views",
    "queue_views",
]
