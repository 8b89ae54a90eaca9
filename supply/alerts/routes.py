"""Where the pages about alerts stand."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("alerts", __name__)
