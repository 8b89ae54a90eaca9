"""The blueprint that the pages of replenishment share."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("replenishment", __name__)
