"""Pages of changing an order, of either side."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.rules import Right
from supply.amending import backorder_views, panels, services, wording
from supply.amending.routes import OF_CLINIC, OF_SUPPLIER, blueprint
from supply.amending.services import Wanted, wanted_now
from supply.amending.terms import Answer
from supply.baskets.placing import order_limit
from supply.baskets.requesting import read_day
from supply.ordering import queries
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side, Stage
from supply.refusals import InvalidInput, Refusal
from supply.text import whole
from supply.web import access
from supply.web.forms import sentences
from supply.web.once import once
from supply.web.saving import done_once

Page = str | Response | tuple[str, int]

__all__ = ["backorder_views", "blueprint", "panels", "wording"]
"""Importing the room's pages says what orders' pages and timelines show of changes."""


@blueprint.route(f"{OF_CLINIC}/change", methods=["GET", "POST"])
@login_required
def change(clinic_code: str, order_id: int) -> Page:
    """Change a placed order: at once, or by consent once its supplier has answered."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = queries.order_of_clinic(clinic, order_id)
    back = url_for("ordering.order", clinic_code=clinic_code, order_id=order_id)
    return _change(order, Side.CLINIC, back)


@blueprint.route(f"{OF_SUPPLIER}/change", methods=["GET", "POST"])
@login_required
def propose(supplier_code: str, order_id: int) -> Page:
    """Propose a change of an acknowledged order to its clinic."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order = queries.order_of_supplier(supplier, order_id)
    back = url_for("fulfilment.order", supplier_code=supplier_code, order_id=order_id)
    return _change(order, Side.SUPPLIER, back)


@blueprint.post(f"{OF_CLINIC}/changes/<int:change_id>/<any(accept, decline, withdraw):answer>")
@login_required
def answer(clinic_code: str, order_id: int, change_id: int, answer: str) -> Page:
    """Answer the supplier's proposal, or withdraw one's own."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    queries.order_of_clinic(clinic, order_id)
    back = url_for("ordering.order", clinic_code=clinic_code, order_id=order_id)
    return _answer(order_id, change_id, Answer(answer), Side.CLINIC, back)


@blueprint.post(f"{OF_SUPPLIER}/changes/<int:change_id>/<any(accept, decline, withdraw):answer>")
@login_required
def supplier_answer(supplier_code: str, order_id: int, change_id: int, answer: str) -> Page:
    """Answer the clinic's proposal, or withdraw one's own."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    queries.order_of_supplier(supplier, order_id)
    back = url_for("fulfilment.order", supplier_code=supplier_code, order_id=order_id)
    return _answer(order_id, change_id, Answer(answer), Side.SUPPLIER, back)


def _change(order: PurchaseOrder, side: Side, back: str) -> Page:
    if request.method == "GET":
        return _page(order, side, back)
    now = clock.now()
    limit = order_limit(access.membership()) if side is Side.CLINIC else None
    order_id = order.id

    def work() -> dict[str, Any]:
        made = services.propose(
            order_id, wanted, side=side, limit=limit, actor=access.actor(), now=now
        )
        return {"proposed": made is not None}

    try:
        wanted = _read(order)
        done = once(work, now)
    except Refusal as refusal:
        return _page(queries.order_with_id(order_id), side, back, refusal), 400
    text = _("The change is proposed. The other side has a mail and answers it.")
    flash(text if done["proposed"] else _("The order is changed. The supplier is told."), "success")
    return redirect(back)


def _read(order: PurchaseOrder) -> Wanted:
    """Return what was typed, where that is another than the page showed: what a colleague has
    changed since stays.

    Raises:
        InvalidInput: what is no day or no whole number, all of it.
    """
    faults: list[tuple[str, str]] = []
    packs: dict[int, int] = {}
    day: dt.date | None = None
    for line in order.lines:
        typed = request.form.get(f"packs_{line.id}", str(wanted_now(line)))
        if typed == request.form.get(f"was_{line.id}"):
            continue
        number = whole(typed)
        if number is None:
            text = _("Enter whole packs.")
            more = _("%(what)s: %(more)s", what=line.name, more=text)
            faults.append((f"packs_{line.id}", str(more)))
        else:
            packs[line.id] = number
    try:
        typed = request.form.get("day", "")
        day = None if typed == request.form.get("was_day") else read_day(typed, "day")
    except InvalidInput as fault:
        faults += fault.errors
    if faults:
        raise InvalidInput(*faults)
    return Wanted(day, packs, request.form.get("reason", ""))


def _answer(order_id: int, change_id: int, given: Answer, side: Side, back: str) -> Response:
    now = clock.now()

    def work() -> dict[str, Any]:
        done = services.answer(
            order_id,
            change_id,
            given,
            side=side,
            limit=order_limit(access.membership()) if side is Side.CLINIC else None,
            seen=_seen(),
            actor=access.actor(),
            now=now,
        )
        return {"state": done.state.value}

    if done_once(work, now) is not None:
        flash(str(_SAID[given]()), "success")
    return redirect(back)


def _seen() -> dict[int, int] | None:
    """Return the packs by line id that the page showed; None where it did not say."""
    shown = {name.removeprefix("seen_"): text for name, text in request.form.items()
             if name.startswith("seen_")}  # fmt: skip
    packs = {whole(line): whole(text) for line, text in shown.items()}
    return {line: count for line, count in packs.items() if line and count} if shown else None


_SAID = {
    Answer.ACCEPT: lambda: _("Accepted: the order is changed."),
    Answer.DECLINE: lambda: _("Declined: the order stays as it is."),
    Answer.WITHDRAW: lambda: _("Withdrawn: the order stays as it is."),
}


def _page(order: PurchaseOrder, side: Side, back: str, refusal: Refusal | None = None) -> str:
    typed: Mapping[str, str] = request.form
    return render_template(
        "amending/change.html",
        order=order,
        back=back,
        at_once=side is Side.CLINIC and order.stage is Stage.PLACED,
        wanted={line.id: wanted_now(line) for line in order.lines},
        day=order.requested_on.isoformat() if order.requested_on else "",
        typed=typed,
        faults=dict(refusal.errors) if isinstance(refusal, InvalidInput) else {},
        errors=sentences(refusal),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )
