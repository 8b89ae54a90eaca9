"""The blueprint of the accounts pages."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

Page = str | Response | tuple[str, int]

blueprint = Blueprint("accounts", __name__)
