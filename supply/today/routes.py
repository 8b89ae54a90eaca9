"""The blueprint that the pages of this room register on."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("today", __name__)
