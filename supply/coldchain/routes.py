"""The blueprint that the pages of this room register on."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

Page = str | Response | tuple[str, int]

blueprint = Blueprint("coldchain", __name__)
