"""The first steps of a practice: on Today until done, and a page before there is a clinic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic, Practice
from supply.accounts.rules import Right
from supply.db import transaction
from supply.today.first_steps import Step, first_steps, set_hidden
from supply.today.routes import blueprint
from supply.web import access
from supply.web.toasts import flash_undo


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as the list shows it; no address where another has to come first."""

    step: Step
    url: str | None


@blueprint.get("/p/<practice_code>/start")
@login_required
def start(practice_code: str) -> str:
    """Show the first steps of a practice."""
    practice = access.practice(practice_code, Right.STOCK)
    clinic = next((one for one in access.clinics() if one.practice_id == practice.id), None)
    return render_template(
        "today/start.html",
        practice=practice,
        clinic=clinic,
        steps=shown(practice, clinic, first_steps(practice)),
    )


@blueprint.post("/p/<practice_code>/start")
@login_required
def hide_steps(practice_code: str) -> Response:
    """Put the list out of sight; with ``again`` bring it back."""
    practice = access.practice(practice_code, Right.STOCK)
    again = request.form.get("again") == "yes"
    with transaction():
        set_hidden(practice, hidden=not again, actor=access.actor(), now=clock.now())
    here = url_for(".hide_steps", practice_code=practice_code)
    if again:
        flash(_("The first steps are on Today again."), "success")
    else:
        flash_undo(_("The first steps are out of sight."), here, {"again": "yes"})
    return redirect(url_for("web.home"))


def steps_for_today(clinic: Clinic) -> list[Shown]:
    """Return what is left to show on Today of a clinic: nothing once all is done, or out of sight.

    For those who set things up; others have nothing to do with it.
    """
    practice = clinic.practice
    if practice.first_steps_hidden_at is not None or not access.can(Right.STOCK):
        return []
    steps = first_steps(practice)
    listed = shown(practice, clinic, steps)
    return listed if any(not one.step.done for one in listed) else []


def shown(practice: Practice, clinic: Clinic | None, steps: Sequence[Step]) -> list[Shown]:
    """Return the steps this person may take, with where each is taken."""
    return [Shown(step, _url(step, practice, clinic)) for step in steps if access.can(step.right)]


def _url(step: Step, practice: Practice, clinic: Clinic | None) -> str | None:
    if not step.at_clinic:
        return url_for(step.endpoint, practice_code=practice.code)
    return url_for(step.endpoint, clinic_code=clinic.code) if clinic else None
