"""Uploading a logger's file: what was understood of it is shown first, unless it is known."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue.terms import Storage
from supply.coldchain import queries, wording
from supply.coldchain.charts import Bucket, Window, draw
from supply.coldchain.files.columns import cell_of
from supply.coldchain.files.times import date_of
from supply.coldchain.files.understanding import Question, days_of
from supply.coldchain.forms import UploadForm
from supply.coldchain.intake import LoggerFile, logger_of, look, take_file
from supply.coldchain.limits import limits_of
from supply.coldchain.models import Logger
from supply.coldchain.routes import Page, blueprint
from supply.coldchain.rules import usual_interval
from supply.items.models import Location
from supply.items.queries import places
from supply.refusals import Refusal
from supply.tables import FaultyTable
from supply.web import access
from supply.web.carried import chosen_or_carried, to_carry
from supply.web.forms import show
from supply.web.once import once
from supply.web.toasts import flash_undo

ROWS_SHOWN = 3


@blueprint.route("/c/<clinic_code>/cold/upload", methods=["GET", "POST"])
@login_required
def upload(clinic_code: str) -> Page:
    """Look at a file, show what was understood, then take it in; known ones at once."""
    clinic = access.clinic(clinic_code, Right.WASTE)
    form = _form(clinic)
    if not form.is_submitted():
        return _page(clinic, form)
    content, filename = chosen_or_carried(form.file, "readings.csv")
    if content is None:
        form.file.errors = [_("Choose a file.")]
        return _page(clinic, form), 400
    if not form.validate():
        return _page(clinic, form), 400
    try:
        file = look(clinic, content, filename, _answers(), clock.now())
    except FaultyTable as faulty:
        return _page(clinic, form, faulty=faulty), 400
    logger = logger_of(clinic, file.serial)
    if "look" in request.form and logger is not None:
        form.location.data = logger.location_id
    if "confirm" in request.form or (file.known and logger is not None and not file.questions):
        return _taken(clinic, form, file, logger)
    return _page(clinic, form, file=file, logger=logger)


def _form(clinic: Clinic) -> UploadForm:
    found = places(clinic)
    asked = request.args.get("location", type=int)
    cold = next((place.id for place in found if place.storage is Storage.COLD), None)
    form = UploadForm(data={"location": asked or cold})
    form.location.choices = [(place.id, place.name) for place in found]
    form.order.choices = list(wording.ORDERS.items())
    form.unit.choices = [("C", "°C"), ("F", "°F")]
    return form


def _answers() -> dict[str, str]:
    names = (Question.ORDER, Question.VALUE, Question.UNIT)
    return {name.value: request.form[name] for name in names if request.form.get(name)}


def _taken(clinic: Clinic, form: UploadForm, file: LoggerFile, logger: Logger | None) -> Page:
    if file.questions:
        return _page(clinic, form, file=file, logger=logger), 400
    now, location_id = clock.now(), form.location.data

    def work() -> dict[str, Any]:
        place = queries.location_here(clinic, location_id)
        taken = take_file(place, file, confirmed=True, actor=access.actor(), now=now)
        out = [one.id for one in taken.excursions if one.closed_at is None]
        said = {"new": taken.accepted, "old": taken.repeated, "other": taken.other}
        return {"import": taken.import_id, "out": out, **said}

    try:
        answer = once(work, now)
    except Refusal as refusal:
        show(form, refusal)
        return _page(clinic, form, file=file, logger=logger), 400
    _say_taken(clinic, answer)
    if answer["out"]:
        excursion_id = answer["out"][-1]
        return redirect(url_for(".excursion", clinic_code=clinic.code, excursion_id=excursion_id))
    return redirect(url_for(".location", clinic_code=clinic.code, location_id=location_id))


def _say_taken(clinic: Clinic, answer: dict[str, Any]) -> None:
    if other := answer.get("other"):
        said = ngettext(
            "%(num)s moment is known with another temperature, which stays."
            " Is it the file of this location?",
            "%(num)s moments are known with other temperatures, which stay."
            " Is it the file of this location?",
            other,
        )
        flash(said, "warning")
    if not answer["new"]:
        flash(_("Nothing in this file is new."), "success")
        return
    said = ngettext("%(num)s reading added.", "%(num)s readings added.", answer["new"])
    if answer["old"]:
        said = (
            f"{said} {ngettext('%(num)s known already.', '%(num)s known already.', answer['old'])}"
        )
    undo = url_for(".undo_import", clinic_code=clinic.code, import_id=answer["import"])
    flash_undo(said, undo)


def _page(
    clinic: Clinic,
    form: UploadForm,
    *,
    file: LoggerFile | None = None,
    logger: Logger | None = None,
    faulty: FaultyTable | None = None,
) -> str:
    zone = ZoneInfo(clock.zone(clinic.timezone).key)
    place = next((p for p in places(clinic) if p.id == form.location.data), None)
    return render_template(
        "coldchain/upload.html",
        clinic=clinic,
        form=form,
        file=file,
        logger=logger,
        understood=_understood(file),
        choices=_columns(file),
        orders=_orders(file),
        picture=_picture(file, place) if file and place else None,
        place_limits=limits_of(place) if place else None,
        ends=_ends(file, zone),
        carried=to_carry(file.content) if file else None,
        faults=faulty.shown if faulty else [],
        rest=faulty.rest if faulty else "",
        words=wording,
        Question=Question,
    )


def _understood(file: LoggerFile | None) -> list[tuple[str, str]]:
    """Return what was understood of a file, for a list: what, and as what."""
    if file is None or file.understood is None:
        return []
    found, shape = file.understood.columns, file.understood.shape
    offset = wording.offset(shape.offset)
    day = shape.at if shape.at is not None else shape.day
    rows = [
        (_("Time"), wording.column(found.name_of(day or 0), day or 0)),
        (_("Clock"), offset or _("The clinic's")),
        (_("Days"), str(wording.ORDERS[shape.order])),
    ]
    value = shape.value if shape.value is not None else shape.low
    if value is not None:
        rows.insert(1, (_("Temperature"), wording.column(found.name_of(value), value)))
    unit = f"°{shape.unit.value}"
    said = unit if file.understood.unit_said else _("%(unit)s (not said)", unit=unit)
    return [*rows, (_("Unit"), said)]


def _columns(file: LoggerFile | None) -> list[tuple[str, str, bool]]:
    """Return the columns that may be the temperature: its number, name and first cell, chosen."""
    if file is None or file.understood is None or len(file.understood.columns.values) < 2:
        return []
    found = file.understood.columns
    first = found.body[0][1] if found.body else []
    return [
        (
            str(one),
            f"{wording.column(found.name_of(one), one)} ({cell_of(first, one)})",
            one == file.understood.shape.value,
        )
        for one in found.values
    ]


def _orders(file: LoggerFile | None) -> list[tuple[str, str]]:
    """Return the orders that days may be written in, each with what the first day then is."""
    if file is None or file.understood is None:
        return []
    days = days_of(file.understood.columns)
    found = []
    for order in file.understood.orders:
        day = date_of(days[0], order) if days else None
        name = str(wording.ORDERS[order])
        found.append((order.value, f"{name}: {wording.day(day)}" if day else name))
    return found


def _ends(file: LoggerFile | None, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Return the first and last readings of a file as it was understood."""
    if file is None or file.readings is None:
        return []
    points, days = file.readings.points, file.readings.days
    rows = [(wording.instant(p.at, zone), wording.temperature(p.celsius)) for p in points]
    rows += [(wording.day(d.day), wording.span(d.low, d.high)) for d in days]
    return rows if len(rows) <= 2 * ROWS_SHOWN else [*rows[:ROWS_SHOWN], *rows[-ROWS_SHOWN:]]


def _picture(file: LoggerFile, place: Location) -> Any:
    readings = file.readings
    if readings is None:
        return None
    zone = place.clinic.timezone
    buckets = [Bucket(at, celsius, celsius) for at, celsius in readings.points]
    buckets += [Bucket(clock.at_hour(d.day, 12, zone), d.low, d.high) for d in readings.days]
    window = Window(buckets[0].start, max(buckets[-1].start, buckets[0].start + queries.HOUR))
    apart = 2 * usual_interval(readings.points) if readings.points else 2 * queries.DAY
    every = max(len(buckets) // 1_000, 1)
    return draw(buckets[::every], window, limits_of(place), apart=every * apart)
