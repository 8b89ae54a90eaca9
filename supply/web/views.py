"""The first page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from supply.accounts.rules import RIGHTS, Right
from supply.web.navigation import first_page, place_here

blueprint = Blueprint("web", __name__)


@blueprint.get("/")
@login_required
def home() -> str | Response:
    """Go to the clinic or supplier last looked at, else the first; say so if there is none."""
    place = place_here()
    return redirect(first_page(place)) if place else _without_a_place()


def _without_a_place() -> str | Response:
    """Lead to the first steps of a practice that has no clinic yet; else say what is missing."""
    practices = [m for m in current_user.memberships if m.practice is not None]
    for membership in practices:
        if Right.STOCK in RIGHTS[membership.role]:
            return redirect(url_for("today.start", practice_code=membership.practice.code))
    return render_template("accounts/no_place.html", member=bool(practices))
