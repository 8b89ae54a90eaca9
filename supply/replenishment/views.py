"""Pages of the replenishment room: alerts, proposals, reorder points."""

from __future__ import annotations

from supply.replenishment import alert_views, policy_views, proposal_views
from supply.replenishment.routes import blueprint

__all__ = ["alert_views", "blueprint", "policy_views", "proposal_views"]
