"""Supplies for a day: each booked session with its lots, or what it is short of and what helps."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.diary import rules
from supply.diary.readiness import Booked
from supply.inventory import wording
from supply.replenishment.helping import Help, HelpKind
from supply.replenishment.wording import helping
from supply.today.ready import ready_day
from supply.today.routes import blueprint
from supply.web import access


@blueprint.get("/c/<clinic_code>/ready")
@login_required
def ready(clinic_code: str) -> str:
    """Show the sessions booked for a day with what they take; the next that has some by default."""
    clinic = access.clinic(clinic_code)
    asked = request.args.get("day")
    day = rules.read_day(asked) if asked else None
    if asked and day is None:
        abort(404)
    page = ready_day(clinic, day, now=clock.now())
    return render_template(
        "today/ready.html",
        clinic=clinic,
        page=page,
        today=access.today(),
        title=format_date(page.day, "EEEE d MMM y"),
        words=wording,
        helping=helping,
        step=lambda way, session, item_id: _step(clinic, way, session, item_id),
    )


def _step(clinic: Clinic, way: Help, session: Booked, item_id: int) -> dict[str, str] | None:
    """Return the one action that goes with what helps: its words and its address."""
    here: dict[str, Any] = {"clinic_code": clinic.code}
    item = {"label": _("See the item"), "url": url_for("stock.item", item_id=item_id, **here)}
    if way.kind is HelpKind.ARRIVES:
        return {"label": _("See orders"), "url": url_for("ordering.orders", **here)}
    if way.kind is HelpKind.TRANSFER:
        return _at_sister(way, item_id) or item
    if not access.can(Right.RECORD):
        return item
    if way.kind is HelpKind.MOVE:
        at = dict(here, session_id=session.session_id, day=way.facts["move_to"])
        return {"label": _("Move"), "url": url_for("diary.reschedule", **at)}
    if way.kind is HelpKind.SUBSTITUTE:
        given = dict(here, formulation_id=session.formulation_id, planned=session.session_id)
        return {"label": _("See the session"), "url": url_for("treatments.record", **given)}
    return item


def _at_sister(way: Help, item_id: int) -> dict[str, str] | None:
    """Return where the item is seen at a sister clinic, if the person may look there."""
    code = way.facts["clinic_code"]
    if all(clinic.code != code for clinic in access.clinics()):
        return None
    url = url_for("stock.item", clinic_code=code, item_id=item_id, _anchor="lots")
    return {"label": _("See it at %(clinic)s", clinic=way.facts["clinic"]), "url": url}
