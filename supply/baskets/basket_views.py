"""The basket: what a clinic is about to order, changed, placed with one supplier or with all."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.baskets import contents, drafts, placing, requesting, seen_prices, typed
from supply.baskets.columns import draft_column, limit_here, plan
from supply.baskets.drafts import BasketLine
from supply.baskets.instead import PARAMETER, InsteadOf, basket_url, offered_instead, read
from supply.catalogue import wording as goods
from supply.conditions.queries import terms_of
from supply.conditions.rules import NONE
from supply.db import transaction
from supply.ordering import paying, queries
from supply.ordering.models import PurchaseOrder
from supply.ordering.routes import blueprint
from supply.ordering.showing import shown_again
from supply.ordering.terms import PayBy, Stage
from supply.refusals import Refusal
from supply.vat.queries import rates_of
from supply.web import access
from supply.web.once import once
from supply.web.toasts import flash_undo

Answer = str | AnyResponse | tuple[str, int]
Refused = Mapping[int, Refusal]
"""By the id of the order it is about."""


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
        packs=typed.packs(request.form.get("packs", "1")),
        why=request.form.get("why", ""),
        raise_to="raise_to" in request.form,
    )

    def put() -> dict[str, Any]:
        before = contents.packs_in_basket(clinic, line.product_id)
        (order,) = drafts.add_to_basket(clinic, [line], actor=access.actor(), now=now)
        there = next(one for one in order.lines if one.product_id == line.product_id)
        return {"name": there.name, "packs": there.packs, "added": there.packs - before}

    flash(_added(once(put, now)), "success")
    return redirect(basket_url(clinic_code, instead_of()))


def instead_of() -> list[InsteadOf]:
    """Return what was left out of the basket before this page, which offers what replaces it."""
    return read(request.args.getlist(PARAMETER))


def _added(there: Mapping[str, Any]) -> str:
    """Say how many packs went into the basket, and how many are in it now if there were some."""
    name, packs, added = there["name"], there["packs"], there["added"]
    if added in (0, packs):
        text = ngettext(
            "%(name)s: %(num)d pack is in the basket.",
            "%(name)s: %(num)d packs are in the basket.",
            packs,
            name=name,
        )
    else:
        text = ngettext(
            "%(name)s: %(num)d pack added, %(packs)d in the basket.",
            "%(name)s: %(num)d packs added, %(packs)d in the basket.",
            added,
            name=name,
            packs=packs,
        )
    return str(text)


@blueprint.post("/c/<clinic_code>/basket/all")
@login_required
def change_all(clinic_code: str) -> Answer:
    """Keep the packs typed; place what ``place`` names: one order by its id, or "all" shown.

    ``card`` names one to be paid by card.

    Each supplier's order is placed by itself: one that is refused stays, and says why.
    """
    clinic = access.clinic(clinic_code, Right.ORDER)
    ids = request.form.getlist("order", type=int)
    orders = {order_id: queries.order_of_clinic(clinic, order_id) for order_id in ids}
    place, card = request.form.get("place", ""), request.form.get("card", "")
    chosen = [one for one in orders.values() if place == "all" or str(one.id) in (place, card)]
    if not chosen:
        refused = _save(orders.values())
        if not refused:
            flash(_("Saved."), "success")
            return redirect(url_for(".basket", clinic_code=clinic_code))
        return _basket_page(clinic, refused), 400
    others = [one for one in orders.values() if one not in chosen and one.basket]
    refused = {**_save(others), **_place_each(clinic, chosen, PayBy.CARD if card else None)}
    if refused:
        return _basket_page(clinic, refused), 400
    if len(chosen) > 1:
        return redirect(url_for(".orders", clinic_code=clinic_code))
    return _after_placing(clinic, chosen[0].id)


def _save(orders: Iterable[PurchaseOrder]) -> dict[int, Refusal]:
    """Keep the packs typed for each of ``orders``; return those that were refused."""
    refused: dict[int, Refusal] = {}
    for order_id in [order.id for order in orders]:
        try:
            order = queries.order_with_id(order_id)
            wanted = typed.typed_packs(request.form, order)
            seen = typed.seen_prices(request.form, order)
            who: dict[str, Any] = {"actor": access.actor(), "now": clock.now()}
            day, message = typed.asked_for(request.form, order)
            with transaction():
                drafts.set_packs(order_id, wanted, seen=seen, **who)
                requesting.ask_for(order_id, day, message, **who)
        except Refusal as refusal:
            refused[order_id] = refusal
    return refused


def _place_each(
    clinic: Clinic, orders: Sequence[PurchaseOrder], pay_by: PayBy | None = None
) -> dict[int, Refusal]:
    """Place each of ``orders`` by itself; say what was done, and return what was refused."""
    refused: dict[int, Refusal] = {}
    placed: list[str] = []
    asked: list[str] = []
    for order_id in [order.id for order in orders]:
        order = queries.order_of_clinic(clinic, order_id)
        try:
            wanted = typed.typed_packs(request.form, order)
            done = _placed(order, wanted, pay_by or PayBy.ACCOUNT)
        except Refusal as refusal:
            refused[order_id] = refusal
            continue
        if done["stage"] == Stage.AWAITING_APPROVAL.value:
            asked.append(done["number"])
        elif done["stage"] != Stage.AWAITING_PAYMENT.value:
            placed.append(done["number"])
    _say_placed(placed, asked)
    return refused


def _placed(order: PurchaseOrder, wanted: Mapping[int, int], pay_by: PayBy) -> dict[str, Any]:
    """Place an order with the packs typed, once however often its form is sent."""
    now = clock.now()
    limit = limit_here()
    order_id, seen = order.id, typed.seen_prices(request.form, order)
    lines = typed.shown_lines(request.form, order)
    day, message = typed.asked_for(request.form, order)

    def work() -> dict[str, Any]:
        seen_prices.check_seen(order_id, seen, lines=lines, now=now)
        drafts.set_packs(order_id, wanted, actor=access.actor(), now=now)
        requesting.ask_for(order_id, day, message, actor=access.actor(), now=now)
        done = placing.place(order_id, limit=limit, pay_by=pay_by, actor=access.actor(), now=now)
        return {"order": done.id, "number": done.number, "stage": done.stage.value}

    return once(work, now, part=str(order_id))


def _say_placed(placed: Sequence[str], asked: Sequence[str]) -> None:
    numbers = ", ".join(placed)
    if placed:
        text = ngettext(
            "Order %(numbers)s is placed.",
            "%(num)d orders are placed: %(numbers)s.",
            len(placed),
            numbers=numbers,
        )
        flash(str(text), "success")
    numbers = ", ".join(asked)
    if asked:
        text = ngettext(
            "Order %(numbers)s waits for an owner's approval.",
            "%(num)d orders wait for an owner's approval: %(numbers)s.",
            len(asked),
            numbers=numbers,
        )
        flash(str(text), "success")


def _after_placing(clinic: Clinic, order_id: int) -> AnyResponse:
    """Go to where the order is paid, if it waits for that, else to its page."""
    order = queries.order_of_clinic(clinic, order_id)
    if order.stage is Stage.AWAITING_PAYMENT and (page := paying.to_pay_page(order)) is not None:
        return page
    return redirect(url_for(".order", clinic_code=clinic.code, order_id=order_id, placed=1))


@blueprint.post("/c/<clinic_code>/basket/<int:order_id>")
@login_required
def change(clinic_code: str, order_id: int) -> Answer:
    """Keep the packs typed for one draft; ``do=place`` places it, ``do=card`` to be paid now."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = queries.order_of_clinic(clinic, order_id)
    in_basket = order.basket
    back, do = _home_of(order), request.form.get("do")
    if do in ("place", "card"):
        pay_by = PayBy.CARD if do == "card" else PayBy.ACCOUNT
        refused = _place_each(clinic, [order], pay_by)
    else:
        refused = _save([order])
    if order_id in refused:
        if in_basket:
            return _basket_page(clinic, refused), 400
        return shown_again(clinic, order_id, refused[order_id]), 400
    if do in ("place", "card"):
        return _after_placing(clinic, order_id)
    flash(_("Saved."), "success")
    return redirect(back)


