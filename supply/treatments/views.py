"""Pages of the treatments room: Use, sessions, patients."""

from __future__ import annotations

from supply.treatments import patient_views, session_views, use_views
from supply.treatments.routes import blueprint

__all__ = ["blueprint", "patient_views", "session_views", "use_views"]
