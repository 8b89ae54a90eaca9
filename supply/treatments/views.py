"""Pages of the treatments room: Use, sessions, courses."""

from __future__ import annotations

from supply.treatments import course_views, patient_views, session_views, use_views
from supply.treatments.routes import blueprint

__all__ = ["blueprint", "course_views", "patient_views", "session_views", "use_views"]