@blueprint.post("/c/<clinic_code>/basket/<int:order_id>/lines/<int:line_id>/remove")
@login_required
def remove(clinic_code: str, order_id: int, line_id: int) -> Answer:
    """Take a line off a draft; the toast can put it back."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = queries.order_of_clinic(clinic, order_id)
    back = _home_of(order)
    name = next((line.name for line in order.lines if line.id == line_id), "")
    in_basket = order.basket
    now = clock.now()

    def work() -> dict[str, Any]:
        line = drafts.remove_line(order_id, line_id, actor=access.actor(), now=now)
        return {"name": name, "product_id": line.product_id, "packs": line.packs, "why": line.why}

    fields = once(work, now)
    text = str(_("%(name)s is off the order.", name=fields.pop("name")))
    if in_basket:
        undo = url_for(".add", clinic_code=clinic_code)
        flash_undo(text, undo, {**fields, "raise_to": "1"})
    else:
        flash(text, "success")
    return redirect(back)


def _home_of(order: PurchaseOrder) -> str:
    if order.basket:
        return url_for(".basket", clinic_code=order.clinic.code)
    return url_for(".order", clinic_code=order.clinic.code, order_id=order.id)


def _basket_page(clinic: Clinic, refused: Refused | None = None) -> str:
    """Render the basket; refused orders keep what was typed and say what is wrong."""
    now = clock.now()
    refused = refused or {}
    baskets = contents.baskets(clinic)
    rates = rates_of((order.supplier.country for order in baskets), access.today())
    sellers = {order.supplier_id for order in baskets if order.currency == clinic.currency}
    terms = terms_of(sellers, clinic.practice_id, clinic.currency)
    columns = [
        draft_column(
            order,
            now,
            refused.get(order.id),
            request.form,
            kept=bool(refused),
            rates=rates,
            terms=terms.get(order.supplier_id, NONE),
        )
        for order in baskets
    ]
    shown = {column.order.id for column in columns}
    for refusal in (one for order_id, one in refused.items() if order_id not in shown):
        flash(str(refusal), "error")
    return render_template(
        "baskets/basket.html",
        clinic=clinic,
        columns=columns,
        goods=goods,
        plan=plan(columns),
        instead=offered_instead(clinic, instead_of()),
        waiting=queries.waiting_for_approval([clinic.id]),
        today=access.today(),
        may_order=access.can(Right.ORDER),
        limit=limit_here(),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )
