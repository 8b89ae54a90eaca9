"""The pages of one transfer: its next step, receiving, writing off, taking back, its slip."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.access import ForbiddenError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.inventory import wording as stock_words
from supply.inventory.terms import CHOSEN_CAUSES, WasteCause
from supply.items.queries import places
from supply.refusals import InvalidInput, Refusal
from supply.transfers import (
    documents,
    forms,
    queries,
    receiving,
    scans,
    sending,
    timeline,
    wording,
    writing_off,
)
from supply.transfers.forms import CameRow
from supply.transfers.models import Transfer
from supply.transfers.views import Answer, asked_for, blueprint, summary
from supply.web import access
from supply.web.forms import status_of_refusal
from supply.web.once import once
from supply.web.saving import done_once
from supply.web.toasts import flash_notes, flash_undo

LOST = "lost"
"""What people choose where nobody knows what became of it: no cause of waste."""


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
        refusals=summary(refusal),
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
    if asked_for() == "scan":
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
