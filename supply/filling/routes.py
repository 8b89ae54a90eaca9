"""Where the pages of the room are registered."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("filling", __name__)
