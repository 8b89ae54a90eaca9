"""Pages of the inventory room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("inventory", __name__)
