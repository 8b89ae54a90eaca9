"""Pages of the ordering room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("ordering", __name__)
