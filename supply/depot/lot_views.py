"""One lot of a depot: where it is, its history, and what is done to it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.db import db
from supply.depot import forms, queries, wording
from supply.depot.leaving import SHIPMENT_SOURCE
from supply.depot.queries import LotWhole
from supply.depot.refusals import OfAShipment
from supply.depot.routes import ADDRESS, Page, blueprint, opened, say_done
from supply.handling import actions, holding, moving, spots
from supply.inventory import entries
from supply.inventory.models import Balance, Hold
from supply.inventory.reversal import reverse
from supply.inventory.rules import is_expired, shelf_life
from supply.inventory.terms import WasteCause
from supply.items.queries import places
from supply.web import access
from supply.web.forms import ActionForm, status_of, text
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

SHELF = f"{ADDRESS}/shelves/<int:balance_id>"


@blueprint.get(f"{ADDRESS}/lots/<int:lot_id>")
@login_required
def lot(supplier_code: str, lot_id: int) -> Page:
    """Show where a lot is, what holds it, and all that happened to it."""
    supplier, depot = opened(supplier_code)
    found = queries.lot_of(depot, lot_id)
    before = request.args.get("before", type=int)
    movements, older = entries.movements_of_lot(depot, lot_id, before)
    days = found.product.minimum_remaining_days
    return render_template(
        "depot/lot.html",
        supplier=supplier,
        found=found,
        life=shelf_life(found.lot.expiry, days, access.today()),
        movements=movements,
        older=older,
        before=before,
        words=wording,
        source=SHIPMENT_SOURCE,
        today=access.today(),
        key=secrets.token_hex(16),
    )


@blueprint.route(f"{SHELF}/write-off", methods=["GET", "POST"])
@login_required
def write_off(supplier_code: str, balance_id: int) -> Page:
    """Write off some of what is in one place."""
    supplier, depot = opened(supplier_code)
    balance = queries.balance_of(depot, balance_id)
    form = forms.WriteOffForm()
    if request.method != "POST" and is_expired(balance.lot.expiry, access.today()):
        form.why.data = WasteCause.EXPIRED.value
    now = clock.now()

    def work(quantity: Decimal) -> int:
        return actions.waste(
            depot,
            _spot(balance),
            quantity,
            cause=form.cause,
            note=text(form.note),
            actor=access.actor(),
            now=now,
        )

    return _act(supplier, depot, balance, form, "depot/write_off.html", work, _("Written off."))


@blueprint.route(f"{SHELF}/count", methods=["GET", "POST"])
@login_required
def count(supplier_code: str, balance_id: int) -> Page:
    """Set what is recorded of a lot in one place to what was counted."""
    supplier, depot = opened(supplier_code)
    balance = queries.balance_of(depot, balance_id)
    form = forms.CountForm()
    now = clock.now()

    def work(quantity: Decimal) -> int:
        return actions.correct(
            depot,
            _spot(balance),
            quantity,
            reason=text(form.reason).strip(),
            actor=access.actor(),
            now=now,
        )

    return _act(supplier, depot, balance, form, "depot/count.html", work, _("Corrected."))


@blueprint.route(f"{SHELF}/move", methods=["GET", "POST"])
@login_required
def move(supplier_code: str, balance_id: int) -> Page:
    """Move some of what is in one place to another."""
    supplier, depot = opened(supplier_code)
    balance = queries.balance_of(depot, balance_id)
    form = forms.MoveForm()
    form.to.choices = [
        (place.id, place.name) for place in places(depot) if place.id != balance.location_id
    ]
    now = clock.now()

    def work(quantity: Decimal) -> int:
        return moving.move_lot(
            depot, _spot(balance), form.to.data, quantity, actor=access.actor(), now=now
        )

    return _act(supplier, depot, balance, form, "depot/move.html", work, _("Moved."))


def _act(
    supplier: Supplier,
    depot: Clinic,
    balance: Balance,
    form: forms.PacksForm,
    page: str,
    work: Callable[[Decimal], int],
    said: str,
) -> Page:
    """Show an action's form, or do it once and go back to the lot with the way to undo it."""
    found = queries.lot_of(depot, balance.lot_id)
    lot_id, number = found.lot.id, found.lot.number
    content = found.lot.content_per_container
    product = found.product
    answer = saved_once(
        form,
        lambda: {"entry": work(form.quantity(product, content) or Decimal(0))},
        clock.now(),
    )
    if answer is not None:
        say_done(supplier, answer["entry"], f"{said} {_('Lot %(lot)s', lot=number)}.", lot=lot_id)
        return redirect(_lot_url(supplier, lot_id))
    shown = render_template(
        page,
        supplier=supplier,
        form=form,
        found=queries.lot_of(depot, balance.lot_id),
        balance=queries.balance_of(depot, balance.id),
        words=wording,
    )
    return shown, status_of(form)


