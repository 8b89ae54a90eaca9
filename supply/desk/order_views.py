"""The supplier's pages of an order: what to answer, the ship form, the packing slip."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.answering import answer_forms, answering, progress, taking_back
from supply.answering.answering import packs_wanted
from supply.claims import queries as claim_queries
from supply.claims import wording as claim_wording
from supply.depot import filling
from supply.documents import bars
from supply.ordering import documents, panels, steps, wording
from supply.ordering import queries as order_queries
from supply.ordering.events import today_at
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side, Stage
from supply.refusals import InvalidInput, Refusal
from supply.shipping import forms, parcels, scanned_parcels, ship_lines, shipping
from supply.shipping.forms import ShipRow
from supply.shipping.refusals import NoLongerSent
from supply.shipping.routes import blueprint
from supply.web import access
from supply.web.forms import sentences
from supply.web.once import once
from supply.web.toasts import flash_undo

Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/s/<supplier_code>/orders/<int:order_id>", endpoint="order")
@login_required
def order_page(supplier_code: str, order_id: int) -> Answer:
    """Show an order with its pick list and the form to ship it."""
    return _order_page(access.supplier(supplier_code, Right.FULFIL), order_id)


def _order_page(
    supplier: Supplier,
    order_id: int,
    refusal: Refusal | None = None,
    rows: Sequence[ShipRow] | None = None,
    faults: Mapping[str, str] | None = None,
) -> str:
    order = order_queries.order_of_supplier(supplier, order_id)
    faulty = dict(refusal.errors) if isinstance(refusal, InvalidInput) else dict(faults or {})
    return render_template(
        "desk/order.html",
        supplier=supplier,
        order=order,
        word=wording.STATUS_WORDS[order.status],
        timeline=wording.timeline(order, supplier.timezone),
        shipments=parcels.shipments_of([order.id]),
        claims=claim_queries.claims_of_order(order.id),
        panels=panels.supplier_panels(order),
        words=claim_wording,
        **_to_ship(supplier, order, rows),
        faults=faulty,
        refusals=sentences(refusal)
        or [{"text": text, "url": f"#{field}"} for field, text in (faults or {}).items()],
        typed=request.form,
        seen={f"seen_{line}": packs for line, packs in packs_wanted(order).items()},
        parcel_rows=forms.PARCEL_ROWS,
        today=access.today(),
        Stage=Stage,
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _to_ship(
    supplier: Supplier, order: PurchaseOrder, rows: Sequence[ShipRow] | None
) -> dict[str, Any]:
    """Return the rows of the ship form, as typed or filled in, and what is in stock for them."""
    now = clock.now()
    fills = filling.fills_of(supplier, order, today_at(order, now), now)
    if rows is None:
        blank = forms.blank_ship_rows
        rows = blank(order) if fills is None else forms.filled_ship_rows(order, fills)
    return {"rows": rows, "fills": fills, "from_stock": filling.told(fills)}


@blueprint.post("/s/<supplier_code>/orders/<int:order_id>/acknowledge")
@login_required
def acknowledge(supplier_code: str, order_id: int) -> Answer:
    """Answer an order line by line: confirmed, later, declined, or replaced."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order = order_queries.order_of_supplier(supplier, order_id)

    def work(now: dt.datetime) -> PurchaseOrder:
        return answering.acknowledge(
            order_id,
            answer_forms.said(order, request.form),
            ship_on=answer_forms.ship_day(request.form),
            seen=answer_forms.seen(request.form),
            actor=access.actor(),
            now=now,
        )

    return _step(supplier, order_id, work, said=_("The order is acknowledged."))


@blueprint.post("/s/<supplier_code>/orders/<int:order_id>/decline")
@login_required
def decline(supplier_code: str, order_id: int) -> Answer:
    """Turn an order down, with a reason; the toast can take it back."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order_queries.order_of_supplier(supplier, order_id)
    reason = request.form.get("reason", "")
    return _step(
        supplier,
        order_id,
        lambda now: answering.decline(order_id, reason=reason, actor=access.actor(), now=now),
        said=_("The order is declined, and the clinic is told."),
        undo=url_for(".undo_decline", supplier_code=supplier_code, order_id=order_id),
    )


@blueprint.post("/s/<supplier_code>/orders/<int:order_id>/decline/undo")
@login_required
def undo_decline(supplier_code: str, order_id: int) -> Answer:
    """Take the order after all."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order_queries.order_of_supplier(supplier, order_id)
    return _step(
        supplier,
        order_id,
        lambda now: taking_back.take_back_declining(order_id, actor=access.actor(), now=now),
        said=_("Undone: the order stands again, and the clinic is told."),
    )


@blueprint.post("/s/<supplier_code>/orders/<int:order_id>/cancel")
@login_required
def cancel(supplier_code: str, order_id: int) -> Answer:
    """Cancel what cannot be sent any more, with a reason; the toast can take it back."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order_queries.order_of_supplier(supplier, order_id)
    reason = request.form.get("reason", "")
    return _step(
        supplier,
        order_id,
        lambda now: progress.cancel_rest(
            order_id, side=Side.SUPPLIER, reason=reason, actor=access.actor(), now=now
        ),
        said=_("What was left is cancelled, and the clinic is told."),
        undo=url_for(".undo_cancel", supplier_code=supplier_code, order_id=order_id),
    )


@blueprint.post("/s/<supplier_code>/orders/<int:order_id>/cancel/undo")
@login_required
def undo_cancel(supplier_code: str, order_id: int) -> Answer:
    """Take back what this supplier cancelled last."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order_queries.order_of_supplier(supplier, order_id)
    return _step(
        supplier,
        order_id,
        lambda now: taking_back.take_back_cancelling(
            order_id, side=Side.SUPPLIER, actor=access.actor(), now=now
        ),
        said=_("Undone: it is on order again, and the clinic is told."),
    )


