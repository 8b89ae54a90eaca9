"""Pages of the replenishment room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("replenishment", __name__)
