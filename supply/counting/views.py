"""The pages of counts: begun, counted place by place, finished with what differs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from secrets import token_hex
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response
from wtforms import Field

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.counting import beginning, finding, overview, posting, rows, rules, saying, wording
from supply.counting.forms import BeginForm, FoundForm
from supply.counting.models import Count
from supply.counting.queries import ShownLine, lines_of, shown_lines
from supply.counting.terms import CountStatus, DifferenceCause, Uncounted
from supply.inventory import entries
from supply.inventory import wording as measures
from supply.items.models import Location
from supply.items.queries import codes_to_choose, places
from supply.quantity import InvalidQuantityError, Unit
from supply.refusals import InvalidInput, Refusal
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.numbers import read_quantity
from supply.web.once import once
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

blueprint = Blueprint("counting", __name__)

Page = str | Response | tuple[str, int]


@blueprint.route("/c/<clinic_code>/counts", methods=["GET", "POST"])
@login_required
def index(clinic_code: str) -> Page:
    """List the counts, and begin one."""
    clinic = access.clinic(clinic_code, Right.WASTE if request.method == "POST" else Right.VIEW)
    form, shelves, now = BeginForm(), places(clinic), clock.now()
    form.locations.choices = [(place.id, place.name) for place in shelves]

    def work() -> dict[str, Any]:
        count = beginning.begin(
            clinic,
            locations=form.locations.data or None,
            actor=access.actor(),
            now=now,
        )
        return {"count": count.id}

    answer = saved_once(form, work, now)
    if answer is not None:
        return redirect(url_for(".count", clinic_code=clinic.code, count_id=answer["count"]))
    return _index_page(clinic, form, shelves), status_of(form)


def _index_page(clinic: Clinic, form: BeginForm, shelves: list[Location]) -> str:
    listed = overview.counts_of(clinic)
    return render_template(
        "counting/index.html",
        clinic=clinic,
        form=form,
        listed=listed,
        is_open=sum(one.count.status is CountStatus.OPEN for one in listed),
        names={place.id: place.name for place in shelves},
        words=wording,
        may_count=access.can(Right.WASTE),
    )


@blueprint.get("/c/<clinic_code>/counts/<int:count_id>")
@login_required
def count(clinic_code: str, count_id: int) -> str:
    """Show a count: how far each location is, or what became of it."""
    clinic = access.clinic(clinic_code)
    found = overview.count_here(clinic, count_id)
    if found.status is not CountStatus.OPEN:
        return _ended_page(clinic, found)
    lines, shelves = lines_of(found.id), places(clinic)
    return render_template(
        "counting/count.html",
        clinic=clinic,
        count=found,
        spots=overview.spots_of(lines, shelves, found),
        done=sum(line.counted is not None for line in lines),
        total=len(lines),
        scope=wording.scope_of(found, {place.id: place.name for place in shelves}),
        words=wording,
        form_key=token_hex(16),
        may_count=access.can(Right.WASTE),
        may_post=access.can(Right.STOCK),
    )


def _ended_page(clinic: Clinic, found: Count) -> str:
    lines = shown_lines(found, clock.now())
    entry = entries.entry_of(clinic, found.entry_id) if found.entry_id else None
    return render_template(
        "counting/ended.html",
        clinic=clinic,
        count=found,
        differing=[one for one in lines if one.difference],
        counted=sum(one.line.counted is not None for one in lines),
        total=len(lines),
        value=sum(one.line.value_minor or 0 for one in lines),
        names=overview.names_of({found.begun_by_id, found.ended_by_id}),
        can_undo=entry is not None and entry.can_be_undone and access.can(Right.STOCK),
        form_key=token_hex(16),
        words=wording,
        measure=measures.measured,
    )


@blueprint.route(
    "/c/<clinic_code>/counts/<int:count_id>/at/<int:location_id>", methods=["GET", "POST"]
)
@login_required
def place(clinic_code: str, count_id: int, location_id: int) -> Page:
    """Count one location: what is filled in is saved, what is left empty stays uncounted."""
    clinic = access.clinic(clinic_code, Right.WASTE)
    found, here = overview.count_here(clinic, count_id), _place(clinic, location_id)
    lines = rows.rows_of(line for line in lines_of(found.id) if line.location_id == here.id)
    problems: list[str] = []
    now = clock.now()

    def work() -> dict[str, Any]:
        said = rows.counted_of(lines)
        return {"lines": len(saying.say(count_id, said, actor=access.actor(), now=now))}

    if request.method == "POST" and rows.typed_into(lines, request.form):
        try:
            once(work, now)
            return redirect(_next(clinic, count_id, here.id))
        except Refusal as refusal:
            problems = _told(refusal, lines)
    status = 200 if request.method == "GET" else 400
    return _place_page(clinic, found, here, lines, problems), status


def _next(clinic: Clinic, count_id: int, location_id: int) -> str:
    if request.form.get("then") == "stay":
        return _place_url(clinic, count_id, location_id)
    return url_for(".count", clinic_code=clinic.code, count_id=count_id)


def _place_url(clinic: Clinic, count_id: int, location_id: int) -> str:
    return url_for(".place", clinic_code=clinic.code, count_id=count_id, location_id=location_id)


def _told(refusal: Refusal, lines: list[rows.Row]) -> list[str]:
    """Put each sentence beside the row it is about; return those about none."""
    if not isinstance(refusal, InvalidInput):
        return [str(refusal)]
    beside = {f"containers-{row.line.id}": row for row in lines}
    above = []
    for field, message in refusal.errors:
        row = beside.get(field.partition(".")[0])
        if row is None:
            above.append(message)
        else:
            row.error = message
    return above


def _place(clinic: Clinic, location_id: int) -> Location:
    for shelf in places(clinic):
        if shelf.id == location_id:
            return shelf
    raise NotFoundHereError(str(location_id))


def _place_page(
    clinic: Clinic, found: Count, here: Location, lines: list[rows.Row], problems: list[str]
) -> str:
    return render_template(
        "counting/place.html",
        clinic=clinic,
        count=found,
        place=here,
        rows=lines,
        problems=problems,
        done=sum(row.line.counted is not None for row in lines),
        names=overview.names_of({row.line.counted_by_id for row in lines}),
        form_key=request.form.get("form_key") or token_hex(16),
        words=wording,
        measures=measures,
    )


@blueprint.route(
    "/c/<clinic_code>/counts/<int:count_id>/at/<int:location_id>/add", methods=["GET", "POST"]
)
@login_required
def add(clinic_code: str, count_id: int, location_id: int) -> Page:
    """Count a lot that the list does not have."""
    clinic = access.clinic(clinic_code, Right.WASTE)
    found, here = overview.count_here(clinic, count_id), _place(clinic, location_id)
    form, now = FoundForm(), clock.now()

    def work() -> dict[str, Any]:
        lot = finding.FoundLot(
            text(form.item),
            text(form.lot),
            here.name,
            _number(form.containers),
            _number(form.rest),
            form.expiry.data,
            expiry_said=form.expiry.data is not None or form.undated.data,
        )
        return {"line": finding.say_found(count_id, lot, actor=access.actor(), now=now).id}

    if saved_once(form, work, now) is not None:
        return redirect(_place_url(clinic, count_id, here.id))
    page = render_template(
        "counting/add.html",
        clinic=clinic,
        count=found,
        place=here,
        form=form,
        items=codes_to_choose(clinic.practice_id),
    )
    return page, status_of(form)


def _number(field: Field) -> Decimal:
    """Return the quantity in a field, nothing if it is empty."""
    try:
        return read_quantity(text(field) or "0", Unit.ML, allow_zero=True)
    except InvalidQuantityError as error:
        raise InvalidInput((field.name, str(error))) from error


@blueprint.route("/c/<clinic_code>/counts/<int:count_id>/finish", methods=["GET", "POST"])
@login_required
def finish(clinic_code: str, count_id: int) -> Page:
    """Show what differs, ask why, and post it."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    found, now = overview.count_here(clinic, count_id), clock.now()
    if found.status is not CountStatus.OPEN:
        return redirect(url_for(".count", clinic_code=clinic.code, count_id=count_id))
    problems: list[tuple[str, str]] = []
    if request.method == "POST":
        lines = shown_lines(found, now)
        problems = _unexplained(lines, request.form)
        if not problems:
            try:
                return _posted(clinic, count_id)
            except InvalidInput as refusal:
                problems = refusal.errors
            except Refusal as refusal:
                problems = [("", str(refusal))]
            found = overview.count_here(clinic, count_id)
    status = 200 if request.method == "GET" else 400
    return _finish_page(clinic, found, shown_lines(found, now), problems), status


