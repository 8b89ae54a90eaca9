"""The first page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session
from flask_login import login_required
from werkzeug.wrappers import Response

from supply.web.navigation import PLACE, first_page, places_of_person

blueprint = Blueprint("web", __name__)


@blueprint.get("/")
@login_required
def home() -> str | Response:
    """Go to the clinic or supplier last looked at, else the first; say so if there is none."""
    places = places_of_person()
    if not places:
        return render_template("accounts/no_place.html")
    kept = session.get(PLACE)
    for place in places:
        if [type(place).__tablename__, place.id] == kept:
            return redirect(first_page(place))
    return redirect(first_page(places[0]))