def _spot(balance: Balance) -> spots.Spot:
    return (balance.location_id, balance.lot_id, None)


def _lot_url(supplier: Supplier, lot_id: int) -> str:
    return url_for(".lot", supplier_code=supplier.code, lot_id=lot_id)


@blueprint.route(f"{ADDRESS}/lots/<int:lot_id>/hold", methods=["GET", "POST"])
@login_required
def hold(supplier_code: str, lot_id: int) -> Page:
    """Put a lot on hold: it is not sent until somebody releases it."""
    supplier, depot = opened(supplier_code)
    found = queries.lot_of(depot, lot_id)
    form = forms.HoldForm()
    everywhere = (0, _("Wherever it is"))
    form.location.choices = [everywhere, *((place.id, place.name) for place in places(depot))]
    now = clock.now()

    def work() -> dict[str, Any]:
        held = holding.hold(
            depot,
            lot_id,
            location_id=form.location.data or None,
            reason=text(form.reason),
            actor=access.actor(),
            now=now,
        )
        return {"hold": held.id}

    answer = saved_once(form, work, now)
    if answer is None:
        return _hold_page(supplier, found, form)
    undo = url_for(".release", supplier_code=supplier_code, hold_id=answer["hold"])
    by_mistake = {"reason": _("Held by mistake")}
    flash_undo(_("Lot %(lot)s is on hold.", lot=found.lot.number), undo, by_mistake)
    return redirect(_lot_url(supplier, lot_id))


def _hold_page(
    supplier: Supplier, found: LotWhole, form: ActionForm, held: Hold | None = None
) -> Page:
    """Return the page that holds a lot, or the one that releases what is ``held``."""
    page = render_template(
        "depot/release.html" if held is not None else "depot/hold.html",
        supplier=supplier,
        found=found,
        hold=held,
        form=form,
        words=wording,
    )
    return page, status_of(form)


@blueprint.route(f"{ADDRESS}/holds/<int:hold_id>/release", methods=["GET", "POST"])
@login_required
def release(supplier_code: str, hold_id: int) -> Page:
    """Release a hold, with the reason why."""
    supplier, depot = opened(supplier_code)
    held = db.session.get(Hold, hold_id)
    if held is None or held.clinic_id != depot.id:
        raise NotFoundHereError(str(hold_id))
    found = queries.lot_of(depot, held.lot_id)
    number, lot_id = found.lot.number, found.lot.id
    again = {"location": held.location_id or 0, "reason": held.reason}
    form, now = forms.ReleaseForm(), clock.now()

    def work() -> dict[str, Any]:
        why = text(form.reason)
        holding.release_hold(depot, hold_id, reason=why, actor=access.actor(), now=now)
        return {"hold": hold_id}

    if saved_once(form, work, now) is None:
        held = db.session.get_one(Hold, hold_id)
        return _hold_page(supplier, queries.lot_of(depot, lot_id), form, held)
    undo = url_for(".hold", supplier_code=supplier_code, lot_id=lot_id)
    flash_undo(_("Lot %(lot)s is released.", lot=number), undo, again)
    return redirect(_lot_url(supplier, lot_id))


@blueprint.post(f"{ADDRESS}/entries/<int:entry_id>/undo")
@login_required
def undo_entry(supplier_code: str, entry_id: int) -> Page:
    """Undo an entry, once; what a shipment drew goes back with the shipment."""
    supplier, depot = opened(supplier_code)
    found = entries.entry_of(depot, entry_id)
    if found is None:
        raise NotFoundHereError(str(entry_id))
    now = clock.now()

    def work() -> dict[str, Any]:
        if found.source_type == SHIPMENT_SOURCE:
            raise OfAShipment
        return {"entry": reverse(entry_id, reason="", actor=access.actor(), now=now)}

    if done_once(work, now):
        flash(str(wording.UNDONE_WORDS[found.kind]), "success")
    if lot_id := request.form.get("lot", type=int):
        return redirect(_lot_url(supplier, lot_id))
    return redirect(url_for(".index", supplier_code=supplier_code))
