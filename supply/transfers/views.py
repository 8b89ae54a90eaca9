"""The pages of transfers: the list, and a new one."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue.barcodes import scan
from supply.inventory import wording as stock_words
from supply.inventory.boxes import containers_of, place_behind
from supply.inventory.refusals import ShortageError
from supply.items.queries import places
from supply.refusals import InvalidInput, Refusal
from supply.transfers import (
    booked,
    choosing,
    forms,
    moving,
    queries,
    sending,
    wording,
)
from supply.transfers.choosing import Choice
from supply.transfers.forms import Row
from supply.web import access
from supply.web.once import once
from supply.web.toasts import flash_notes, flash_undo

blueprint = Blueprint("transfers", __name__)

Answer = str | AnyResponse | tuple[str, int]


def summary(refusal: Refusal | None) -> list[Mapping[str, str] | str]:
    """Return what a page sums up of a refusal, each with the field it is about."""
    if isinstance(refusal, InvalidInput):
        return [
            {"text": message, "url": f"#{field.partition('.')[0]}"}
            for field, message in refusal.errors
        ]
    return [str(refusal)] if refusal and not isinstance(refusal, booked.LeavesShort) else []


def asked_for() -> str:
    """Return what the button pressed asks for. A scanner sends the form without pressing one."""
    scanned = request.form.get("scan", "").strip()
    return request.form.get("do") or ("scan" if scanned else "send")


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
        refusals=summary(refusal),
        short=refusal.sentences if isinstance(refusal, booked.LeavesShort) else [],
        offered=offered,
        scanned=scanned,
        typed=request.form,
        stock_words=stock_words,
        today=access.today(),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


@blueprint.post("/c/<clinic_code>/transfers/new")
@login_required
def make(clinic_code: str) -> Answer:
    """Add what was scanned to the form, take a row off it, or move what it says, once."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    now, to = clock.now(), request.form.get("to", "")
    rows = forms.typed_rows(clinic, request.form, today=access.today(), now=now)
    wish, _colon, which = asked_for().partition(":")
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
