"""Pages of the diary: its weeks and days, courses, and steps with what is booked."""

from __future__ import annotations

from supply.diary import book_views, course_views, file_views, step_views, week_views
from supply.diary.routes import blueprint

__all__ = ["blueprint", "book_views", "course_views", "file_views", "step_views", "week_views"]
