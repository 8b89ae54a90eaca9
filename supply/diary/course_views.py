"""Planning a course, and its page."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.opening import is_open
from supply.accounts.rules import Right
from supply.catalogue import wording
from supply.diary import courses, steps
from supply.diary.forms import CourseForm, MoveForm
from supply.diary.queries import who_gives
from supply.diary.routes import Page, blueprint
from supply.refusals import InvalidInput, Refusal
from supply.treatments import allergies
from supply.treatments.models import Course, Protocol
from supply.treatments.terms import SessionStatus
from supply.treatments.wording import status_word
from supply.web import access
from supply.web.forms import show
from supply.web.once import once
from supply.web.saving import done_once


@blueprint.route("/c/<clinic_code>/courses/new", methods=["GET", "POST"])
@login_required
def new_course(clinic_code: str) -> Page:
    """Plan a protocol for a patient reference."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    protocols = courses.protocols_of(clinic.practice_id)
    form = _course_form(clinic, protocols)
    if not form.is_submitted():
        return _new_page(clinic, form, protocols, 200)
    day = form.starts_on.data
    if not form.validate() or day is None:
        return _new_page(clinic, form, protocols, 400)
    now = clock.now()
    chosen: int = form.protocol.data
    try:
        answer = once(lambda: _planned(clinic, form, chosen, day, now), now)
    except Refusal as refusal:
        show(form, refusal)
        return _new_page(clinic, form, courses.protocols_of(clinic.practice_id), 400)
    flash(_planned_words(answer), "success")
    return redirect(url_for(".course", clinic_code=clinic.code, course_id=answer["course"]))


def _course_form(clinic: Clinic, protocols: list[Protocol]) -> CourseForm:
    form = CourseForm(data={"form_key": uuid.uuid4().hex, "starts_on": access.today()})
    form.protocol.choices = [(protocol.id, _with_days(protocol)) for protocol in protocols]
    form.allergens.choices = [
        (code, wording.allergen(code)) for code in allergies.allergens_to_choose(clinic.practice_id)
    ]
    return form


def _with_days(protocol: Protocol) -> str:
    """Return a protocol's name with its days: "Skin course: days 0, 21, 42"."""
    days = ", ".join(str(row.day) for row in protocol.days)
    return str(
        ngettext(
            "%(name)s: day %(days)s",
            "%(name)s: days %(days)s",
            len(protocol.days),
            name=protocol.name,
            days=days,
        )
    )


def _planned(
    clinic: Clinic, form: CourseForm, chosen: int, day: dt.date, now: dt.datetime
) -> dict[str, Any]:
    protocol = next((p for p in courses.protocols_of(clinic.practice_id) if p.id == chosen), None)
    if protocol is None:
        raise InvalidInput(("protocol", _("This practice has no such protocol.")))
    course = courses.plan_course(
        clinic,
        protocol,
        form.patient_ref.data or "",
        day,
        form.allergens.data or (),
        time=form.planned_at.data,
        practitioner=(form.practitioner.data or "").strip(),
        actor=access.actor(),
        now=now,
    )
    moved = len(courses.shifted(course, clinic))
    return {"course": course.id, "sessions": len(protocol.days), "shifted": moved}


def _planned_words(answer: dict[str, Any]) -> str:
    said = ngettext("Planned %(num)s session.", "Planned %(num)s sessions.", answer["sessions"])
    if not answer.get("shifted"):
        return str(said)
    closed = ngettext(
        "%(num)s fell on a day the clinic is closed, and is on the next open day.",
        "%(num)s fell on days the clinic is closed, and are on the next open day.",
        answer["shifted"],
    )
    return f"{said} {closed}"


def _new_page(clinic: Clinic, form: CourseForm, protocols: list[Protocol], status: int) -> Page:
    page = render_template(
        "diary/new_course.html",
        clinic=clinic,
        form=form,
        protocols=protocols,
        people=who_gives(clinic),
    )
    return page, status


@blueprint.get("/c/<clinic_code>/courses/<int:course_id>")
@login_required
def course(clinic_code: str, course_id: int) -> Page:
    """Show a course with its sessions."""
    clinic = access.clinic(clinic_code)
    found = courses.course_of(clinic, course_id)
    if found is None:
        abort(404)
    return _course_page(clinic, found, MoveForm(data={"form_key": uuid.uuid4().hex}), None, 200)


def _course_page(
    clinic: Clinic, found: Course, form: MoveForm, moving: int | None, status: int
) -> Page:
    sessions = courses.sessions_of(found)
    done = sum(session.status is SessionStatus.RECORDED for session in sessions)
    page = render_template(
        "diary/course.html",
        clinic=clinic,
        course=found,
        sessions=sessions,
        done=done,
        following=next((s for s in sessions if s.status is SessionStatus.PLANNED), None),
        form=form,
        moving=moving,
        status_word=status_word,
        today=access.today(),
        known=allergies.known_of(clinic.practice_id, found.patient_reference),
        shifted=courses.shifted(found, clinic),
        open_on=lambda day: is_open(clinic.opening_days, day),
    )
    return page, status


@blueprint.post("/c/<clinic_code>/courses/<int:course_id>/sessions/<int:session_id>/move")
@login_required
def move_session(clinic_code: str, course_id: int, session_id: int) -> Page:
    """Book a session of a course for another day."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    found = _course_with(clinic, course_id, session_id)
    form = MoveForm()
    day = form.planned_on.data
    if not form.validate() or day is None:
        return _course_page(clinic, found, form, session_id, 400)
    now = clock.now()

    def work() -> dict[str, Any]:
        moved = steps.move_session(
            clinic,
            session_id,
            day,
            with_later=form.with_later.data,
            though_closed=form.though_closed.data,
            actor=access.actor(),
            now=now,
        )
        return {"moved": len(moved)}

    try:
        answer = once(work, now)
    except Refusal as refusal:
        of_day = isinstance(refusal, steps.DayRefused)
        show(form, InvalidInput(("planned_on", str(refusal))) if of_day else refusal)
        again = _course_with(clinic, course_id, session_id)
        return _course_page(clinic, again, form, session_id, 400)
    said = ngettext("Moved %(num)s session.", "Moved %(num)s sessions.", answer["moved"])
    flash(said, "success")
    return redirect(url_for(".course", clinic_code=clinic.code, course_id=course_id))


@blueprint.post("/c/<clinic_code>/courses/<int:course_id>/sessions/<int:session_id>/cancel")
@login_required
def cancel_session(clinic_code: str, course_id: int, session_id: int) -> Page:
    """Cancel a booked session of a course."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    _course_with(clinic, course_id, session_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        steps.cancel_session(clinic, session_id, actor=access.actor(), now=now)
        return {"session": session_id}

    if done_once(work, now):
        flash(_("Cancelled. The other sessions stay as they are."), "success")
    return redirect(url_for(".course", clinic_code=clinic.code, course_id=course_id))


def _course_with(clinic: Clinic, course_id: int, session_id: int) -> Course:
    found = courses.course_of(clinic, course_id)
    if found is None or all(s.id != session_id for s in courses.sessions_of(found)):
        abort(404)
    return found
