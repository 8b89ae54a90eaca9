"""Pages of the settings room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("settings", __name__)
