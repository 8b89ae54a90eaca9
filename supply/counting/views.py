"""The pages of counts: begun, counted place by place, finished with what differs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from secrets import token_hex
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response
from wtforms import Field

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue.barcodes import scan
from supply.counting import (
    beginning,
    finding,
    overview,
    planning,
    rows,
    saying,
    sheet,
    unsaying,
    wording,
)
from supply.counting.forms import BeginForm, FoundForm
from supply.counting.models import Count
from supply.counting.queries import lines_of, opened_on, shown_lines
from supply.counting.terms import CountStatus, ItemClass
from supply.documents.answers import download
from supply.inventory import entries
from supply.inventory import wording as measures
from supply.inventory.boxes import holds_code, item_behind, read_box
from supply.items.models import Location
from supply.items.queries import codes_to_choose, places
from supply.quantity import InvalidQuantityError, Unit
from supply.refusals import InvalidInput, Refusal
from supply.web import access
from supply.web.forms import status_of, text
from supply.web.numbers import read_quantity
from supply.web.once import once
from supply.web.saving import done_once, saved_once

blueprint = Blueprint("counting", __name__)

Page = str | Response | tuple[str, int]


@blueprint.route("/c/<clinic_code>/counts", methods=["GET", "POST"])
@login_required
def index(clinic_code: str) -> Page:
    """List the counts, and begin one."""
    clinic = access.clinic(clinic_code, Right.WASTE if request.method == "POST" else Right.VIEW)
    form, shelves, now = BeginForm(), places(clinic), clock.now()
    form.offer([(place.id, place.name) for place in shelves])

    def work() -> dict[str, Any]:
        count = beginning.begin(
            clinic,
            locations=form.locations.data or None,
            items=_items(clinic, form, now),
            actor=access.actor(),
            now=now,
        )
        return {"count": count.id}

    answer = saved_once(form, work, now)
    if answer is not None:
        return redirect(url_for(".count", clinic_code=clinic.code, count_id=answer["count"]))
    return _index_page(clinic, form, shelves, planning.due(clinic, now)), status_of(form)


def _items(clinic: Clinic, form: BeginForm, now: dt.datetime) -> list[int] | None:
    """Return the items that are counted; None for all of them."""
    code, what = text(form.item), form.what.data
    if code:
        found = _item_scanned(clinic, code) or planning.item_named(clinic, code)
        if found is None:
            raise InvalidInput(("item", _("No item has the code %(code)s.", code=code)))
        return [found]
    if not what:
        return None
    if what == "due":
        items = [one.item_id for one in planning.due(clinic, now)]
    else:
        items = planning.items_of(clinic, [ItemClass(what)])
    if not items:
        raise InvalidInput(("what", _("No item is of that class, or due.")))
    return items


def _item_scanned(clinic: Clinic, code: str) -> int | None:
    if not holds_code(code, access.today()):
        return None
    item = item_behind(clinic.practice_id, scan(code, today=access.today()))
    return item.id if item else None


def _index_page(
    clinic: Clinic, form: BeginForm, shelves: list[Location], due: Sequence[planning.Due]
) -> str:
    listed = overview.counts_of(clinic)
    return render_template(
        "counting/index.html",
        clinic=clinic,
        form=form,
        listed=listed,
        is_open=sum(one.count.status is CountStatus.OPEN for one in listed),
        names={place.id: place.name for place in shelves},
        words=wording,
        due=due,
        key=token_hex(16),
        today=access.today(),
        may_count=access.can(Right.WASTE),
        may_limit=access.can(Right.SETTINGS),
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
    found, here = overview.count_here(clinic, count_id), place_here(clinic, location_id)
    counted = [line for line in lines_of(found.id) if line.location_id == here.id]
    opened = opened_on(counted, clinic.timezone, rows.named_in(request.form))
    lines = rows.rows_of(counted, access.person().id, opened)
    problems: list[str] = []
    now = clock.now()

    def work() -> dict[str, Any]:
        return _saved(count_id, lines, now)

    if request.method == "POST" and rows.typed_into(lines, request.form, now):
        try:
            once(work, now)
            return redirect(_next(clinic, count_id, here.id))
        except Refusal as refusal:
            problems = _told(refusal, lines)
    status = 200 if request.method == "GET" else 400
    return _place_page(clinic, found, here, lines, problems), status


def _saved(count_id: int, lines: Sequence[rows.Row], now: dt.datetime) -> dict[str, Any]:
    """Keep what the rows say that is new, and take back what was emptied."""
    by: dict[str, Any] = {"actor": access.actor(), "now": now}
    emptied = [row.line.id for row in lines if row.is_taken_back]
    if emptied:
        unsaying.unsay(count_id, emptied, at=now, **by)
    return {"lines": len(saying.say(count_id, rows.counted_of(lines), **by))}


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


def place_here(clinic: Clinic, location_id: int) -> Location:
    """Return a location of the clinic; raises NotFoundHereError for any other."""
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
        done=sum(row.line.counted is not None and not row.asked for row in lines),
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
    found, here = overview.count_here(clinic, count_id), place_here(clinic, location_id)
    form, now = FoundForm(data=_scanned()), clock.now()
    if form.is_submitted() and (code := _code_in(form)):
        return _add_page(clinic, found, here, _read(clinic, form, code))
    if request.form.get("do") == "read":
        return _add_page(clinic, found, here, form)

    def work() -> dict[str, Any]:
        lot = finding.FoundLot(
            text(form.item),
            text(form.lot),
            here.name,
            _number(form.containers, Unit.EACH),
            _number(form.rest, Unit.ML),
            form.expiry.data,
            expiry_said=form.expiry.data is not None or form.undated.data,
        )
        return {"line": finding.say_found(count_id, lot, actor=access.actor(), now=now).id}

    if saved_once(form, work, now) is not None:
        return redirect(_place_url(clinic, count_id, here.id))
    return _add_page(clinic, found, here, form), status_of(form)


def _add_page(clinic: Clinic, count: Count, place: Location, form: FoundForm) -> str:
    return render_template(
        "counting/add.html",
        clinic=clinic,
        count=count,
        place=place,
        form=form,
        items=codes_to_choose(clinic.practice_id),
    )


def _code_in(form: FoundForm) -> str:
    """Return the code that was scanned, into the field for scans or into another; "" for none."""
    said = [text(field).strip() for field in (form.item, form.lot, form.containers)]
    found = next((one for one in said if holds_code(one, access.today())), "")
    return text(form.scan).strip() or found


def _read(clinic: Clinic, form: FoundForm, code: str) -> FoundForm:
    """Return the form with item, lot and expiry of a scanned box; nothing is counted by it."""
    left = {field.name: "" if text(field).strip() == code else field.data for field in form}
    box = read_box(clinic.practice_id, code, access.today())
    if not box.fault:
        left |= {"item": box.sku, "lot": box.read.lot or left["lot"]}
        left["expiry"] = box.read.expiry or left["expiry"]
    filled = FoundForm(formdata=None, data={**left, "scan": code if box.fault else ""})
    fault = box.fault or box.doubt
    filled.scan.errors = [fault] if fault else []
    return filled


def _scanned() -> dict[str, Any]:
    """Return what a scan has read of the lot that is added."""
    said: dict[str, Any] = {name: request.args.get(name, "")[:80] for name in ("item", "lot")}
    with suppress(ValueError):
        said["expiry"] = dt.date.fromisoformat(request.args.get("expiry", ""))
    return said


def _number(field: Field, unit: Unit) -> Decimal:
    """Return the quantity in a field, nothing if it is empty."""
    try:
        return read_quantity(text(field) or "0", unit, allow_zero=True)
    except InvalidQuantityError as error:
        raise InvalidInput((field.name, str(error))) from error


@blueprint.get("/c/<clinic_code>/counts/<int:count_id>/sheet.pdf")
@login_required
def count_sheet(clinic_code: str, count_id: int) -> Response:
    """Give the sheet of a count to print: by location, with blank fields."""
    clinic = access.clinic(clinic_code)
    found = overview.count_here(clinic, count_id)
    lines, shelves = lines_of(found.id), places(clinic)
    spots = [spot.location for spot in overview.spots_of(lines, shelves, found)]
    content = sheet.sheet_pdf(found, lines, spots)
    return download(content, "application/pdf", f"count-{clinic.code}-{found.id}.pdf")


@blueprint.post("/c/<clinic_code>/counts/<int:count_id>/cancel")
@login_required
def cancel(clinic_code: str, count_id: int) -> Response:
    """End a count without posting it."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    overview.count_here(clinic, count_id)
    now = clock.now()
    done_once(lambda: {"count": beginning.cancel(count_id, actor=access.actor(), now=now).id}, now)
    return redirect(url_for(".index", clinic_code=clinic.code))
