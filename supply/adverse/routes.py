"""Where the pages of adverse events hang."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

blueprint = Blueprint("adverse", __name__)

Page = str | Response | tuple[str, int]
