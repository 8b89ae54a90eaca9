"""Pages of the replenishment room: proposals, reorder points."""

from __future__ import annotations

from supply.replenishment import policy_views, proposal_views, switch_views
from supply.replenishment.routes import blueprint

__all__ = ["blueprint", "policy_views", "proposal_views", "switch_views"]
