"""Pages of the ordering room: the basket, the list of orders, one order."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.catalogue import wording as goods
from supply.db import transaction
from supply.ordering import documents, pages, panels, queries, services, steps, wording
from supply.ordering.blueprint import blueprint
from supply.ordering.models import PurchaseOrder
from supply.ordering.queries import Show
from supply.ordering.sending_back import reason_sent_back
from supply.ordering.services import BasketLine
from supply.ordering.terms import Side, Stage
from supply.refusals import Refusal
from supply.web import access
from supply.web.choices import chosen
from supply.web.forms import sentences
from supply.web.once import once
from supply.web.toasts import flash_undo

Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/c/<clinic_code>/basket")
@login_required
def basket(clinic_code: str) -> Answer:
    """Show what the clinic is about to order, one column for each supplier."""
    return _basket_page(access.clinic(clinic_code))


@blueprint.post("/c/<clinic_code>/basket")
@login_required
def add(clinic_code: str) -> Answer:
    """Put packs of a product into the basket; with ``raise_to`` put back what was taken off."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    now = clock.now()
    line = BasketLine(
        product_id=request.form.get("product_id", 0, type=int),
        packs=pages.packs(request.form.get("packs", "1")),
        why=request.form.get("why", ""),
        raise_to="raise_to" in request.form,
    )

    def put() -> dict[str, Any]:
        orders = services.add_to_basket(clinic, [line], actor=access.actor(), now=now)
        return {"orders": [order.id for order in orders]}

    once(put, now)
    flash(_("It is in the basket."), "success")
    return redirect(url_for(".basket", clinic_code=clinic_code))


@blueprint.post("/c/<clinic_code>/basket/<int:order_id>")
@login_required
def change(clinic_code: str, order_id: int) -> Answer:
    """Keep the packs typed for a draft; with ``do=place`` place it as well."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = queries.order_of_clinic(clinic, order_id)
    try:
        wanted = pages.typed_packs(request.form, order)
        if request.form.get("do") == "place":
            return _place(clinic, order, wanted)
        with transaction():
            services.set_packs(order.id, wanted, actor=access.actor(), now=clock.now())
    except Refusal as refusal:
        if order.basket:
            return _basket_page(clinic, order.id, refusal), 400
        return order_page(clinic, order_id, refusal), 400
    flash(_("Saved."), "success")
    return redirect(_home_of(order))


def _place(clinic: Clinic, order: PurchaseOrder, wanted: Mapping[int, int]) -> Answer:
    now = clock.now()
    limit = pages.limit_here()
    order_id = order.id

    def work() -> dict[str, Any]:
        if order.stage is Stage.DRAFT:
            services.set_packs(order_id, wanted, actor=access.actor(), now=now)
        done = services.place(order_id, limit_minor=limit, actor=access.actor(), now=now)
        return {"order": done.id, "number": done.number, "stage": done.stage.value}

    answer = once(work, now)
    if answer["stage"] == Stage.AWAITING_APPROVAL.value:
        message = _("Order %(number)s waits for an owner's approval.", number=answer["number"])
    else:
        message = _("Order %(number)s is placed.", number=answer["number"])
    flash(message, "success")
    return redirect(url_for(".order", clinic_code=clinic.code, order_id=order_id))


@blueprint.post("/c/<clinic_code>/basket/<int:order_id>/lines/<int:line_id>/remove")
@login_required
def remove(clinic_code: str, order_id: int, line_id: int) -> Answer:
    """Take a line off a draft; the toast can put it back."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = queries.order_of_clinic(clinic, order_id)
    back = _home_of(order)
    name = next((line.name for line in order.lines if line.id == line_id), "")
    in_basket = order.basket
    with transaction():
        line = services.remove_line(order_id, line_id, actor=access.actor(), now=clock.now())
    text = str(_("%(name)s is off the order.", name=name))
    if in_basket:
        fields = {"product_id": line.product_id, "packs": line.packs, "why": line.why}
        undo = url_for(".add", clinic_code=clinic_code)
        flash_undo(text, undo, {**fields, "raise_to": "1"})
    else:
        flash(text, "success")
    return redirect(back)


def _home_of(order: PurchaseOrder) -> str:
    if order.basket:
        return url_for(".basket", clinic_code=order.clinic.code)
    return url_for(".order", clinic_code=order.clinic.code, order_id=order.id)