def _unexplained(lines: list[ShownLine], form: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is missing: a cause for each line that differs."""
    return [
        (
            f"cause-{one.line.id}",
            _("Lot %(lot)s: choose why it differs.", lot=one.line.lot.number),
        )
        for one in lines
        if one.difference and _cause(form, one.line.id) is None
    ]


def _cause(form: Mapping[str, str], line_id: int) -> DifferenceCause | None:
    word = form.get(f"cause-{line_id}", "")
    return DifferenceCause(word) if word in set(DifferenceCause) else None


def _posted(clinic: Clinic, count_id: int) -> Response:
    now = clock.now()
    zero = request.form.get("uncounted") == Uncounted.ZERO

    def work() -> dict[str, Any]:
        lines = {line.id: _cause(request.form, line.id) for line in lines_of(count_id)}
        done = posting.post(
            count_id,
            uncounted=Uncounted.ZERO if zero else Uncounted.LEAVE,
            causes={line: cause for line, cause in lines.items() if cause is not None},
            actor=access.actor(),
            now=now,
        )
        return {"entry": done.entry_id, "lines": len(done.differing)}

    answer = once(work, now)
    said = ngettext(
        "Count posted: %(num)s line differs.",
        "Count posted: %(num)s lines differ.",
        answer["lines"],
    )
    if answer["entry"] is not None:
        undo = url_for("handling.undo_entry", clinic_code=clinic.code, entry_id=answer["entry"])
        flash_undo(said, undo)
    return redirect(url_for(".count", clinic_code=clinic.code, count_id=count_id))


def _finish_page(
    clinic: Clinic, found: Count, lines: list[ShownLine], problems: list[tuple[str, str]]
) -> str:
    differing = [one for one in lines if one.difference]
    costs = overview.values_of(found.clinic_id, differing)
    return render_template(
        "counting/finish.html",
        clinic=clinic,
        count=found,
        differing=differing,
        values=costs,
        agree=sum(one.difference == 0 for one in lines if one.difference is not None),
        uncounted=sum(one.difference is None for one in lines),
        names=overview.names_of({one.line.counted_by_id for one in differing}),
        chosen={one.line.id: request.form.get(f"cause-{one.line.id}", "") for one in differing},
        zero=request.form.get("uncounted") == Uncounted.ZERO,
        problems=problems,
        rules=rules,
        words=wording,
        measure=measures.measured,
        form_key=request.form.get("form_key") or token_hex(16),
    )


@blueprint.post("/c/<clinic_code>/counts/<int:count_id>/cancel")
@login_required
def cancel(clinic_code: str, count_id: int) -> Response:
    """End a count without posting it."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    overview.count_here(clinic, count_id)
    now = clock.now()
    done_once(lambda: {"count": beginning.cancel(count_id, actor=access.actor(), now=now).id}, now)
    return redirect(url_for(".index", clinic_code=clinic.code))
