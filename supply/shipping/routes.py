"""Where the pages of parcels and claims are registered, of either side, in this room and above."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("fulfilment", __name__)