@blueprint.post("/s/<supplier_code>/orders/<int:order_id>/comments")
@login_required
def comment(supplier_code: str, order_id: int) -> Answer:
    """Say something both sides read."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order_queries.order_of_supplier(supplier, order_id)
    text = request.form.get("text", "")
    return _step(
        supplier,
        order_id,
        lambda now: progress.comment(order_id, text=text, actor=access.actor(), now=now),
    )


@blueprint.post("/s/<supplier_code>/shipments/<int:shipment_id>/undo")
@login_required
def undo_shipment(supplier_code: str, shipment_id: int) -> Answer:
    """Take a shipment back that has not left after all."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    gone = parcels.order_of_one_taken_back(supplier, shipment_id, request.form.get("code"))
    order_id = gone or parcels.shipment_of_supplier(supplier, shipment_id).order_id

    def work(now: dt.datetime) -> PurchaseOrder:
        if gone:
            raise NoLongerSent  # and whose that id may be by now, nobody has checked
        return shipping.take_back(shipment_id, actor=access.actor(), now=now)

    return _step(
        supplier,
        order_id,
        work,
        said=_("Undone: the packs are to ship again, and the clinic is told."),
    )


@blueprint.post("/s/<supplier_code>/shipments/<int:shipment_id>/tracking")
@login_required
def track(supplier_code: str, shipment_id: int) -> Answer:
    """Note tracking numbers that came after the shipment left."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order_id = parcels.shipment_of_supplier(supplier, shipment_id).order_id

    def work(now: dt.datetime) -> PurchaseOrder:
        parcels = forms.parcels(request.form)
        return shipping.track(shipment_id, parcels, actor=access.actor(), now=now).order

    return _step(supplier, order_id, work, said=_("The tracking number is noted."))


def _step(
    supplier: Supplier,
    order_id: int,
    work: Callable[[dt.datetime], PurchaseOrder],
    *,
    said: str = "",
    undo: str | None = None,
) -> Answer:
    back = url_for(".order", supplier_code=supplier.code, order_id=order_id)
    return steps.take(
        work,
        said=said,
        undo=undo,
        back=back,
        refused=lambda refusal: _order_page(supplier, order_id, refusal),
    )


@blueprint.post("/s/<supplier_code>/orders/<int:order_id>/ship")
@login_required
def ship(supplier_code: str, order_id: int) -> Answer:
    """Send a parcel; with ``do=read`` only read what was scanned into lot fields."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order = order_queries.order_of_supplier(supplier, order_id)
    rows, scan_faults = forms.typed_ship_rows(order, request.form, access.today())
    if code := request.form.get("scan", "").strip():
        rows, fault = scanned_parcels.put_in_its_row(rows, code, access.today())
        scan_faults += [("scan", fault)] if fault else []
    # A scanner sends the form without pressing a button: that ships nothing.
    if (request.form.get("do") or ("read" if code else "ship")) == "read":
        return _order_page(supplier, order_id, None, rows, dict(scan_faults))
    now = clock.now()
    try:
        if scan_faults:
            raise InvalidInput(*scan_faults)
        lines, used = forms.ship_lines(rows)
        answer = once(lambda: _send(order_id, lines, used, now), now)
    except Refusal as refusal:
        return _order_page(supplier, order_id, refusal, rows), 400
    at = {"supplier_code": supplier_code, "shipment_id": answer["shipment"]}
    text = str(_("Shipment %(code)s is on its way.", code=answer["code"]))
    flash_undo(text, url_for(".undo_shipment", **at), {"code": answer["code"]})
    return redirect(url_for(".packing_slip", **at))


def _send(
    order_id: int, lines: list[ship_lines.ShipLine], used: list[ShipRow], now: dt.datetime
) -> dict[str, Any]:
    try:
        shipment = shipping.ship(
            order_id,
            lines,
            parcels=forms.parcels(request.form),
            actor=access.actor(),
            now=now,
        )
    except InvalidInput as fault:
        raise forms.by_field(fault, used) from fault
    return {"shipment": shipment.id, "code": shipment.code}


@blueprint.get("/s/<supplier_code>/orders/<int:order_id>/order.<any(pdf, csv):form>")
@login_required
def document(supplier_code: str, order_id: int, form: str) -> Answer:
    """Download the order on paper, or for a program."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    return documents.download(order_queries.order_of_supplier(supplier, order_id), form)


@blueprint.get("/s/<supplier_code>/shipments/<int:shipment_id>")
@login_required
def packing_slip(supplier_code: str, shipment_id: int) -> Answer:
    """Show the packing slip of a shipment, made for print."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    shipment = parcels.shipment_of_supplier(supplier, shipment_id)
    return render_template(
        "desk/packing_slip.html",
        supplier=supplier,
        shipment=shipment,
        bars=bars.code_128(shipment.code),
    )
