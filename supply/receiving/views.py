"""The clinic's pages: what is on its way, receiving a parcel, receiving goods without one."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.inventory.lookalikes import notes_of_entry
from supply.items.prescription import barred_items
from supply.ordering import queries as order_queries
from supply.ordering.models import PurchaseOrder
from supply.receiving import (
    forms,
    goods_forms,
    goods_in,
    queries,
    receiving,
    said_otherwise,
    scanned_goods,
    wording,
)
from supply.receiving.forms import ReceiveRow
from supply.receiving.refusals import AlreadyReceived
from supply.receiving.said_otherwise import Unheard
from supply.receiving.scanned_goods import GoodsRow
from supply.receiving.scans import find_line
from supply.receiving.terms import Arrived, ClaimWish
from supply.refusals import InvalidInput, Refusal
from supply.shipping import parcels
from supply.shipping.models import Shipment
from supply.shipping.refusals import NoLongerSent
from supply.shipping.routes import blueprint
from supply.transfers import queries as transfers
from supply.transfers import wording as transfer_words
from supply.web import access
from supply.web.forms import sentences, status_of_refusal
from supply.web.once import once
from supply.web.toasts import flash_notes, flash_undo

Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/c/<clinic_code>/receive")
@login_required
def receive(clinic_code: str) -> Answer:
    """Show what is on its way; a code typed or scanned opens its shipment."""
    clinic = access.clinic(clinic_code)
    code = request.args.get("code", "").strip()
    if code:
        try:
            found = parcels.shipment_with_code(clinic, code)
        except NotFoundHereError:
            return _transfer_with(clinic, code)
        return redirect(url_for(".receive_shipment", clinic_code=clinic_code, shipment_id=found.id))
    return _receive_page(clinic)


def _transfer_with(clinic: Clinic, code: str) -> Answer:
    """Open the transfer with a code that is no shipment's; 404 where there is none."""
    try:
        found = transfers.transfer_with_code(clinic, code)
    except NotFoundHereError:
        return _receive_page(clinic, code), 404
    return redirect(url_for("transfers.show", clinic_code=clinic.code, transfer_id=found.id))


def _receive_page(clinic: Clinic, unknown: str | None = None) -> str:
    order_id = request.args.get("order", type=int)
    arriving = queries.arriving(clinic)
    shipments, orders = arriving.shipments, arriving.orders
    if order_id is not None:
        shipments = [one for one in shipments if one.order_id == order_id]
        orders = [one for one in orders if one.id == order_id]
    return render_template(
        "receiving/receive.html",
        clinic=clinic,
        shipments=shipments,
        orders=orders,
        transfers=[] if order_id else transfers.arriving(clinic),
        contents=transfer_words.contents,
        order_id=order_id,
        unknown=unknown,
        may_receive=access.can(Right.STOCK),
        today=access.today(),
    )


@blueprint.get("/c/<clinic_code>/receive/<int:shipment_id>")
@login_required
def receive_shipment(clinic_code: str, shipment_id: int) -> Answer:
    """Show a shipment line by line, to be checked off."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    shipment = parcels.shipment_of_clinic(clinic, shipment_id)
    return _shipment_page(clinic, shipment, forms.blank_receive_rows(shipment))


def _shipment_page(
    clinic: Clinic,
    shipment: Shipment,
    rows: list[ReceiveRow],
    refusal: Refusal | None = None,
    scanned: str | None = None,
    missed: str | None = None,
    otherwise: str = "",
    unheard: Sequence[Unheard] = (),
) -> str:
    counting = (scanned is not None or "counting" in request.form) and not otherwise
    return render_template(
        "receiving/receive_shipment.html",
        clinic=clinic,
        shipment=shipment,
        rows=rows,
        faults=dict(refusal.errors) if isinstance(refusal, InvalidInput) else {},
        refusals=_for_summary(refusal),
        typed=request.form,
        scanned=scanned,
        missed=missed,
        otherwise=otherwise,
        unheard=unheard,
        receipts=queries.receipts_of(shipment.id),
        wishes=[("", str(_("What is usual"))), *wording.wishes()],
        barred=_barred(clinic, rows),
        counting=counting,
        counted=sum(row.counted for row in rows),
        expected=sum(row.left for row in rows),
        complete=counting and all(row.complete for row in rows),
        today=access.today(),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _barred(clinic: Clinic, rows: Sequence[ReceiveRow]) -> frozenset[int]:
    """Return the items left to receive that are not for this person: prescription only."""
    return barred_items(clinic, {row.line.order_line.item_id for row in rows}, access.actor())


def _for_summary(refusal: Refusal | None) -> list[Mapping[str, str] | str]:
    """Return a refusal for the summary; the ledger's row names are not fields of this form."""
    if isinstance(refusal, InvalidInput):
        return [
            message if "." in field else {"text": message, "url": f"#{field}"}
            for field, message in refusal.errors
        ]
    return sentences(refusal)


