"""Words of treatments."""

from __future__ import annotations

import enum

SESSION_SOURCE = "treatment_session"
"""``Entry.source_type`` of what a session wrote to the ledger."""


class SessionStatus(enum.StrEnum):
    """Where a session stands."""

    PLANNED = "planned"
    RECORDED = "recorded"
    CANCELLED = "cancelled"
    UNDONE = "undone"