def _basket_page(
    clinic: Clinic, faulty_id: int | None = None, refusal: Refusal | None = None
) -> str:
    """Render the basket; the order ``faulty_id`` keeps what was typed and says what is wrong."""
    now = clock.now()
    columns = [
        pages.draft_column(order, now, refusal if order.id == faulty_id else None, request.form)
        for order in queries.baskets(clinic)
    ]
    return render_template(
        "ordering/basket.html",
        clinic=clinic,
        columns=columns,
        goods=goods,
        waiting=queries.waiting_for_approval([clinic.id]),
        today=access.today(),
        may_order=access.can(Right.ORDER),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


@blueprint.get("/c/<clinic_code>/orders")
@login_required
def orders(clinic_code: str) -> Answer:
    """List the clinic's orders, newest first."""
    clinic = access.clinic(clinic_code)
    show = chosen(Show, request.args.get("show"), Show.OPEN)
    page = queries.clinic_orders(clinic, show, request.args.get("before", type=int))
    return render_template(
        "ordering/orders.html",
        clinic=clinic,
        page=page,
        show=show,
        chips=pages.show_chips(clinic, show),
        words=wording.STATUS_WORDS,
        today=access.today(),
    )


@blueprint.get("/c/<clinic_code>/orders/<int:order_id>")
@login_required
def order(clinic_code: str, order_id: int) -> Answer:
    """Show where an order is, and the one next step."""
    return order_page(access.clinic(clinic_code), order_id)


def order_page(clinic: Clinic, order_id: int, refusal: Refusal | None = None) -> str:
    found = queries.order_of_clinic(clinic, order_id)
    column = None
    if found.stage is Stage.DRAFT:
        column = pages.draft_column(found, clock.now(), refusal, request.form)
    return render_template(
        "ordering/order.html",
        clinic=clinic,
        order=found,
        column=column,
        word=wording.STATUS_WORDS[found.status],
        goods=goods,
        panels=panels.panels(found),
        timeline=wording.timeline(found, clinic.timezone),
        today=access.today(),
        refusals=sentences(refusal),
        typed=request.form,
        can_order=access.can(Right.ORDER),
        can_approve=access.can(Right.SETTINGS),
        can_receive=access.can(Right.STOCK),
        receive_next=_receive_next(found),
        sent_back=reason_sent_back(found),
        can_cancel=any(line.to_ship for line in found.lines),
        Stage=Stage,
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _receive_next(order: PurchaseOrder) -> bool:
    """Say whether goods may be at the door: some are shipped, or the supplier says nothing here."""
    on_its_way = any(line.shipped > line.received for line in order.lines)
    return on_its_way or not order.supplier.uses_supply


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/cancel")
@login_required
def cancel(clinic_code: str, order_id: int) -> Answer:
    """Cancel what is left of an order; the toast can take it back."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    unplaced = queries.order_of_clinic(clinic, order_id).placed_at is None
    reason = request.form.get("reason", "")
    return _step(
        clinic,
        order_id,
        lambda now: services.cancel_rest(
            order_id, side=Side.CLINIC, reason=reason, actor=access.actor(), now=now
        ),
        said=_("It is withdrawn.") if unplaced else _("What was left is cancelled."),
        undo=url_for(".undo_cancel", clinic_code=clinic_code, order_id=order_id),
    )


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/cancel/undo")
@login_required
def undo_cancel(clinic_code: str, order_id: int) -> Answer:
    """Take back what this clinic cancelled last."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    queries.order_of_clinic(clinic, order_id)
    return _step(
        clinic,
        order_id,
        lambda now: services.take_back_cancelling(
            order_id, side=Side.CLINIC, actor=access.actor(), now=now
        ),
        said=_("Undone: it is on order again."),
    )


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/comments")
@login_required
def comment(clinic_code: str, order_id: int) -> Answer:
    """Say something both sides read."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    queries.order_of_clinic(clinic, order_id)
    text = request.form.get("text", "")
    return _step(
        clinic,
        order_id,
        lambda now: services.comment(order_id, text=text, actor=access.actor(), now=now),
    )


def _step(
    clinic: Clinic,
    order_id: int,
    work: Callable[[dt.datetime], PurchaseOrder],
    *,
    said: str = "",
    undo: str | None = None,
) -> Answer:
    back = url_for(".order", clinic_code=clinic.code, order_id=order_id)
    return steps.take(
        work,
        said=said,
        undo=undo,
        back=back,
        refused=lambda refusal: order_page(clinic, order_id, refusal),
    )


@blueprint.get("/c/<clinic_code>/orders/<int:order_id>/order.<any(pdf, csv):form>")
@login_required
def document(clinic_code: str, order_id: int, form: str) -> Answer:
    """Download the order on paper, or for a program."""
    return documents.download(queries.order_of_clinic(access.clinic(clinic_code), order_id), form)
