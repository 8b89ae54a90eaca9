"""The pages of transfers: the list, a new one, one with its next step, its packing slip."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.access import ForbiddenError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue.barcodes import scan
from supply.inventory import wording as stock_words
from supply.inventory.boxes import containers_of, place_behind
from supply.inventory.refusals import ShortageError
from supply.inventory.terms import CHOSEN_CAUSES, WasteCause
from supply.items.queries import places
from supply.refusals import InvalidInput, Refusal
from supply.transfers import (
    booked,
    choosing,
    documents,
    forms,
    moving,
    queries,
    receiving,
    scans,
    sending,
    timeline,
    wording,
    writing_off,
)
from supply.transfers.choosing import Choice
from supply.transfers.forms import CameRow, Row
from supply.transfers.models import Transfer
from supply.web import access
from supply.web.forms import status_of_refusal
from supply.web.once import once
from supply.web.saving import done_once
from supply.web.toasts import flash_notes, flash_undo

blueprint = Blueprint("transfers", __name__)

Answer = str | AnyResponse | tuple[str, int]

LOST = "lost"
"""What people choose where nobody knows what became of it: no cause of waste."""


@blueprint.get("/c/<clinic_code>/transfers")
@login_required
def index(clinic_code: str) -> str:
    """Show what is on its way, from and to the clinic, and what has ended."""
    clinic = access.clinic(clinic_code)
    before = request.args.get("before", None, int)
    page = queries.ended(clinic, before)
    return render_template(
        "transfers/index.html",
        clinic=clinic,
        on_their_way=[] if before else queries.on_their_way(clinic),
        ended=page.transfers,
        next_before=page.next_before,
        before=before,
        late=wording.is_late,
        now=clock.now(),
        words=wording,
        stock_words=stock_words,
        may_move=access.can(Right.STOCK),
    )


@blueprint.get("/c/<clinic_code>/transfers/new")
@login_required
def new(clinic_code: str) -> Answer:
    """Show the form of a new transfer, empty or with what the address names."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    return _new_page(clinic, _rows_asked_for(clinic), request.args.get("to", ""))


def _rows_asked_for(clinic: Clinic) -> list[Row]:
    at: dict[str, Any] = {"today": access.today(), "now": clock.now()}
    balance_id = request.args.get("balance", None, int)
    if balance_id is not None:
        return [forms.row_of(one) for one in choosing.choices(clinic, [balance_id], **at).values()]
    lot_id = request.args.get("lot", None, int)
    if lot_id is None:
        return []
    found = choosing.of_lot(clinic, lot_id, **at)
    quantity = wording.read_asked(request.args.get("quantity", ""))
    return forms.spread(found, quantity) if quantity else [forms.row_of(one) for one in found[:1]]


