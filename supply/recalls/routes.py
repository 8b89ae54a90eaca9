"""Where the pages of recalls hang."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

blueprint = Blueprint("recalls", __name__)

Page = str | Response | tuple[str, int]
