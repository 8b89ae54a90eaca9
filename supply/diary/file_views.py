"""Bookings from a file: looked at first, then taken in; and a week of the diary as one."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.db import transaction
from supply.diary import booking_files, rules, week, wording
from supply.diary.bookings import Foreseen, Outcome
from supply.diary.forms import FileForm
from supply.diary.routes import Page, blueprint
from supply.documents import answers
from supply.documents.answers import CSV
from supply.tables import FaultyTable
from supply.web import access
from supply.web.carried import chosen_or_carried, to_carry
from supply.web.once import once
from supply.web.toasts import flash_notes

SHOWN = 50
"""Rows of each kind that the preview lists before it only counts the rest."""


@blueprint.route("/c/<clinic_code>/diary/file", methods=["GET", "POST"])
@login_required
def book_file(clinic_code: str) -> Page:
    """Check a file of bookings, show what it would do, then book it."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    form = FileForm()
    if not form.is_submitted():
        return _page(clinic, form)
    content, filename = chosen_or_carried(form.file, "bookings.csv")
    if content is None:
        form.validate()
        return _page(clinic, form), 400
    if "confirm" in request.form:
        return _confirmed(clinic, form, content, filename)
    try:
        file = booking_files.read_bookings(content, filename, clinic.timezone)
        with transaction():
            found = booking_files.preview(clinic, file)
    except FaultyTable as faulty:
        return _page(clinic, form, faulty=faulty), 400
    return _page(
        clinic, form, found=found, notes=file.notes, carried=to_carry(content), filename=filename
    )


def _confirmed(clinic: Clinic, form: FileForm, content: bytes, filename: str) -> Page:
    now = clock.now()

    def work() -> dict[str, Any]:
        counts = booking_files.take_in(clinic, file, actor=access.actor(), now=now)
        return {"created": counts.created, "changed": counts.changed}

    try:
        file = booking_files.read_bookings(content, filename, clinic.timezone)
        answer = once(work, now)
    except FaultyTable as faulty:
        return _page(clinic, form, faulty=faulty), 400
    flash(_booked_words(answer["created"], answer["changed"]), "success")
    flash_notes(file.notes)
    day = min((one.day for one in file.bookings), default=access.today())
    return redirect(url_for(".diary", clinic_code=clinic.code, week=rules.week_name(day)))


def _booked_words(created: int, changed: int) -> str:
    if not created and not changed:
        return str(_("Everything was booked like that already."))
    booked = ngettext("%(num)s session booked.", "%(num)s sessions booked.", created)
    altered = ngettext("%(num)s changed.", "%(num)s changed.", changed)
    return " ".join(part for part, count in ((booked, created), (altered, changed)) if count)


def _page(
    clinic: Clinic,
    form: FileForm,
    *,
    faulty: FaultyTable | None = None,
    found: list[tuple[int, Foreseen]] | None = None,
    **more: Any,
) -> str:
    by_outcome = {
        outcome: [one for _row, one in found or () if one.outcome is outcome] for outcome in Outcome
    }
    return render_template(
        "diary/file.html",
        clinic=clinic,
        form=form,
        faults=faulty.shown if faulty else [],
        rest=faulty.rest if faulty else "",
        checked=found is not None,
        created=by_outcome[Outcome.CREATED],
        changed=by_outcome[Outcome.CHANGED],
        unchanged=len(by_outcome[Outcome.UNCHANGED]),
        most=SHOWN,
        words=wording,
        columns=",".join(booking_files.COLUMNS),
        this_week=rules.week_name(access.today()),
        key=token_hex(16),
        **more,
    )


@blueprint.get("/c/<clinic_code>/diary.csv")
@login_required
def download(clinic_code: str) -> Response:
    """Give a week of the diary as a file, in the columns that bookings are brought in."""
    clinic = access.clinic(clinic_code)
    named = request.args.get("week")
    monday = rules.read_week(named) if named else rules.monday_of(access.today())
    if monday is None:
        abort(404)
    days = week.days_of(clinic, monday, monday + rules.WEEK - rules.DAY, now=clock.now())
    filename = f"diary-{clinic.code}-{rules.week_name(monday)}.csv"
    return answers.download(booking_files.export_days(days).encode(), CSV, filename)
