"""The first page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask_login import login_required
from werkzeug.wrappers import Response

from supply.web.navigation import first_page, place_here

blueprint = Blueprint("web", __name__)


@blueprint.get("/")
@login_required
def home() -> str | Response:
    """Go to the clinic or supplier last looked at, else the first; say so if there is none."""
    place = place_here()
    return redirect(first_page(place)) if place else render_template("accounts/no_place.html")
