"""Steps with a booked session, from the diary: moved, cancelled, not come to, booked again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.opening import is_open, next_open
from supply.accounts.rules import Right
from supply.diary import rules, steps
from supply.diary.forms import RescheduleForm
from supply.diary.queries import later_in_course, session_at
from supply.diary.routes import Page, blueprint
from supply.diary.week_views import back_to
from supply.refusals import InvalidInput, Refusal
from supply.treatments.models import TreatmentSession
from supply.treatments.terms import SessionStatus
from supply.web import access
from supply.web.forms import show, status_of
from supply.web.once import once
from supply.web.saving import done_once
from supply.web.toasts import flash_undo

_KEPT = ("shown", "given_by")
"""What a form says of where it was sent from."""


@blueprint.route("/c/<clinic_code>/diary/sessions/<int:session_id>/move", methods=["GET", "POST"])
@login_required
def reschedule(clinic_code: str, session_id: int) -> Page:
    """Book a session for another day or time, its course's later ones as far if so wished."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    session = _session(clinic, session_id)
    form = _form(session)
    if not form.is_submitted():
        if session.status is not SessionStatus.PLANNED:
            abort(404)
        return _move_page(clinic, session, form)
    day = form.planned_on.data
    if not form.validate() or day is None:
        return _move_page(clinic, session, form)
    now = clock.now()
    try:
        answer = once(lambda: _moved(clinic, session_id, form, day, now), now)
    except Refusal as refusal:
        of_day = isinstance(refusal, steps.DayRefused)
        show(form, InvalidInput(("planned_on", str(refusal))) if of_day else refusal)
        return _move_page(clinic, _session(clinic, session_id), form)
    _say_moved(clinic, session_id, day, answer)
    return redirect(back_to(clinic, day, session_id))


def _session(clinic: Clinic, session_id: int) -> TreatmentSession:
    return session_at(clinic, session_id) or abort(404)


def _form(session: TreatmentSession) -> RescheduleForm:
    form = RescheduleForm(
        planned_on=rules.read_day(request.args.get("day", "")) or session.planned_on,
        planned_at=session.planned_at,
        **{name: request.args.get(name, "") for name in _KEPT},
    )
    # Dragged to another day: its time is not asked for, and stays.
    if form.is_submitted() and "planned_at" not in request.form:
        form.planned_at.data = session.planned_at
    return form


def _moved(
    clinic: Clinic, session_id: int, form: RescheduleForm, day: dt.date, now: dt.datetime
) -> dict[str, Any]:
    moved = steps.move_session(
        clinic,
        session_id,
        day,
        planned_at=form.planned_at.data,
        with_later=form.with_later.data,
        though_closed=form.though_closed.data,
        actor=access.actor(),
        now=now,
    )
    return {"moved": len(moved), "moves": rules.written_moves(moved)}


def _say_moved(clinic: Clinic, session_id: int, day: dt.date, answer: dict[str, Any]) -> None:
    if not answer["moved"]:
        flash(_("It is booked for then already."), "success")
        return
    to, more = format_date(day, "EEEE d MMM"), answer["moved"] - 1
    said = _("Moved to %(day)s.", day=to)
    if more:
        said = ngettext(
            "Moved to %(day)s, and %(num)s later session of the course with it.",
            "Moved to %(day)s, and %(num)s later sessions of the course with it.",
            more,
            day=to,
        )
    undo = url_for(".move_back", clinic_code=clinic.code, session_id=session_id)
    flash_undo(str(said), undo, {"moves": answer["moves"], **_kept()})


def _kept() -> dict[str, str]:
    return {name: said for name in _KEPT if (said := request.form.get(name))}


def _move_page(clinic: Clinic, session: TreatmentSession, form: RescheduleForm) -> Page:
    wanted = form.planned_on.data
    closed = wanted is not None and not is_open(clinic.opening_days, wanted)
    page = render_template(
        "diary/move.html",
        clinic=clinic,
        session=session,
        form=form,
        later=later_in_course(session),
        closed=closed and (form.is_submitted() or "day" in request.args),
        next_open=next_open(clinic.opening_days, wanted) if closed and wanted else None,
        today=access.today(),
        back=back_to(clinic, session.planned_on or access.today(), session.id),
    )
    return page, status_of(form)


@blueprint.post("/c/<clinic_code>/diary/sessions/<int:session_id>/move-back")
@login_required
def move_back(clinic_code: str, session_id: int) -> Page:
    """Undo a move, of the course's later sessions too."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    session = _session(clinic, session_id)
    moves = rules.read_moves(request.form.get("moves", ""))
    if not moves or moves[0].session_id != session_id:
        abort(400)
    now = clock.now()

    def work() -> dict[str, Any]:
        return {"moved": len(steps.move_back(clinic, moves, actor=access.actor(), now=now))}

    day = session.planned_on or access.today()
    if done_once(work, now):
        day = moves[0].was.day
        flash(_("Moved back to %(day)s.", day=format_date(day, "EEEE d MMM")), "success")
    return redirect(back_to(clinic, day, session_id))


@blueprint.post("/c/<clinic_code>/diary/sessions/<int:session_id>/cancel")
@login_required
def cancel(clinic_code: str, session_id: int) -> Page:
    """Cancel a booked session."""
    return _end(clinic_code, session_id, steps.cancel_session, _("Cancelled: %(what)s."))


@blueprint.post("/c/<clinic_code>/diary/sessions/<int:session_id>/no-show")
@login_required
def no_show(clinic_code: str, session_id: int) -> Page:
    """Say that the patient did not come to a booked session."""
    return _end(clinic_code, session_id, steps.mark_no_show, _("Did not come: %(what)s."))


def _end(clinic_code: str, session_id: int, step: Callable[..., dt.date], said: str) -> Page:
    """Take a step that ends a session, once; say so with the way to take it back."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    session = _session(clinic, session_id)
    day, what = session.planned_on or access.today(), _what(session)
    now = clock.now()

    def work() -> dict[str, Any]:
        step(clinic, session_id, actor=access.actor(), now=now)
        return {"session": session_id}

    if done_once(work, now):
        undo = url_for(".again", clinic_code=clinic.code, session_id=session_id)
        flash_undo(said % {"what": what}, undo, _kept())
    return redirect(back_to(clinic, day, session_id))


def _what(session: TreatmentSession) -> str:
    day = format_date(session.planned_on, "EEE d MMM") if session.planned_on else ""
    return f"{session.patient_reference}, {day}"


@blueprint.post("/c/<clinic_code>/diary/sessions/<int:session_id>/again")
@login_required
def again(clinic_code: str, session_id: int) -> Page:
    """Book a session again that was cancelled or not come to."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    session = _session(clinic, session_id)
    day, what = session.planned_on or access.today(), _what(session)
    now = clock.now()

    def work() -> dict[str, Any]:
        steps.book_again(clinic, session_id, actor=access.actor(), now=now)
        return {"session": session_id}

    if done_once(work, now):
        flash(_("Booked again: %(what)s.", what=what), "success")
    return redirect(back_to(clinic, day, session_id))
