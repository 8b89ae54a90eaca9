"""The list of sessions, and one session's page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply.accounts.models import Clinic
from supply.inventory.wording import CAUSE_WORDS
from supply.inventory.worth import added
from supply.treatments import panels, session_queries
from supply.treatments.models import TreatmentSession
from supply.treatments.routes import Page, blueprint
from supply.treatments.session_queries import Filters, drawn_by_entry
from supply.treatments.terms import SessionStatus
from supply.treatments.wording import status_word
from supply.web import access


def may_undo(session: TreatmentSession) -> bool:
    """Return whether the signed-in person may undo it: who recorded it, or who keeps stock."""
    if session.status is not SessionStatus.RECORDED:
        return False
    return access.may_undo(session.recorded_by_id)


@blueprint.get("/c/<clinic_code>/sessions")
@login_required
def sessions(clinic_code: str) -> Page:
    """Show what was given, newest first."""
    clinic = access.clinic(clinic_code)
    filters = _filters()
    rows, following = session_queries.list_sessions(clinic, filters, request.args.get("after"))
    kept = _kept()
    return render_template(
        "treatments/sessions.html",
        clinic=clinic,
        rows=rows,
        filters=filters,
        formulations=session_queries.formulations_used(clinic),
        chips=_chips(clinic, filters, kept),
        filtered=bool(kept),
        first_url=url_for(".sessions", clinic_code=clinic.code, **kept)
        if request.args.get("after")
        else None,
        next_url=url_for(".sessions", clinic_code=clinic.code, **kept, after=following)
        if following
        else None,
        here=request.full_path.rstrip("?"),
        status_word=status_word,
        may_undo=may_undo,
        today=access.today(),
    )


@blueprint.get("/c/<clinic_code>/sessions/<int:session_id>")
@login_required
def session(clinic_code: str, session_id: int) -> Page:
    """Show one session: what was planned, given, drawn and wasted, by whom and when."""
    clinic = access.clinic(clinic_code)
    found = session_queries.session_of(clinic, session_id)
    if found is None:
        abort(404)
    entry = session_queries.entry_of(found) if found.recorded_at else None
    drawn = drawn_by_entry(entry.id, clinic.currency) if entry else []
    wasted = [row for row in drawn if row.wasted]
    said = {line.item_id for line in found.lines}
    left_out = [
        line
        for line in (found.version.lines if found.version and found.lines else [])
        if line.item_id not in said
    ]
    return render_template(
        "treatments/session.html",
        clinic=clinic,
        session=found,
        entry=entry,
        given=[row for row in drawn if not row.wasted],
        wasted=wasted,
        cause_words=CAUSE_WORDS,
        total=added([row.worth for row in drawn]),
        waste_cost=added([row.worth for row in wasted]),
        left_out=left_out,
        panels=panels.panels(found),
        status=status_word(found.status),
        may_undo=may_undo(found),
        today=access.today(),
    )


def _filters() -> Filters:
    status = request.args.get("status", "")
    return Filters(
        status=SessionStatus(status) if status in set(SessionStatus) else None,
        formulation_id=request.args.get("formulation", type=int),
        patient_reference=request.args.get("patient", "").strip(),
        first=request.args.get("from", type=dt.date.fromisoformat),
        last=request.args.get("to", type=dt.date.fromisoformat),
    )


def _kept() -> dict[str, Any]:
    names = ("status", "formulation", "patient", "from", "to")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _chips(clinic: Clinic, filters: Filters, kept: dict[str, Any]) -> list[dict[str, Any]]:
    others = {name: value for name, value in kept.items() if name != "status"}
    words = [
        (None, _("Given")),
        (SessionStatus.PLANNED, _("Booked")),
        (SessionStatus.CANCELLED, _("Cancelled")),
        (SessionStatus.UNDONE, _("Undone")),
    ]
    return [
        {
            "label": label,
            "url": url_for(".sessions", clinic_code=clinic.code, status=status, **others),
            "active": filters.status is status,
        }
        for status, label in words
    ]
