"""A clinic's own calendar: setting it up, and deciding on what its rules leave open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.calendars import feeds, queries, wording
from supply.calendars.forms import CalendarForm, DecideForm
from supply.calendars.models import CalendarFeed
from supply.calendars.reading import Rule
from supply.calendars.routes import Page, blueprint
from supply.calendars.terms import ReferenceMark
from supply.refusals import InvalidInput
from supply.text import clean, whole
from supply.treatments.queries import tiles
from supply.web import access
from supply.web.forms import status_of
from supply.web.forms import text as said
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

__all__ = ["blueprint"]

EMPTY_ROWS = 3
"""Rows for more rules that the page begins with."""


@blueprint.route("/c/<clinic_code>/diary/calendar", methods=["GET", "POST"])
@login_required
def calendar(clinic_code: str) -> Page:
    """Show how the clinic's calendar is followed; set it up."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    feed = queries.feed_of(clinic)
    form = CalendarForm(data={"mark": feed.mark.value} if feed else None)
    form.mark.choices = [(mark.value, wording.MARKS[mark]) for mark in ReferenceMark]
    rows = _typed() if form.is_submitted() else _kept(feed)
    now = clock.now()

    def work() -> dict[str, Any]:
        rules = _rules(rows)
        mark = ReferenceMark(form.mark.data)
        feeds.set_up(clinic, said(form.address), mark, rules, actor=access.actor(), now=now)
        return {"rules": len(rules)}

    if saved_once(form, work, now):
        flash(_("Saved. The calendar is read within a minute."), "success")
        return redirect(url_for(".calendar", clinic_code=clinic.code))
    return _page(clinic, feed, form, rows), status_of(form)


def _page(
    clinic: Clinic, feed: CalendarFeed | None, form: CalendarForm, rows: Sequence[tuple[str, str]]
) -> str:
    now = clock.now()
    return render_template(
        "calendars/calendar.html",
        clinic=clinic,
        feed=feed,
        host=feeds.host_of(feed) if feed else "",
        form=form,
        rows=[*rows, *[("", "")] * EMPTY_ROWS],
        longest=feeds.LONGEST_WORDS,
        formulations=[
            ("", _("Choose")),
            *((tile.id, tile.name) for tile in tiles(clinic, now=now)),
        ],
        counts=queries.counted(clinic, access.today()) if feed else {},
        troubles=wording.TROUBLES,
    )


def _kept(feed: CalendarFeed | None) -> list[tuple[str, str]]:
    return [(rule.words, str(rule.formulation_id)) for rule in feed.rules] if feed else []


def _typed() -> list[tuple[str, str]]:
    """Return the rules as they were typed: words, and the formulation chosen for them."""
    pairs = zip(request.form.getlist("words"), request.form.getlist("formulation"), strict=False)
    return [(clean(words), chosen) for words, chosen in pairs if clean(words) or chosen]


def _rules(rows: Sequence[tuple[str, str]]) -> list[Rule]:
    """Return the rules typed, or refuse those of which half is missing."""
    wrong = []
    for place, (words, chosen) in enumerate(rows, start=1):
        if not words or not chosen:
            message = _("Rule %(number)s: enter words, and choose what is given.", number=place)
            wrong.append(("", message))
        elif len(words) > feeds.LONGEST_WORDS:
            message = _("Use at most %(num)s characters.", num=feeds.LONGEST_WORDS)
            wrong.append(("", message))
    if wrong:
        raise InvalidInput(*wrong)
    return [Rule(words, whole(chosen) or 0) for words, chosen in rows]


@blueprint.post("/c/<clinic_code>/diary/calendar/read")
@login_required
def read_soon(clinic_code: str) -> Page:
    """Have the calendar read within the minute."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now = clock.now()

    def work() -> dict[str, Any]:
        feeds.read_soon(clinic, actor=access.actor(), now=now)
        return {"asked": True}

    if done_once(work, now):
        flash(_("The calendar is read within a minute."), "success")
    return redirect(url_for(".calendar", clinic_code=clinic.code))


@blueprint.post("/c/<clinic_code>/diary/calendar/stop")
@login_required
def give_up(clinic_code: str) -> Page:
    """Follow the calendar no more."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now = clock.now()

    def work() -> dict[str, Any]:
        feeds.give_up(clinic, actor=access.actor(), now=now)
        return {"stopped": True}

    if done_once(work, now):
        flash(_("The calendar is followed no more. What is booked stays."), "success")
    return redirect(url_for(".calendar", clinic_code=clinic.code))


@blueprint.get("/c/<clinic_code>/diary/waiting")
@login_required
def queue(clinic_code: str) -> Page:
    """Show what the calendar has booked and no rule says enough of."""
    return _queue_page(access.clinic(clinic_code), None, None), 200


def _queue_page(clinic: Clinic, form: DecideForm | None, event_id: int | None) -> str:
    return render_template(
        "calendars/queue.html",
        clinic=clinic,
        queue=queries.waiting_events(clinic, access.today()),
        form=form or _decide_form(clinic),
        deciding=event_id,
        today=access.today(),
        may_decide=access.can(Right.RECORD),
    )


def _decide_form(clinic: Clinic) -> DecideForm:
    form = DecideForm()
    found = tiles(clinic, now=clock.now())
    form.formulation.choices = [("", _("Choose")), *((tile.id, tile.name) for tile in found)]
    return form


@blueprint.post("/c/<clinic_code>/diary/waiting/<int:event_id>")
@login_required
def decide(clinic_code: str, event_id: int) -> Page:
    """Say what is given, and to whom."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    form = _decide_form(clinic)
    now = clock.now()

    def work() -> dict[str, Any]:
        day = feeds.decide(
            clinic,
            event_id,
            form.formulation.data,
            said(form.patient_ref),
            actor=access.actor(),
            now=now,
        )
        return {"day": day.isoformat()}

    answer = saved_once(form, work, now)
    if answer is None:
        return _queue_page(clinic, form, event_id), 400
    day = format_date(dt.date.fromisoformat(answer["day"]), "EEEE d MMM")
    flash(_("Booked for %(day)s.", day=day), "success")
    return redirect(url_for(".queue", clinic_code=clinic.code))


@blueprint.post("/c/<clinic_code>/diary/waiting/<int:event_id>/ignore")
@login_required
def ignore(clinic_code: str, event_id: int) -> Page:
    """Say that an event is no session of patients."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    now = clock.now()

    def work() -> dict[str, Any]:
        feeds.ignore(clinic, event_id, actor=access.actor(), now=now)
        return {"event": event_id}

    if done_once(work, now):
        undo = url_for(".ask_again", clinic_code=clinic.code, event_id=event_id)
        flash_undo(_("Ignored: it is no session."), undo)
    return redirect(url_for(".queue", clinic_code=clinic.code))


@blueprint.post("/c/<clinic_code>/diary/waiting/<int:event_id>/ask-again")
@login_required
def ask_again(clinic_code: str, event_id: int) -> Page:
    """Undo that an event was ignored."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    now = clock.now()

    def work() -> dict[str, Any]:
        feeds.ask_again(clinic, event_id, actor=access.actor(), now=now)
        return {"event": event_id}

    if done_once(work, now):
        flash(_("It waits again."), "success")
    return redirect(url_for(".queue", clinic_code=clinic.code))
