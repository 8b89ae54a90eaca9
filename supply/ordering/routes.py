"""Where the pages of the ordering room are registered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("ordering", __name__)
