"""Pages of the diary: courses."""

from __future__ import annotations

from supply.diary import course_views
from supply.diary.routes import blueprint

__all__ = ["blueprint", "course_views"]
