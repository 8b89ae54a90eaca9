"""Opening stock: a file, one lot by hand, and the way out again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from secrets import token_hex
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.db import transaction
from supply.documents import answers
from supply.documents.answers import CSV
from supply.inventory import taking_in
from supply.inventory.lookalikes import notes_of_entry
from supply.inventory.taking_in import Incoming
from supply.inventory.terms import EntryKind
from supply.items.queries import codes_to_choose, places
from supply.items.refusals import UnknownItemError
from supply.items.services import item_for_code
from supply.opening_stock import forms, importing, scanned
from supply.refusals import InvalidInput, Refusal
from supply.tables import FaultyTable
from supply.web import access
from supply.web.carried import chosen_or_carried, to_carry
from supply.web.forms import show, text
from supply.web.once import once
from supply.web.toasts import flash_notes, flash_undo

blueprint = Blueprint("opening_stock", __name__)

Page = str | Response | tuple[str, int]


@blueprint.route("/c/<clinic_code>/stock/import", methods=["GET", "POST"])
@login_required
def import_stock(clinic_code: str) -> Page:
    """Check a file of opening stock, show what it would do, then take it in."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    form = forms.ImportForm()
    if not form.is_submitted():
        return _import_page(clinic, form)
    content, filename = chosen_or_carried(form.file, "stock.csv")
    if content is None:
        form.validate()
        return _import_page(clinic, form), 400
    if "confirm" in request.form:
        return _confirmed(clinic, form, content, filename)
    now = clock.now()
    try:
        table = importing.read_stock(content, filename)
        with transaction():
            summary = importing.import_stock(
                clinic, table, dry_run=True, actor=access.actor(), now=now
            )
    except FaultyTable as faulty:
        return _import_page(clinic, form, faulty=faulty), 400
    return _import_page(clinic, form, summary=summary, carried=to_carry(content), filename=filename)


def _confirmed(clinic: Clinic, form: forms.ImportForm, content: bytes, filename: str) -> Page:
    now = clock.now()

    def work() -> dict[str, Any]:
        summary = importing.import_stock(clinic, table, actor=access.actor(), now=now)
        return {"entry": summary.entry, "lots": summary.lots, "warnings": len(summary.warnings)}

    try:
        table = importing.read_stock(content, filename)
        answer = once(work, now)
    except FaultyTable as faulty:
        return _import_page(clinic, form, faulty=faulty), 400
    said = ngettext("%(num)s lot taken in.", "%(num)s lots taken in.", answer["lots"])
    _say_taken_in(clinic, answer["entry"], said)
    return redirect(url_for("stock.index", clinic_code=clinic.code))


def _import_page(
    clinic: Clinic,
    form: forms.ImportForm,
    *,
    faulty: FaultyTable | None = None,
    summary: importing.StockImport | None = None,
    carried: str | None = None,
    filename: str = "",
) -> str:
    return render_template(
        "opening_stock/import.html",
        clinic=clinic,
        form=form,
        faults=faulty.shown if faulty else [],
        rest=faulty.rest if faulty else "",
        summary=summary,
        carried=carried,
        filename=filename,
        key=token_hex(16),
    )


@blueprint.route("/c/<clinic_code>/stock/opening", methods=["GET", "POST"])
@login_required
def opening(clinic_code: str) -> Page:
    """Take in the opening stock of one lot by hand."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    if code := scanned.code_in(request.form, access.today()):
        return _scanned_page(clinic, code)
    form = _opening_form(clinic, None)
    status = 200
    if form.is_submitted() and request.form.get("do") != "read":
        status = 400
        if form.validate():
            try:
                answer = once(lambda: _take_in(clinic, form), clock.now())
            except Refusal as refusal:
                show(form, refusal)
            else:
                said = _("Lot %(lot)s is taken in.", lot=text(form.lot))
                _say_taken_in(clinic, answer["entry"], said)
                flash_notes(notes_of_entry(answer["entry"]))
                item_id = answer["item"]
                return redirect(url_for("stock.item", clinic_code=clinic.code, item_id=item_id))
    return _opening_page(clinic, form), status


def _opening_form(clinic: Clinic, sent: Mapping[str, str] | None) -> forms.OpeningForm:
    """Return the form as it was sent, or as ``sent`` says instead."""
    formdata: Any = {} if sent is None else {"formdata": MultiDict(sent)}
    form = forms.OpeningForm(data={"sku": request.args.get("sku", "")}, **formdata)
    first = (0, _("The first location that fits"))
    form.location.choices = [first, *((place.id, place.name) for place in places(clinic))]
    return form


def _scanned_page(clinic: Clinic, code: str) -> Page:
    """Show the form with what was scanned filled in; nothing is taken in."""
    filled, fault = scanned.filled_in(clinic, request.form, code, access.today())
    form = _opening_form(clinic, filled)
    if fault:
        form.scan.errors = [fault]
    return _opening_page(clinic, form), 400 if fault else 200


def _opening_page(clinic: Clinic, form: forms.OpeningForm) -> str:
    return render_template(
        "opening_stock/opening.html",
        clinic=clinic,
        form=form,
        items=codes_to_choose(clinic.practice_id),
    )


def _take_in(clinic: Clinic, form: forms.OpeningForm) -> dict[str, Any]:
    now = clock.now()
    try:
        item = item_for_code(clinic.practice_id, text(form.sku).strip(), now=now)
    except UnknownItemError as unknown:
        raise InvalidInput(("sku", str(unknown))) from unknown
    line = Incoming(
        item=item,
        lot_number=text(form.lot),
        expiry=form.expiry.data,
        quantity=Decimal(form.containers.data or 0) * item.content_per_container,
        location_id=form.location.data or None,
        expired_reason="opening stock",
        field="line",
    )
    try:
        taken = taking_in.take_in(
            clinic,
            [line],
            kind=EntryKind.OPENING_BALANCE,
            occurred_at=now,
            actor=access.actor(),
            now=now,
        )
    except InvalidInput as invalid:
        fields = {"line.quantity": "containers"}
        raise InvalidInput(
            *((fields.get(f, f.removeprefix("line.")), message) for f, message in invalid.errors)
        ) from invalid
    return {"entry": taken.entry_id, "item": item.id}


def _say_taken_in(clinic: Clinic, entry_id: int, said: str) -> None:
    undo = url_for("handling.undo_entry", clinic_code=clinic.code, entry_id=entry_id)
    back = url_for("stock.index", clinic_code=clinic.code)
    flash_undo(said, undo, {"next": back})


@blueprint.get("/c/<clinic_code>/stock.csv")
@login_required
def export_stock(clinic_code: str) -> Response:
    """Send what is sealed on the shelves, with the columns of the import."""
    clinic = access.clinic(clinic_code)
    name = f"stock-{clinic.code}-{access.today().isoformat()}.csv"
    return answers.download(importing.export_stock(clinic).encode(), CSV, name)
