"""The blueprint that the pages of this room register with."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("inventory", __name__)