@blueprint.post("/c/<clinic_code>/receive/<int:shipment_id>")
@login_required
def take_shipment(clinic_code: str, shipment_id: int) -> Answer:
    """Check a line off by scan, fill in the rest as good, or take in what is counted."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    if order_id := parcels.order_of_one_taken_back(clinic, shipment_id, request.form.get("code")):
        return _to_order(clinic, order_id, NoLongerSent())
    shipment = parcels.shipment_of_clinic(clinic, shipment_id)
    rows = forms.receive_rows(shipment, request.form)
    if _wish() == "scan":
        return _scanned(clinic, shipment, rows)
    if _wish() == "fill":
        return _shipment_page(clinic, shipment, [row.filled() for row in rows])
    return _received(clinic, shipment, rows)


def _received(clinic: Clinic, shipment: Shipment, rows: list[ReceiveRow]) -> Answer:
    """Take in what is counted, once; tell what stands in the way."""
    now = clock.now()
    shipment_id, code, order_id = shipment.id, shipment.code, shipment.order_id
    try:
        answer = once(lambda: _take(shipment_id, rows, now), now)
    except NoLongerSent as refusal:
        return _to_order(clinic, order_id, refusal)
    except AlreadyReceived as refusal:
        return _told_otherwise(clinic, shipment_id, rows, refusal), 409
    except Refusal as refusal:
        return _shipment_page(clinic, shipment, rows, refusal), status_of_refusal(refusal)
    left = queries.packs_left(shipment_id)
    here = url_for(".receive_shipment", clinic_code=clinic.code, shipment_id=shipment_id)
    _flash_received(clinic, _received_text(code, left), answer["entry"], here)
    return redirect(here if left else url_for(".receive", clinic_code=clinic.code))


def _to_order(clinic: Clinic, order_id: int, refusal: NoLongerSent) -> AnyResponse:
    """Say that a shipment is gone, on the page of its order."""
    flash(str(refusal), "error")
    return redirect(url_for("ordering.order", clinic_code=clinic.code, order_id=order_id))


def _received_text(code: str, left: int) -> str:
    if not left:
        return str(_("Shipment %(code)s is received.", code=code))
    return str(
        ngettext(
            "Part of shipment %(code)s is received; %(num)d pack is still to come.",
            "Part of shipment %(code)s is received; %(num)d packs are still to come.",
            left,
            code=code,
        )
    )


def _told_otherwise(
    clinic: Clinic, shipment_id: int, rows: list[ReceiveRow], refusal: AlreadyReceived
) -> str:
    """Show the shipment as it stands, who received it, what was typed and the ways to claim it."""
    shipment = parcels.shipment_of_clinic(clinic, shipment_id)
    counted = said_otherwise.unheard(clinic, refusal.order_id, rows, request.form)
    fresh = forms.blank_receive_rows(shipment)
    return _shipment_page(clinic, shipment, fresh, otherwise=str(refusal), unheard=counted)


def _wish() -> str:
    """Return what the button pressed asks for. A scanner sends the form without pressing one."""
    return request.form.get("do") or ("scan" if request.form.get("scan", "").strip() else "some")


def _take(shipment_id: int, rows: list[ReceiveRow], now: dt.datetime) -> dict[str, Any]:
    reason = request.form.get("reason", "").strip()
    missing = "rest_missing" in request.form
    # A page left open after all was taken in has nothing to say; the answer stays the same.
    want = next((wish for wish in ClaimWish if wish == request.form.get("want")), None)
    lines = None
    if rows:
        lines = forms.received_lines(rows, rest_missing=missing, reason=reason, want=want)
    return receiving.receive_shipment(
        shipment_id,
        lines,
        seen={row.line.id: row.left for row in rows},
        reason=reason,
        actor=access.actor(),
        now=now,
    )


def _scanned(clinic: Clinic, shipment: Shipment, rows: list[ReceiveRow]) -> Answer:
    """Count the scanned packs as good on their row; nothing is stored until the end.

    The fresh form says that all is good; the first scan starts that count at none.
    """
    code = request.form.get("scan", "")
    if not code.strip():  # Enter pressed in another field
        return _shipment_page(clinic, shipment, rows)
    found = find_line(code, shipment.lines, access.today())
    if not found.lines:
        return _shipment_page(clinic, shipment, rows, missed=found.sentence), 400
    if "counting" not in request.form:
        rows = [replace(row, good="0") for row in rows]
    meant = [row for row in rows if row.line in found.lines]
    row = next((row for row in meant if row.room >= found.packs), None)
    if row is None:
        return _shipment_page(clinic, shipment, rows, missed=_no_room(meant, found.packs)), 400
    counted = [one.with_more(found.packs) if one is row else one for one in rows]
    return _shipment_page(clinic, shipment, counted, scanned=row.line.order_line.name)


def _no_room(rows: list[ReceiveRow], packs: int) -> str:
    """Say that a scan would count more packs than were sent; it counts nothing."""
    name = rows[0].line.order_line.name
    room = max(row.room for row in rows)
    if not room:
        return str(_("%(name)s: every pack of this lot is counted already.", name=name))
    return str(
        ngettext(
            "%(name)s: this code stands for %(packs)d packs, and %(num)d is left to count.",
            "%(name)s: this code stands for %(packs)d packs, and %(num)d are left to count.",
            room,
            name=name,
            packs=packs,
        )
    )


def _flash_received(clinic: Clinic, text: str, entry: int | None, back: str) -> None:
    """Say what was received, with the way to undo it; that leads ``back`` to receive it anew."""
    if entry is None:
        flash(text, "success")
        return
    undo = url_for("handling.undo_entry", clinic_code=clinic.code, entry_id=entry)
    flash_undo(text, undo, {"next": back})
    flash_notes(notes_of_entry(entry))


@blueprint.get("/c/<clinic_code>/receive/goods")
@login_required
def receive_goods(clinic_code: str) -> Answer:
    """Show the form for goods that come without a shipment, by hand or against an order."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    return _goods_page(clinic, _order_named(clinic))


@blueprint.post("/c/<clinic_code>/receive/goods")
@login_required
def take_goods(clinic_code: str) -> Answer:
    """Take goods in as typed; scans are read first, and ``do`` may ask for that alone."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    order = _order_named(clinic)
    now = clock.now()
    rows, faults = goods_forms.typed_rows(clinic, order, request.form, access.today())
    # A scanner sends the form without pressing a button: that takes nothing in.
    wish = request.form.get("do") or ("read" if request.form.get("scan", "").strip() else "take")
    if wish in ("read", "more"):
        refusal = InvalidInput(*faults) if faults else None
        more = wish == "more" or (not faults and not rows[-1].blank)
        rows = goods_forms.with_blank(rows) if more and order is None else rows
        code = "" if faults else request.form.get("scan", "").strip()
        told = scanned_goods.told(clinic, rows, code, access.today()) if code else ""
        return _goods_page(clinic, order, rows, refusal, told), 400 if faults else 200

    def work() -> dict[str, Any]:
        if faults:
            raise InvalidInput(*faults)
        lines = goods_forms.goods_lines(rows)
        return goods_in.receive_goods(clinic, lines, order=order, actor=access.actor(), now=now)

    try:
        answer = once(work, now)
    except Refusal as refusal:
        named = goods_forms.by_field(refusal, rows)
        return _goods_page(clinic, order, rows, named), status_of_refusal(refusal)
    back = url_for(".receive", clinic_code=clinic_code)
    said = _("The goods are received.")
    if held := sum(row.arrived in (Arrived.DAMAGED, Arrived.WARM) for row in rows if not row.blank):
        said += " " + ngettext("%(num)d row is on hold.", "%(num)d rows are on hold.", held)
    _flash_received(clinic, str(said), answer["entry"], back)
    return redirect(back)


def _order_named(clinic: Clinic) -> PurchaseOrder | None:
    order_id = request.values.get("order", type=int)
    return None if order_id is None else order_queries.order_of_clinic(clinic, order_id)


def _goods_page(
    clinic: Clinic,
    order: PurchaseOrder | None,
    rows: list[GoodsRow] | None = None,
    refusal: Refusal | None = None,
    told: str = "",
) -> str:
    faults = dict(refusal.errors) if isinstance(refusal, InvalidInput) else {}
    return render_template(
        "receiving/receive_goods.html",
        clinic=clinic,
        order=order,
        rows=goods_forms.blank_rows(order) if rows is None else rows,
        scan_text=request.form.get("scan", "") if "scan" in faults else "",
        scanned_wrong=[request.form.get(field, "") for field in faults],
        places=goods_forms.places(clinic),
        told=told,
        ways_to_arrive=wording.ways_to_arrive(),
        items=[] if order else goods_forms.item_codes(clinic),
        faults=faults,
        refusals=sentences(refusal),
        today=access.today(),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )
