"""Pages of returns, of either side."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.documents import answers
from supply.ordering import queries as ordering
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side
from supply.refusals import InvalidInput, Refusal
from supply.returning import (
    coming_back,
    documents,
    forms,
    limits,
    panels,
    queries,
    receiving,
    rules,
    sending,
    services,
    wording,
)
from supply.returning.models import Return
from supply.returning.terms import Fate, ReturnState
from supply.web import access
from supply.web.forms import sentences
from supply.web.once import once
from supply.web.saving import done_once
from supply.web.toasts import flash_undo

blueprint = Blueprint("returning", __name__)
Page = str | Response | tuple[str, int]
Work = Callable[[dt.datetime], dict[str, Any]]

OF_CLINIC = "/c/<clinic_code>/returns/<int:return_id>"
OF_SUPPLIER = "/s/<supplier_code>/returns/<int:return_id>"
__all__ = ["blueprint", "panels"]
"""Importing the room's pages says what orders' pages, timelines and the desk show of returns."""


@blueprint.route("/c/<clinic_code>/orders/<int:order_id>/return", methods=["GET", "POST"])
@login_required
def ask(clinic_code: str, order_id: int) -> Page:
    """Ask the supplier to take packs of an order back; the toast can withdraw it.

    A scan is counted, and asks for nothing.
    """
    clinic = access.clinic(clinic_code, Right.STOCK)
    order = ordering.order_of_clinic(clinic, order_id)
    now = clock.now()
    if request.method == "GET":
        return _asking(clinic, order, now)
    if scanned := _scanned(clinic, order, now):
        return scanned

    def work() -> dict[str, Any]:
        new = forms.typed_return(request.form, limits.returnable(order, now))
        return {"return": services.ask(order_id, new, actor=access.actor(), now=now).id}

    try:
        done = once(work, now)
    except Refusal as refusal:
        return _asking(clinic, ordering.order_of_clinic(clinic, order_id), now, refusal), 400
    undo = url_for(".withdraw", clinic_code=clinic_code, return_id=done["return"])
    flash_undo(_("Asked for, and the supplier is told."), undo)
    return redirect(_order_page(Side.CLINIC, clinic_code, order_id))


def _scanned(clinic: Clinic, order: PurchaseOrder, now: dt.datetime) -> Page | None:
    """Show the form with what was scanned; None where nothing was."""
    choices = limits.returnable(order, now)
    code = forms.code_in(request.form, choices, access.today())
    if not code:
        return _asking(clinic, order, now) if request.form.get("do") == "read" else None
    typed, fault = forms.counted(clinic.practice_id, request.form, choices, code, access.today())
    refusal = InvalidInput(("scan", fault)) if fault else None
    return _asking(clinic, order, now, refusal, typed), 400 if fault else 200


def _asking(
    clinic: Clinic,
    order: PurchaseOrder,
    now: dt.datetime,
    refusal: Refusal | None = None,
    typed: dict[str, str] | None = None,
) -> str:
    choices = limits.returnable(order, now)
    return render_template(
        "returning/ask.html",
        clinic=clinic,
        order=order,
        choices=[(forms.field_of(one), one) for one in choices],
        cold=any(one.packs and one.line.product.storage.is_cold for one in choices),
        reasons=[(one.value, str(text)) for one, text in wording.REASONS.items()],
        back=_order_page(Side.CLINIC, clinic.code, order.id),
        scanned_wrong=[request.form.get("scan", "")] if refusal else [],
        **_typed(refusal) | ({"typed": typed} if typed else {}),
    )


@blueprint.post(f"{OF_CLINIC}/withdraw")
@login_required
def withdraw(clinic_code: str, return_id: int) -> Page:
    """Take back what was asked for, as long as nothing is sent."""
    whole = _of_clinic(clinic_code, return_id)
    back = _order_page(Side.CLINIC, clinic_code, whole.order_id)
    reason, now = request.form.get("reason", ""), clock.now()

    def work() -> dict[str, Any]:
        done = services.withdraw(return_id, reason=reason, actor=access.actor(), now=now)
        return {"return": done.id}

    if done_once(work, now):
        flash(_("The return is withdrawn, and the supplier is told."), "success")
    return redirect(back)


@blueprint.route(f"{OF_CLINIC}/send", methods=["GET", "POST"])
@login_required
def send(clinic_code: str, return_id: int) -> Page:
    """Send what is authorised: it leaves stock; the toast can undo it."""
    whole = _of_clinic(clinic_code, return_id)
    order_id, rma = whole.order_id, whole.number or ""
    back = _order_page(Side.CLINIC, clinic_code, order_id)
    if request.method == "GET":
        return _sending(whole, back)
    now = clock.now()

    def work() -> dict[str, Any]:
        typed = {name: request.form.get(name, "") for name in ("carrier", "tracking")}
        _done, entry = sending.send(return_id, **typed, actor=access.actor(), now=now)
        return {"entry": entry}

    try:
        done = once(work, now)
    except Refusal as refusal:
        return _sending(_of_clinic(clinic_code, return_id), back, refusal), 400
    undo = url_for("handling.undo_entry", clinic_code=clinic_code, entry_id=done["entry"])
    said = _("Return %(rma)s is sent: the packs have left your stock.", rma=rma)
    flash_undo(said, undo, {"next": back})
    return redirect(back)


def _sending(whole: Return, back: str, refusal: Refusal | None = None) -> str:
    return render_template(
        "returning/send.html",
        whole=whole,
        order=whole.order,
        state=queries.standing(whole, clock.now()),
        words=wording,
        today=access.today(),
        back=back,
        **_typed(refusal),
    )


@blueprint.post(f"{OF_CLINIC}/back")
@login_required
def take_back(clinic_code: str, return_id: int) -> Page:
    """Take the packs in that the supplier did not accept and sent back."""
    whole = _of_clinic(clinic_code, return_id)
    back = _order_page(Side.CLINIC, clinic_code, whole.order_id)
    now = clock.now()

    def work() -> dict[str, Any]:
        return {"entry": coming_back.take_back(return_id, actor=access.actor(), now=now)[1]}

    if (done := done_once(work, now)) is not None:
        undo = url_for("handling.undo_entry", clinic_code=clinic_code, entry_id=done["entry"])
        said = _("The packs are in your stock again, on hold: release or waste them.")
        flash_undo(said, undo, {"next": back})
    return redirect(back)


@blueprint.get(f"{OF_CLINIC}/slip.pdf")
@login_required
def slip(clinic_code: str, return_id: int) -> Response:
    """Download the slip that goes into the box, with the RMA number as a barcode."""
    clinic = access.clinic(clinic_code)
    whole = queries.return_of_clinic(clinic, return_id)
    if whole.number is None:
        raise NotFoundHereError(str(return_id))
    pdf = documents.slip_pdf(whole)
    return answers.download(pdf, "application/pdf", f"{whole.number}.pdf")


@blueprint.route(f"{OF_SUPPLIER}/answer", methods=["GET", "POST"])
@login_required
def answer(supplier_code: str, return_id: int) -> Page:
    """Authorise a return on terms, or refuse it."""
    return _answer(_of_supplier(supplier_code, return_id), Side.SUPPLIER)


@blueprint.route(f"{OF_CLINIC}/answer", methods=["GET", "POST"])
@login_required
def note_answer(clinic_code: str, return_id: int) -> Page:
    """Note what a supplier that is not on Supply answered."""
    return _answer(_by_mail(clinic_code, return_id), Side.CLINIC)


@blueprint.get("/s/<supplier_code>/returns")
@login_required
def find(supplier_code: str) -> Page:
    """List a supplier's open returns, or lead on to the one whose slip was scanned."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    number = request.args.get("number", "")
    if return_id := queries.return_with_number(supplier, number):
        return redirect(url_for(".receive", supplier_code=supplier_code, return_id=return_id))
    return render_template(
        "returning/returns.html",
        supplier=supplier,
        rows=queries.open_returns(supplier, clock.now()),
        words=wording,
        errors=[_("No return to you has this number.")] if number else [],
    )


@blueprint.route(f"{OF_SUPPLIER}/receive", methods=["GET", "POST"])
@login_required
def receive(supplier_code: str, return_id: int) -> Page:
    """Say which packs of a return are accepted: they are credited."""
    return _receive(_of_supplier(supplier_code, return_id), Side.SUPPLIER)


@blueprint.route(f"{OF_CLINIC}/receive", methods=["GET", "POST"])
@login_required
def note_receiving(clinic_code: str, return_id: int) -> Page:
    """Note what a supplier that is not on Supply accepted."""
    return _receive(_by_mail(clinic_code, return_id), Side.CLINIC)


def _answer(whole: Return, side: Side) -> Page:
    def work(now: dt.datetime) -> dict[str, Any]:
        actor = access.actor()
        if request.form.get("do") == "refuse":
            reason = request.form.get("why", "")
            return {"state": services.refuse(whole.id, reason, actor=actor, now=now).state.value}
        terms = forms.typed_terms(request.form, whole)
        return {"state": services.authorise(whole.id, terms, actor=actor, now=now).state.value}

    said = {
        ReturnState.AUTHORISED.value: _("The return is authorised."),
        ReturnState.REFUSED.value: _("The return is refused."),
    }
    last = access.today() + dt.timedelta(days=rules.VALID_DAYS)
    return _step(whole, side, work, said, "returning/answer.html", last_day=last)