def _new_page(
    clinic: Clinic,
    rows: Sequence[Row],
    to: str,
    refusal: Refusal | None = None,
    offered: Sequence[Choice] = (),
    scanned: str = "",
) -> str:
    faults = forms.by_field(refusal)
    sisters = sending.sisters(clinic)
    shelves = places(clinic)
    return render_template(
        "transfers/new.html",
        clinic=clinic,
        rows=rows,
        to=to,
        targets=[
            ("", _("Choose")),
            *((f"place:{place.id}", place.name) for place in shelves),
            *((f"clinic:{one.code}", _("To %(clinic)s", clinic=one.name)) for one in sisters),
        ],
        to_clinic=next((one for one in sisters if to == f"clinic:{one.code}"), None),
        has_sisters=bool(sisters),
        faults=faults,
        refusals=_summary(refusal),
        short=refusal.sentences if isinstance(refusal, booked.LeavesShort) else [],
        offered=offered,
        scanned=scanned,
        typed=request.form,
        stock_words=stock_words,
        today=access.today(),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _summary(refusal: Refusal | None) -> list[Mapping[str, str] | str]:
    if isinstance(refusal, InvalidInput):
        return [
            {"text": message, "url": f"#{field.partition('.')[0]}"}
            for field, message in refusal.errors
        ]
    return [str(refusal)] if refusal and not isinstance(refusal, booked.LeavesShort) else []


@blueprint.post("/c/<clinic_code>/transfers/new")
@login_required
def make(clinic_code: str) -> Answer:
    """Add what was scanned to the form, take a row off it, or move what it says, once."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now, to = clock.now(), request.form.get("to", "")
    rows = forms.typed_rows(clinic, request.form, today=access.today(), now=now)
    wish, _colon, which = _wish().partition(":")
    if wish == "remove":
        return _new_page(clinic, [r for r in rows if str(r.choice.balance_id) != which], to)
    if wish == "add":
        found = choosing.choices(
            clinic, [int(which)] if which.isdecimal() else [], today=access.today(), now=now
        )
        for choice in found.values():
            rows = forms.added(rows, choice, scanned=None)
        return _new_page(clinic, rows, to)
    if wish == "scan":
        return _scanned(clinic, rows, to, now)
    return _made(clinic, rows, to, now)


def _wish() -> str:
    """Return what the button pressed asks for. A scanner sends the form without pressing one."""
    scanned = request.form.get("scan", "").strip()
    return request.form.get("do") or ("scan" if scanned else "send")


def _scanned(clinic: Clinic, rows: list[Row], to: str, now: dt.datetime) -> Answer:
    """Add the only thing a scan means, or the first of its item; offer what words may mean."""
    text = request.form.get("scan", "")
    if not text.strip():
        return _new_page(clinic, rows, to)
    read = scan(text.strip(), today=access.today())
    if place := place_behind(clinic, read):
        return _new_page(clinic, rows, f"place:{place.id}")
    found = choosing.meant(clinic, text, today=access.today(), now=now)
    if not found:
        shown = text.strip()[:80]
        refusal = InvalidInput(("scan", _("Nothing here is called “%(text)s”.", text=shown)))
        return _new_page(clinic, rows, to, refusal, scanned=text), 400
    if len(found) > 1 and not wording.is_scan(text, access.today()):
        return _new_page(clinic, rows, to, offered=found, scanned=text)
    many = containers_of(found[0].item.id, read)
    return _new_page(clinic, forms.added(rows, found[0], scanned=many), to)


def _made(clinic: Clinic, rows: list[Row], to: str, now: dt.datetime) -> Answer:
    try:
        answer = once(lambda: _move(clinic, rows, to, now), now)
    except ShortageError as refusal:
        return _new_page(clinic, rows, to, refusal), 400
    except Refusal as refusal:
        return _new_page(clinic, rows, to, refusal), 400
    made = queries.transfer_of_clinic(clinic, answer["transfer"])
    here = url_for(".show", clinic_code=clinic.code, transfer_id=made.id)
    said = wording.made(made)
    undo = url_for("handling.undo_entry", clinic_code=clinic.code, entry_id=made.entry_id)
    flash_undo(said, undo, {"next": here})
    if made.to_location is not None:
        flash_notes(wording.misfits([line.item for line in made.lines], made.to_location))
    return redirect(here)


def _move(clinic: Clinic, rows: list[Row], to: str, now: dt.datetime) -> dict[str, Any]:
    kind, _colon, which = to.partition(":")
    more: dict[str, Any] = {
        "note": request.form.get("note", "").strip()[:500],
        "actor": access.actor(),
        "now": now,
    }
    lines = forms.wanted_lines(rows)
    if kind == "clinic":
        sister = next((one for one in sending.sisters(clinic) if one.code == which), None)
        if sister is not None:
            though_short = request.form.get("though_short") == "yes"
            sent = booked.send(clinic, sister, lines, though_short=though_short, **more)
            return {"transfer": sent.id}
    place = next((one for one in places(clinic) if str(one.id) == which), None)
    if kind != "place" or place is None:
        raise InvalidInput(("to", _("Choose where it goes.")))
    return {"transfer": moving.move(clinic, place, lines, **more).id}


@blueprint.get("/c/<clinic_code>/transfers/<int:transfer_id>")
@login_required
def show(clinic_code: str, transfer_id: int) -> str:
    """Show a transfer: what was sent, what became of it, and the next step."""
    clinic = access.clinic(clinic_code)
    return _page(clinic, queries.transfer_of_clinic(clinic, transfer_id))


def _page(
    clinic: Clinic,
    transfer: Transfer,
    refusal: Refusal | None = None,
    rows: Sequence[CameRow] | None = None,
) -> str:
    shelves = places(clinic)
    arrives = transfer.to_clinic_id == clinic.id and not transfer.is_within
    may = access.can(Right.STOCK)
    came: Sequence[CameRow] = rows or []
    if arrives and may and rows is None:
        came = forms.came_rows(transfer, request.form, shelves)
    return render_template(
        "transfers/show.html",
        clinic=clinic,
        transfer=transfer,
        came=came,
        counting=rows is not None or "counting" in request.form,
        arrives=arrives,
        places=[(place.id, place.name) for place in shelves],
        causes=[
            (LOST, _("Lost: nobody knows where")),
            *((cause.value, stock_words.CAUSE_WORDS[cause]) for cause in CHOSEN_CAUSES),
        ],
        may_move=may,
        timeline=timeline.of(clinic, transfer, may_undo=access.may_undo),
        sentence=wording.sentence(clinic, transfer),
        late=wording.is_late(transfer, clock.now()),
        faults=forms.by_field(refusal),
        refusals=_summary(refusal),
        typed=request.form,
        words=wording,
        stock_words=stock_words,
        today=access.today(),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


@blueprint.post("/c/<clinic_code>/transfers/<int:transfer_id>/receive")
@login_required
def receive(clinic_code: str, transfer_id: int) -> Answer:
    """Take in what came, once; what did not stays in transit."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    transfer = queries.transfer_of_clinic(clinic, transfer_id)
    if transfer.to_clinic_id != clinic.id:
        raise ForbiddenError(_("The clinic it goes to receives it."))
    rows = forms.came_rows(transfer, request.form, places(clinic))
    if _wish() == "scan":
        return _came_scanned(clinic, transfer, rows)
    seen = forms.seen_of(request.form)
    now = clock.now()

    def work() -> dict[str, Any]:
        lines = forms.came_lines(rows) if rows else None
        done = receiving.receive(transfer_id, lines, seen=seen, actor=access.actor(), now=now)
        return {"entry": done.entry_id, "missing": len(done.missing)}

    try:
        answer = once(work, now)
    except Refusal as refusal:
        fresh = queries.transfer_of_clinic(clinic, transfer_id)
        return _page(clinic, fresh, refusal), status_of_refusal(refusal)
    here = url_for(".show", clinic_code=clinic.code, transfer_id=transfer_id)
    said = _("Transfer %(code)s is received.", code=transfer.code)
    if answer["missing"]:
        said = ngettext(
            "Received. %(num)d lot is not complete: what is missing stays in transit.",
            "Received. %(num)d lots are not complete: what is missing stays in transit.",
            answer["missing"],
        )
    undo = url_for("handling.undo_entry", clinic_code=clinic.code, entry_id=answer["entry"])
    flash_undo(said, undo, {"next": here})
    flash_notes(_misfits(clinic, rows))
    return redirect(here)


def _came_scanned(clinic: Clinic, transfer: Transfer, rows: list[CameRow]) -> Answer:
    """Count what was scanned as come; nothing is stored until the end."""
    code = request.form.get("scan", "")
    if not code.strip():  # Enter pressed in another field
        return _page(clinic, transfer)
    begun = rows if "counting" in request.form else scans.none_counted(rows)
    counted, fault = scans.counted(clinic, begun, code, access.today())
    if fault:
        return _page(clinic, transfer, InvalidInput(("scan", fault))), 400
    return _page(clinic, transfer, rows=counted)


def _misfits(clinic: Clinic, rows: Sequence[CameRow]) -> list[str]:
    by_id = {place.id: place for place in places(clinic)}
    return [
        sentence
        for row in rows
        if row.location_id in by_id
        for sentence in wording.misfits([row.line.item], by_id[row.location_id])
    ]


@blueprint.post("/c/<clinic_code>/transfers/<int:transfer_id>/write-off")
@login_required
def write_off(clinic_code: str, transfer_id: int) -> Answer:
    """Give up what never arrived, once: for a cause, or as lost."""
    clinic, transfer = _sent_from(clinic_code, transfer_id)
    why, note, now = request.form.get("why", ""), request.form.get("note", "").strip(), clock.now()
    cause = next((one for one in CHOSEN_CAUSES if one == why), None)
    if cause is None and why != LOST:
        refusal = InvalidInput(("why", _("Choose what became of it.")))
        return _page(clinic, transfer, refusal), 400

    def work() -> dict[str, Any]:
        entry_id = writing_off.write_off(
            transfer_id,
            cause=cause,
            reason=note[:500] or _usual_reason(cause),
            named=False,
            actor=access.actor(),
            now=now,
        )
        return {"entry": entry_id}

    return _ended(clinic, transfer_id, work, _("Written off."), now)


def _usual_reason(cause: WasteCause | None) -> str:
    return str(stock_words.CAUSE_WORDS[cause]) if cause else _("Lost on the way")


@blueprint.post("/c/<clinic_code>/transfers/<int:transfer_id>/take-back")
@login_required
def take_back(clinic_code: str, transfer_id: int) -> Answer:
    """Put what is still on its way back where it came from, once."""
    clinic, _transfer = _sent_from(clinic_code, transfer_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        return {"entry": sending.take_back(transfer_id, actor=access.actor(), now=now)}

    return _ended(clinic, transfer_id, work, None, now)


def _sent_from(clinic_code: str, transfer_id: int) -> tuple[Clinic, Transfer]:
    """Return the clinic and its transfer, if it is the one that sent it."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    transfer = queries.transfer_of_clinic(clinic, transfer_id)
    if transfer.clinic_id != clinic.id:
        raise ForbiddenError(_("The clinic that sent it says what became of it."))
    return clinic, transfer


def _ended(
    clinic: Clinic,
    transfer_id: int,
    work: Callable[[], dict[str, Any]],
    undoable: str | None,
    now: dt.datetime,
) -> AnyResponse:
    here = url_for(".show", clinic_code=clinic.code, transfer_id=transfer_id)
    answer = done_once(work, now)
    if answer is not None and undoable:
        undo = url_for("handling.undo_entry", clinic_code=clinic.code, entry_id=answer["entry"])
        flash_undo(undoable, undo, {"next": here})
    elif answer is not None:
        flash(_("Back where it came from."), "success")
    return redirect(here)


@blueprint.get("/c/<clinic_code>/transfers/<int:transfer_id>/slip.pdf")
@login_required
def slip(clinic_code: str, transfer_id: int) -> Response:
    """Return the packing slip of a transfer, with its code to scan."""
    clinic = access.clinic(clinic_code)
    transfer = queries.transfer_of_clinic(clinic, transfer_id)
    answer = Response(documents.slip_pdf(transfer), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{transfer.code}.pdf"'
    return answer
