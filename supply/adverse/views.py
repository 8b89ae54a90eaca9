"""Pages of adverse events: a session's, the clinic's with lots in common, and one on paper."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import NotFoundHereError, clinics_to_keep_for
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.adverse import events, paper, wording
from supply.adverse.forms import EventForm, NoteForm
from supply.adverse.models import AdverseEvent
from supply.adverse.routes import Page, blueprint
from supply.adverse.terms import Severity
from supply.documents.answers import download
from supply.handling.everywhere import hold_everywhere
from supply.inventory.terms import HoldSource
from supply.refusals import InvalidInput
from supply.text import whole
from supply.treatments.models import TreatmentSession
from supply.treatments.panels import on_session_page
from supply.treatments.session_queries import session_of
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.saving import done_once, saved_once

__all__ = ["blueprint"]


@on_session_page
def session_panel(session: TreatmentSession) -> str:
    """Show the events of a given session on its page, and the way to write one down."""
    if session.occurred_at is None:
        return ""
    return render_template(
        "adverse/_session.html",
        session=session,
        clinic=session.clinic,
        found=events.events_of_session(session.id),
        words=wording,
    )


@blueprint.get("/c/<clinic_code>/events", endpoint="events")
@login_required
def events_page(clinic_code: str) -> Page:
    """List the clinic's adverse events, and the lots that several of them share."""
    clinic = access.clinic(clinic_code, Right.TRACE)
    start, count = whole(request.args.get("from", "")) or 0, events.how_many(clinic)
    following = start + events.PAGE
    return render_template(
        "adverse/events.html",
        clinic=clinic,
        found=events.events_of_clinic(clinic, start),
        count=count,
        following=following if following < count else None,
        shared=events.shared_lots(clinic.practice_id),
        words=wording,
        today=access.today(),
    )


@blueprint.route("/c/<clinic_code>/sessions/<int:session_id>/events", methods=["GET", "POST"])
@login_required
def report(clinic_code: str, session_id: int) -> Page:
    """Write down what was noticed after a session."""
    clinic = access.clinic(clinic_code, Right.TRACE)
    session = _session(clinic, session_id)
    form = EventForm()
    now = clock.now()
    if not form.is_submitted():
        form.noticed_at.data = now.astimezone(clock.zone(clinic.timezone)).replace(tzinfo=None)

    def work() -> dict[str, Any]:
        noticed = events.Noticed(
            text(form.kind),
            Severity(form.severity.data),
            _instant(form.noticed_at.data, clinic),
            text(form.note),
        )
        event = events.record_event(session, noticed, actor=access.actor(), now=now)
        return {"event": event.id}

    answer = saved_once(form, work, now)
    if answer is None:
        session = _session(clinic, session_id)
        page = render_template(
            "adverse/report.html", clinic=clinic, session=session, form=form, words=wording
        )
        return page, status_of(form)
    flash(_("Written down. What is learned later is added as a note."), "success")
    return redirect(url_for(".event", clinic_code=clinic.code, event_id=answer["event"]))


@blueprint.route("/c/<clinic_code>/events/<int:event_id>", methods=["GET", "POST"])
@login_required
def event(clinic_code: str, event_id: int) -> Page:
    """Show an event as it was written down, its lots, and what was learned later."""
    clinic = access.clinic(clinic_code, Right.TRACE)
    found = _event(clinic, event_id)
    form = NoteForm()
    now = clock.now()

    def work() -> dict[str, Any]:
        events.add_note(found, text(form.note), actor=access.actor(), now=now)
        return {"event": event_id}

    if saved_once(form, work, now) is not None:
        flash(_("The note is added."), "success")
        return redirect(url_for(".event", clinic_code=clinic.code, event_id=event_id))
    page = render_template(
        "adverse/event.html",
        clinic=clinic,
        event=_event(clinic, event_id),
        shared=events.shared_lots(clinic.practice_id, event_id),
        form=form,
        words=wording,
        today=access.today(),
    )
    return page, status_of(form)


@blueprint.get("/c/<clinic_code>/events/<int:event_id>/report.pdf", endpoint="paper")
@login_required
def event_file(clinic_code: str, event_id: int) -> Response:
    """Give an event on paper, for the maker."""
    clinic = access.clinic(clinic_code, Right.TRACE)
    content = paper.pdf(_event(clinic, event_id), clinic)
    return download(content, "application/pdf", f"event-{event_id}.pdf")


@blueprint.post("/c/<clinic_code>/events/lots/<int:lot_id>/hold")
@login_required
def hold(clinic_code: str, lot_id: int) -> Page:
    """Hold a lot that several events share, in every clinic whose stock the person keeps."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    shared = {lot.lot_id: lot for lot in events.shared_lots(clinic.practice_id)}
    if lot_id not in shared:
        raise NotFoundHereError(str(lot_id))
    kept = set(clinics_to_keep_for(access.person(), access.clinics()))
    clinics = [one for one in access.clinics() if one.id in kept]
    now = clock.now()

    def work() -> dict[str, Any]:
        count = shared[lot_id].events
        reason = ngettext(
            "%(num)s adverse event has this lot", "%(num)s adverse events have this lot", count
        )
        held = hold_everywhere(
            clinics,
            [lot_id],
            reason=reason,
            source=HoldSource.ADVERSE_EVENT,
            actor=access.actor(),
            now=now,
        )
        return {"holds": held}

    if done_once(work, now):
        flash(_("Lot %(lot)s is on hold in every clinic.", lot=shared[lot_id].number), "success")
    return redirect(url_for(".events", clinic_code=clinic.code))


def _session(clinic: Clinic, session_id: int) -> TreatmentSession:
    found = session_of(clinic, session_id)
    if found is None:
        raise NotFoundHereError(str(session_id))
    return found


def _event(clinic: Clinic, event_id: int) -> AdverseEvent:
    found = events.event_of(clinic, event_id)
    if found is None:
        raise NotFoundHereError(str(event_id))
    return found


def _instant(local: dt.datetime | None, clinic: Clinic) -> dt.datetime:
    if local is None:
        raise InvalidInput(("noticed_at", _("Say when it was noticed.")))
    return local.replace(tzinfo=clock.zone(clinic.timezone)).astimezone(dt.UTC)
