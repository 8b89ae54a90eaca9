"""Claims on pages: raised and withdrawn by the clinic, settled by the supplier, listed for both."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.accounts.rules import Right
from supply.claims import claiming, scanned, thread
from supply.claims import queries as claim_queries
from supply.claims import wording as claim_wording
from supply.claims.claiming import NewClaim
from supply.claims.models import Claim
from supply.claims.queries import Show
from supply.claims.terms import ClaimOutcome, Goods
from supply.db import key_of
from supply.ordering import queries as order_queries
from supply.ordering import typed
from supply.ordering.models import PurchaseOrder
from supply.ordering.panels import on_order_page
from supply.ordering.terms import Side
from supply.receiving import wording
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.refusals import InvalidInput, Refusal
from supply.shipping.routes import blueprint
from supply.web import access
from supply.web.choices import chosen, picked
from supply.web.forms import sentences
from supply.web.once import once
from supply.web.toasts import flash_undo

Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/c/<clinic_code>/claims")
@login_required
def clinic_claims(clinic_code: str) -> Answer:
    """List a clinic's claims: open, waiting for its word on the goods, ended."""
    clinic = access.clinic(clinic_code)
    return _list(clinic, url_for(".clinic_claims", clinic_code=clinic_code), tuple(Show))


@blueprint.get("/s/<supplier_code>/claims")
@login_required
def supplier_claims(supplier_code: str) -> Answer:
    """List the claims on a supplier: open ones to settle, ended ones."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    address = url_for(".supplier_claims", supplier_code=supplier_code)
    return _list(supplier, address, (Show.OPEN, Show.ENDED))


def _list(place: Clinic | Supplier, address: str, shows: tuple[Show, ...]) -> str:
    show = chosen(Show, request.args.get("show"), Show.OPEN)
    page = claim_queries.claims_at(place, show, request.args.get("before", type=int))
    labels = {
        Show.OPEN: pgettext("claim", "Open"),
        Show.GOODS: _("Goods to decide on"),
        Show.ENDED: _("Ended"),
    }
    chips = [
        {
            "label": labels[option],
            "url": f"{address}?show={option.value}",
            "active": option is show,
            "count": None if option is Show.ENDED else claim_queries.count_claims(place, option),
        }
        for option in shows
    ]
    return render_template(
        "claims/claims.html",
        place=place,
        clinic=place if isinstance(place, Clinic) else None,
        page=page,
        show=show,
        chips=chips,
        next_url=f"{address}?show={show.value}&before={page.next_before}"
        if page.next_before
        else None,
        words=claim_wording,
    )


@on_order_page
def claims_of_order(order: PurchaseOrder) -> str:
    """Return the clinic's side of an order's claims."""
    return render_template(
        "claims/clinic_claims.html",
        order=order,
        clinic=order.clinic,
        claims=claim_queries.claims_of_order(order.id),
        words=claim_wording,
        may_claim=access.can(Right.STOCK) and any(line.shipped for line in order.lines),
        may_keep=access.can(Right.STOCK),
        by_mail=not order.supplier.uses_supply,
        key=secrets.token_hex(16),
    )


@blueprint.get("/c/<clinic_code>/orders/<int:order_id>/claim")
@login_required
def new_claim(clinic_code: str, order_id: int) -> Answer:
    """Show the form to claim packs of an order."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    return _form(clinic, order_queries.order_of_clinic(clinic, order_id))


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/claim")
@login_required
def raise_claim(clinic_code: str, order_id: int) -> Answer:
    """Claim packs of an order as typed; the toast can withdraw it. A scan is read, and no more."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    order = order_queries.order_of_clinic(clinic, order_id)
    now = clock.now()
    code = scanned.code_in(request.form, access.today())
    if code or request.form.get("do") == "read":
        return _scanned(clinic, order, code, now)

    def work() -> dict[str, Any]:
        new = _typed()
        claim = claiming.raise_claim(order_id, new, actor=access.actor(), now=now)
        return {"claim": claim.id}

    try:
        answer = once(work, now)
    except Refusal as refusal:
        return _form(clinic, order_queries.order_of_clinic(clinic, order_id), refusal), 400
    undo = url_for(".withdraw_claim", clinic_code=clinic_code, claim_id=answer["claim"])
    flash_undo(_("Claimed, and the supplier is told."), undo)
    return redirect(url_for("ordering.order", clinic_code=clinic_code, order_id=order_id))


def _scanned(clinic: Clinic, order: PurchaseOrder, code: str, now: dt.datetime) -> Answer:
    """Show the form with what was scanned; nothing is claimed yet."""
    typed, fault = request.form.to_dict(), ""
    if code:
        offered = scanned.offered(order, claim_queries.lots_received(order.id))
        today = access.today()
        typed, fault = scanned.filled_in(order, offered, typed, code, now, today)
    refusal = InvalidInput(("scan", fault)) if fault else None
    return _form(clinic, order, refusal, typed), 400 if fault else 200


def _typed() -> NewClaim:
    faults: list[typed.Fault] = []
    packs = typed.read_packs(request.form.get("packs", ""), "packs", _("Packs"), faults)
    sku, _space, lot = request.form.get("what", "").partition("\n")
    if faults:
        raise InvalidInput(*faults)
    kind = picked(ClaimKind, request.form.get("kind"), "kind", _("Choose what is wrong."))
    wish = picked(ClaimWish, request.form.get("want"), "want", _("Choose what you want."))
    return NewClaim(sku, packs, kind, wish, request.form.get("note", ""), lot)


def _form(
    clinic: Clinic,
    order: PurchaseOrder,
    refusal: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    names = {line.sku: line.name for line in order.lines}
    offered = scanned.offered(order, claim_queries.lots_received(order.id))
    what = [(one.key, _label(names[one.key.partition("\n")[0]], one.lot)) for one in offered]
    return render_template(
        "claims/claim_form.html",
        clinic=clinic,
        order=order,
        what=what,
        kinds=[(kind.value, str(text)) for kind, text in claim_wording.KINDS.items()],
        wishes=[(wish.value, str(text)) for wish, text in wording.WISHES.items()],
        typed=typed or (request.form if refusal else request.args),
        scanned_wrong=[request.form.get("scan", "")] if refusal else [],
        faults=dict(refusal.errors) if isinstance(refusal, InvalidInput) else {},
        refusals=sentences(refusal),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _label(name: str, lot: str) -> str:
    return str(_("%(name)s, lot %(lot)s", name=name, lot=lot)) if lot else name


@blueprint.post("/c/<clinic_code>/claims/<int:claim_id>/withdraw")
@login_required
def withdraw_claim(clinic_code: str, claim_id: int) -> Answer:
    """Take a claim back."""
    claim = _of_clinic(clinic_code, claim_id)
    reason = request.form.get("reason", "")
    return _clinic_step(
        claim,
        lambda now: claiming.withdraw_claim(claim_id, reason=reason, actor=access.actor(), now=now),
        _("The claim is withdrawn, and the supplier is told."),
    )


@blueprint.post("/c/<clinic_code>/claims/<int:claim_id>/settle")
@login_required
def note_settlement(clinic_code: str, claim_id: int) -> Answer:
    """Note what a supplier that is not on Supply answered."""
    claim = _of_clinic(clinic_code, claim_id)
    if claim.order.supplier.uses_supply:
        raise NotFoundHereError(str(claim_id))
    return _clinic_step(claim, lambda now: _settled(claim_id, now), _("The answer is noted."))


@blueprint.post("/c/<clinic_code>/claims/<int:claim_id>/goods")
@login_required
def part_with_goods(clinic_code: str, claim_id: int) -> Answer:
    """Say what becomes of goods that a claim has on hold."""
    claim = _of_clinic(clinic_code, claim_id)
    number, order_id = claim.order.number, claim.order_id
    now = clock.now()

    def work() -> dict[str, Any]:
        message = _("Choose what becomes of the packs.")
        goods = picked(Goods, request.form.get("goods"), "goods", message)
        done = claiming.part_with_goods(claim_id, goods, actor=access.actor(), now=now)
        return {"entry": done[1], "goods": goods.value}

    try:
        answer = once(work, now)
    except Refusal as refusal:
        flash(str(refusal), "error")
    else:
        words = claim_wording.GOODS[Goods(answer["goods"])]
        text = _("Order %(number)s: %(goods)s.", number=number, goods=words)
        entry = answer["entry"]
        if entry is None:
            flash(text, "success")
        else:
            undo = url_for("handling.undo_entry", clinic_code=clinic_code, entry_id=entry)
            flash_undo(text, undo)
    return redirect(url_for("ordering.order", clinic_code=clinic_code, order_id=order_id))


@blueprint.post("/s/<supplier_code>/claims/<int:claim_id>/settle")
@login_required
def settle_claim(supplier_code: str, claim_id: int) -> Answer:
    """Answer a claim: credit, refund, send again or refuse."""
    claim = _of_supplier(supplier_code, claim_id)
    back = url_for(".order", supplier_code=supplier_code, order_id=claim.order_id)
    said = _("The claim is answered, and the clinic is told.")
    return _step(lambda now: _settled(claim_id, now), said, back)


@blueprint.post("/c/<clinic_code>/claims/<int:claim_id>/comments")
@login_required
def clinic_says(clinic_code: str, claim_id: int) -> Answer:
    """Say something of a claim for the clinic, which the supplier reads."""
    claim = _of_clinic(clinic_code, claim_id)
    return _clinic_step(claim, lambda now: _said(claim, Side.CLINIC, now), _("Said."))


@blueprint.post("/s/<supplier_code>/claims/<int:claim_id>/comments")
@login_required
def supplier_says(supplier_code: str, claim_id: int) -> Answer:
    """Say something of a claim for the supplier, which the clinic reads."""
    claim = _of_supplier(supplier_code, claim_id)
    back = url_for(".order", supplier_code=supplier_code, order_id=claim.order_id)
    return _step(lambda now: _said(claim, Side.SUPPLIER, now), _("Said."), back)


def _said(claim: Claim, side: Side, now: dt.datetime) -> Claim:
    said = request.form.get("text", "")
    thread.comment_on_claim(key_of(claim), said, side, actor=access.actor(), now=now)
    return claim


def _of_supplier(supplier_code: str, claim_id: int) -> Claim:
    supplier = access.supplier(supplier_code, Right.FULFIL)
    claim = claim_queries.claim_with_id(claim_id)
    if claim.order.supplier_id != supplier.id:
        raise NotFoundHereError(str(claim_id))
    return claim


def _settled(claim_id: int, now: dt.datetime) -> Claim:
    message = _("Choose credit, refund, resend or refused.")
    outcome = picked(ClaimOutcome, request.form.get("outcome"), "outcome", message)
    answer = request.form.get("answer", "")
    return claiming.settle_claim(claim_id, outcome, answer=answer, actor=access.actor(), now=now)


def _of_clinic(clinic_code: str, claim_id: int) -> Claim:
    clinic = access.clinic(clinic_code, Right.STOCK)
    claim = claim_queries.claim_with_id(claim_id)
    if claim.order.clinic_id != clinic.id:
        raise NotFoundHereError(str(claim_id))
    return claim


def _clinic_step(claim: Claim, work: Callable[[dt.datetime], Claim], said: str) -> Answer:
    code = claim.order.clinic.code
    return _step(work, said, url_for("ordering.order", clinic_code=code, order_id=claim.order_id))


def _step(work: Callable[[dt.datetime], Claim], said: str, back: str) -> Answer:
    """Do one step on a claim once; a refusal is told on the order's page."""
    now = clock.now()
    try:
        once(lambda: {"claim": work(now).id}, now)
    except Refusal as refusal:
        flash(str(refusal), "error")
    else:
        flash(said, "success")
    return redirect(back)
