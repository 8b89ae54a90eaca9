"""Pages of the fulfilment room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("fulfilment", __name__)