def _receive(whole: Return, side: Side) -> Page:
    def work(now: dt.datetime) -> dict[str, Any]:
        verdicts = forms.typed_verdicts(request.form, whole)
        into_stock = "into_stock" in request.form
        done = receiving.settle(
            whole.id, verdicts, into_stock=into_stock, actor=access.actor(), now=now
        )
        return {"state": done.state.value}

    said = {
        ReturnState.SETTLED.value: _("The return is settled."),
        ReturnState.TURNED_DOWN.value: _("Nothing is accepted, and nothing credited."),
    }
    fates = [("", _("Choose")), *((one.value, str(wording.FATES[one])) for one in Fate)]
    keeps = side is Side.SUPPLIER and whole.order.supplier.keeps_stock
    return _step(whole, side, work, said, "returning/receive.html", fates=fates, keeps_stock=keeps)


def _step(
    whole: Return, side: Side, work: Work, said: dict[str, str], template: str, **more: Any
) -> Page:
    """Show the form of a supplier's step, or take the step once and go back to the order."""
    code = whole.order.supplier.code if side is Side.SUPPLIER else whole.order.clinic.code
    return_id, back = whole.id, _order_page(side, code, whole.order_id)
    refusal = None
    if request.method == "POST":
        now = clock.now()
        try:
            done = once(lambda: work(now), now)
        except Refusal as caught:
            refusal = caught
        else:
            flash(said[done["state"]], "success")
            return redirect(back)
        whole = queries.return_with_id(return_id)
    page = render_template(
        template,
        whole=whole,
        order=whole.order,
        by_hand=side is Side.CLINIC,
        state=queries.standing(whole, clock.now()),
        words=wording,
        back=back,
        **more,
        **_typed(refusal),
    )
    return (page, 400) if refusal else page


def _typed(refusal: Refusal | None) -> dict[str, Any]:
    """Return what a page shows of what was typed, and of what was wrong with it."""
    return {
        "typed": request.form,
        "faults": dict(refusal.errors) if isinstance(refusal, InvalidInput) else {},
        "errors": sentences(refusal),
        "key": request.form.get("form_key") or secrets.token_hex(16),
    }


def _order_page(side: Side, code: str, order_id: int) -> str:
    if side is Side.CLINIC:
        return url_for("ordering.order", clinic_code=code, order_id=order_id, _anchor="returns")
    return url_for("fulfilment.order", supplier_code=code, order_id=order_id, _anchor="returns")


def _of_clinic(clinic_code: str, return_id: int) -> Return:
    return queries.return_of_clinic(access.clinic(clinic_code, Right.STOCK), return_id)


def _of_supplier(supplier_code: str, return_id: int) -> Return:
    return queries.return_of_supplier(access.supplier(supplier_code, Right.FULFIL), return_id)


def _by_mail(clinic_code: str, return_id: int) -> Return:
    """Return a return whose supplier answers outside Supply."""
    whole = _of_clinic(clinic_code, return_id)
    if whole.order.supplier.uses_supply:
        raise NotFoundHereError(str(return_id))
    return whole
