"""Where the pages of scanning stand."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

blueprint = Blueprint("scanning", __name__)

Page = str | Response | tuple[str | Response, int]
