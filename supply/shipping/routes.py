"""Where the pages of parcels and claims are registered, of either side and of rooms above."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("fulfilment", __name__)
