"""Pages of the outbox room."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("outbox", __name__)
