"""How a clinic's locations stand: all of them, and each with its readings and limits."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from secrets import token_hex
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.coldchain import queries, wording
from supply.coldchain.charts import Window
from supply.coldchain.forms import LimitsForm, ReadingForm
from supply.coldchain.judging import REJUDGED, rejudge
from supply.coldchain.limits import limits_of, set_limits
from supply.coldchain.loggers import loggers_of
from supply.coldchain.models import ReadingImport
from supply.coldchain.raising import raise_alerts
from supply.coldchain.readings import Brought, lock, take_back, take_in
from supply.coldchain.routes import Page, blueprint
from supply.coldchain.rules import Limits, Point
from supply.coldchain.terms import Source
from supply.db import db
from supply.items.models import Location
from supply.web import access
from supply.web.forms import status_of
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

__all__ = ["blueprint"]

DAY = dt.timedelta(days=1)
SPANS = {"day": 1, "week": 7, "month": 30}


@blueprint.get("/c/<clinic_code>/cold")
@login_required
def index(clinic_code: str) -> str:
    """Show how each location stands, and its last week."""
    clinic = access.clinic(clinic_code)
    now = clock.now()
    found = queries.overview(clinic, now)
    return render_template(
        "coldchain/index.html",
        clinic=clinic,
        places=found,
        sentence=wording.overview_sentence(found),
        words=wording,
        now=now,
        today=access.today(),
        loggers=loggers_of(clinic),
        may_read=access.can(Right.WASTE),
        may_keep=access.can(Right.STOCK),
    )


@blueprint.route("/c/<clinic_code>/cold/<int:location_id>", methods=["GET", "POST"])
@login_required
def location(clinic_code: str, location_id: int) -> Page:
    """Show a location's readings over a day, week or month; note what a person reads."""
    right = Right.WASTE if request.method == "POST" else Right.VIEW
    clinic = access.clinic(clinic_code, right)
    place = queries.location_here(clinic, location_id)
    form, now = ReadingForm(), clock.now()

    def work() -> dict[str, Any]:
        brought = Brought(Source.PERSON, [Point(now, form.celsius.data)])
        here = queries.location_here(clinic, location_id)
        taken = take_in(here, brought, actor=access.actor(), now=now)
        return {"import": taken.import_id, "out": [one.id for one in taken.excursions]}

    answer = saved_once(form, work, now)
    if answer is None:
        return _location_page(clinic, place, form, now), status_of(form)
    said = _("Noted: %(celsius)s.", celsius=wording.temperature(form.celsius.data))
    back = url_for(".undo_import", clinic_code=clinic.code, import_id=answer["import"])
    flash_undo(said, back)
    if answer["out"]:
        return redirect(
            url_for(".excursion", clinic_code=clinic.code, excursion_id=answer["out"][-1])
        )
    return redirect(url_for(".location", clinic_code=clinic.code, location_id=location_id))


def _location_page(clinic: Clinic, place: Location, form: ReadingForm, now: dt.datetime) -> str:
    span = request.args.get("show", "week")
    days = SPANS.get(span, SPANS["week"])
    until = _day_asked(access.today())
    zone = ZoneInfo(clock.zone(clinic.timezone).key)
    window = Window(
        clock.at_hour(until - (days - 1) * DAY, 0, clinic.timezone),
        clock.end_of_day(until, clinic.timezone),
    )
    limits = limits_of(place)
    course = queries.course_of(place, window, limits)
    return render_template(
        "coldchain/location.html",
        clinic=clinic,
        place=place,
        limits=limits,
        course=course,
        rows=queries.by_day(course.buckets, zone),
        days=[until - back * DAY for back in range(days - 1, -1, -1)],
        span=span if span in SPANS else "week",
        until=until,
        step=days * DAY,
        earlier=until - days * DAY,
        later=until + days * DAY if until < access.today() else None,
        excursions=queries.excursions_of(place.id),
        imports=queries.imports_of(place.id),
        form=form,
        words=wording,
        now=now,
        today=access.today(),
        key=token_hex(16),
        may_read=access.can(Right.WASTE),
        may_keep=access.can(Right.STOCK),
    )


def _day_asked(today: dt.date) -> dt.date:
    """Return the last day to show: as the address says, else today."""
    try:
        return min(dt.date.fromisoformat(request.args.get("to", "")), today)
    except ValueError:
        return today


@blueprint.route("/c/<clinic_code>/cold/<int:location_id>/limits", methods=["GET", "POST"])
@login_required
def limits(clinic_code: str, location_id: int) -> Page:
    """Set a location's range, and how long it may be out of it."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    place = queries.location_here(clinic, location_id)
    form, now = LimitsForm(data=asdict(limits_of(place))), clock.now()

    def work() -> dict[str, Any]:
        here = queries.location_here(clinic, location_id)
        lock(here)
        set_limits(here, _limits(form), actor=access.actor(), now=now)
        rejudge(here, now - REJUDGED, actor=access.actor(), now=now)
        raise_alerts(clinic.id, now)
        return {"location": location_id}

    if saved_once(form, work, now):
        flash(_("Saved, and applied to the readings of the last 30 days."), "success")
        return redirect(url_for(".location", clinic_code=clinic.code, location_id=location_id))
    page = render_template(
        "coldchain/limits.html", clinic=clinic, place=place, form=form, words=wording
    )
    return page, status_of(form)


def _limits(form: LimitsForm) -> Limits:
    names = ("low", "high", "warm_minutes", "warm_total", "cold_minutes", "cold_total")
    values = {name: form[name].data for name in names}
    return Limits(**values, may_freeze=bool(form.may_freeze.data))


@blueprint.post("/c/<clinic_code>/cold/imports/<int:import_id>/undo")
@login_required
def undo_import(clinic_code: str, import_id: int) -> Page:
    """Take readings back: by who brought them, a stock manager or an owner."""
    clinic = access.clinic(clinic_code)
    found = _import_here(clinic, import_id)
    access.check_may_undo(found.person_id)
    location_id, now = found.location_id, clock.now()

    def work() -> dict[str, Any]:
        row = _import_here(clinic, import_id)
        take_back(row, actor=access.actor(), now=now)
        return {"readings": row.accepted}

    answer = done_once(work, now)
    if answer:
        said = ngettext(
            "%(num)s reading taken back.", "%(num)s readings taken back.", answer["readings"]
        )
        flash(said, "success")
    return redirect(url_for(".location", clinic_code=clinic.code, location_id=location_id))


def _import_here(clinic: Clinic, import_id: int) -> ReadingImport:
    found = db.session.get(ReadingImport, import_id)
    if found is None or found.clinic_id != clinic.id:
        raise NotFoundHereError(str(import_id))
    return found
