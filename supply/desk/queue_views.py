"""The supplier's desk: what must leave, several orders answered or picked in one go."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.answering import answer_forms, answering
from supply.answering.answering import packs_wanted
from supply.claims import queries as claim_queries
from supply.desk import panels, queue
from supply.desk.queue import Show
from supply.desk.routes import blueprint
from supply.ordering import queries as order_queries
from supply.ordering import wording
from supply.ordering.events import locked_order
from supply.ordering.refusals import ChangedSince
from supply.refusals import InvalidInput, Refusal
from supply.web import access
from supply.web.choices import chosen
from supply.web.once import once

Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/s/<supplier_code>/orders")
@login_required
def orders(supplier_code: str) -> Answer:
    """Show what must leave, by the day it is promised, late orders first."""
    return _page(access.supplier(supplier_code, Right.FULFIL))


@blueprint.post("/s/<supplier_code>/orders/acknowledge")
@login_required
def together(supplier_code: str) -> Answer:
    """Acknowledge the ticked orders in full, or each that the page showed; or list what to pick.

    Each by itself: one that cannot be is named, and the others are done.
    """
    supplier = access.supplier(supplier_code, Right.FULFIL)
    shown = "shown" if request.form.get("do") == "all" else "order"
    ids = list(dict.fromkeys(request.form.getlist(shown, type=int)))
    for order_id in ids:
        order_queries.order_of_supplier(supplier, order_id)
    if request.form.get("do") == "pick":
        return redirect(url_for(".pick_list", supplier_code=supplier.code, order=ids))
    try:
        ship_on = answer_forms.ship_day(request.form)
    except InvalidInput as refusal:
        return _page(supplier, dict(refusal.errors)), 400
    _acknowledge(ids, ship_on)
    if not ids:
        flash(_("Nothing to acknowledge: tick at least one new order."), "warning")
    return redirect(url_for(".orders", supplier_code=supplier.code))


def _acknowledge(ids: list[int], ship_on: dt.date | None) -> None:
    """Acknowledge each order in a transaction of its own; tell how many, and which not."""
    done, actor, now = 0, access.actor(), clock.now()
    for order_id in ids:

        def work(order_id: int = order_id) -> dict[str, Any]:
            _check_shown(order_id)
            answering.acknowledge(order_id, ship_on=ship_on, actor=actor, now=now)
            return {"order": order_id}

        try:
            once(work, now, part=str(order_id))
        except Refusal as refusal:
            flash(_named(order_id, refusal), "warning")
            continue
        done += 1
    if done:
        flash(
            ngettext("%(num)d order acknowledged.", "%(num)d orders acknowledged.", done), "success"
        )


def _check_shown(order_id: int) -> None:
    """Refuse an order of which the clinic wants other packs than the page showed."""
    shown = request.form.get(f"packs_{order_id}", type=int)
    order = locked_order(order_id)
    if shown is not None and shown != sum(packs_wanted(order).values()):
        raise ChangedSince(order.number)


def _named(order_id: int, refusal: Refusal) -> str:
    """Return why an order was not acknowledged; the sentence of a wrong day does not name it."""
    if not isinstance(refusal, InvalidInput):
        return str(refusal)
    number = order_queries.order_with_id(order_id).number
    return str(_("Order %(number)s: %(why)s", number=number, why=refusal))


def _page(supplier: Supplier, faults: dict[str, str] | None = None) -> str:
    show = chosen(Show, request.args.get("show"), Show.OPEN)
    today = access.today()
    page = queue.waiting(supplier, show, today, request.args.get("after"))
    counts = queue.counts(supplier, today)
    return render_template(
        "desk/orders.html",
        supplier=supplier,
        page=page,
        show=show,
        chips=_chips(supplier, show, counts),
        counts=counts,
        Show=Show,
        words=wording.STATUS_WORDS,
        today=today,
        claims=claim_queries.count_claims(supplier, claim_queries.Show.OPEN),
        faults=faults or {},
        ticked=request.form.getlist("order", type=int),
        typed=request.form,
        panels=panels.panels(supplier),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _chips(supplier: Supplier, show: Show, counts: Any) -> list[dict[str, Any]]:
    labels = {
        Show.OPEN: pgettext("orders", "Open"),
        Show.NEW: _("To acknowledge"),
        Show.LATE: _("Late"),
        Show.OFFERED: _("Substitute"),
        Show.COLD: _("Cold"),
        Show.SHIPPED: _("Shipped"),
        Show.ENDED: _("Ended"),
    }
    return [
        {
            "label": label,
            "url": url_for(".orders", supplier_code=supplier.code, show=option.value),
            "active": option is show,
            "count": counts.get(option),
        }
        for option, label in labels.items()
    ]
