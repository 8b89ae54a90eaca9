"""Booking one session by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock, text
from supply.accounts.models import Clinic
from supply.accounts.opening import next_open
from supply.accounts.rules import Right
from supply.diary import by_hand, rules, steps
from supply.diary.by_hand import BookedAlreadyError
from supply.diary.forms import BookForm
from supply.diary.queries import who_gives
from supply.diary.routes import Page, blueprint
from supply.diary.week_views import back_to
from supply.refusals import InvalidInput, Refusal
from supply.treatments import queries
from supply.web import access
from supply.web.forms import show, status_of
from supply.web.forms import text as said
from supply.web.once import once
from supply.web.toasts import flash_undo


@blueprint.route("/c/<clinic_code>/diary/book", methods=["GET", "POST"])
@login_required
def book(clinic_code: str) -> Page:
    """Book one session by hand."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    form = _form(clinic)
    day = form.planned_on.data
    if not form.is_submitted() or not form.validate() or day is None:
        return _page(clinic, form)
    now = clock.now()
    try:
        answer = once(lambda: _booked(clinic, form, day, now), now)
    except Refusal as refusal:
        about = "patient_ref" if isinstance(refusal, BookedAlreadyError) else "planned_on"
        asks = isinstance(refusal, BookedAlreadyError | steps.ClosedDayError)
        show(form, InvalidInput((about, str(refusal))) if asks else refusal)
        return _page(clinic, form, refusal)
    _say_booked(clinic, answer["session"], said(form.patient_ref).strip(), day)
    return redirect(back_to(clinic, day, answer["session"]))


def _form(clinic: Clinic) -> BookForm:
    today = access.today()
    asked = rules.read_day(request.args.get("day", ""))
    form = BookForm(
        data={
            "planned_on": asked or next_open(clinic.opening_days, today),
            "patient_ref": request.args.get("patient", ""),
            "formulation": text.whole(request.args.get("formulation", "")) or 0,
            "areas": 1,
        }
    )
    tiles = queries.tiles(clinic, now=clock.now())
    form.formulation.choices = [("", _("Choose")), *((tile.id, tile.name) for tile in tiles)]
    return form


def _booked(clinic: Clinic, form: BookForm, day: dt.date, now: dt.datetime) -> dict[str, Any]:
    wanted = by_hand.Wanted(
        formulation_id=form.formulation.data,
        patient_reference=said(form.patient_ref),
        day=day,
        time=form.planned_at.data,
        practitioner=said(form.practitioner).strip(),
        areas=form.areas.data or 1,
    )
    session_id = by_hand.book_session(
        clinic,
        wanted,
        though_closed=form.though_closed.data,
        once_more=form.once_more.data,
        actor=access.actor(),
        now=now,
    )
    return {"session": session_id}


def _say_booked(clinic: Clinic, session_id: int, patient: str, day: dt.date) -> None:
    message = _(
        "Booked %(patient)s for %(day)s.", patient=patient, day=format_date(day, "EEEE d MMM")
    )
    flash_undo(message, url_for(".cancel", clinic_code=clinic.code, session_id=session_id))


def _page(clinic: Clinic, form: BookForm, refusal: Refusal | None = None) -> Page:
    page = render_template(
        "diary/book.html",
        clinic=clinic,
        form=form,
        people=who_gives(clinic),
        closed=isinstance(refusal, steps.ClosedDayError) or form.though_closed.data,
        twin=refusal if isinstance(refusal, BookedAlreadyError) else None,
    )
    return page, status_of(form)
