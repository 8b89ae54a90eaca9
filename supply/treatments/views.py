"""Pages of the treatments room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("treatments", __name__)
