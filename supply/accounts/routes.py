"""The blueprint of the accounts pages, and where one goes on to from them."""

from __future__ import annotations

from flask import Blueprint, url_for
from werkzeug.wrappers import Response

from supply.web.paths import own_path

Page = str | Response | tuple[str, int]

blueprint = Blueprint("accounts", __name__)


def onward(wanted: str | None) -> str:
    """Return ``wanted`` if it is a path of ours, else the first page."""
    return own_path(wanted) or url_for("web.home")
