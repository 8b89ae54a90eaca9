"""Words of treatments."""

from __future__ import annotations

import enum

MOST_AREAS = 100
"""Areas treated in one session, at most."""

SESSION_SOURCE = "treatment_session"
"""``Entry.source_type`` of what a session wrote to the ledger."""


class SessionStatus(enum.StrEnum):
    """Where a session stands."""

    PLANNED = "planned"
    RECORDED = "recorded"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    UNDONE = "undone"
