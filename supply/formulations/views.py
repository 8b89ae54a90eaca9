"""Pages of the formulations room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("formulations", __name__)
