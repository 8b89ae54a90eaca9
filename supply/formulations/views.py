"""Pages of the formulations room: the list, one formulation, its editor, two versions beside."""

from __future__ import annotations

from supply.formulations import editor_views, formulation_views
from supply.formulations.routes import blueprint

__all__ = ["blueprint", "editor_views", "formulation_views"]
