"""What people do to one lot in place: waste, discard, open, correct, hold; and undo."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.db import db
from supply.handling import actions, forms, holding, scanned, spots
from supply.inventory import entries, wording
from supply.inventory.boxes import holds_code
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.reversal import keeps_counted, reverse
from supply.inventory.rules import is_expired
from supply.inventory.terms import WasteCause
from supply.items.models import Item
from supply.items.queries import places
from supply.items.terms import LocationKind
from supply.refusals import Refusal
from supply.text import whole
from supply.web import access
from supply.web.forms import ActionForm, show, status_of, text
from supply.web.numbers import typed
from supply.web.once import once
from supply.web.saving import done_once, saved_once
from supply.web.toasts import flash_undo

blueprint = Blueprint("handling", __name__)

Page = str | Response | tuple[str, int]
Work = Callable[[], int]


@blueprint.route("/c/<clinic_code>/shelves/<int:balance_id>/waste", methods=["GET", "POST"])
@login_required
def waste(clinic_code: str, balance_id: int) -> Page:
    """Waste some of what is in one place."""
    clinic = access.clinic(clinic_code, Right.WASTE)
    balance = _balance(clinic, balance_id)
    form = forms.WasteForm()
    if request.method != "POST" and is_expired(balance.lot.expiry, access.today()):
        form.why.data = WasteCause.EXPIRED.value
    now = clock.now()
    code = _code_in(form)
    if code or request.form.get("do") == "read":
        return _counted(clinic, balance, form, code)

    def work() -> int:
        quantity = _in_base_unit(form.quantity.data, balance)
        return actions.waste(
            clinic,
            _spot(balance),
            quantity,
            cause=form.cause,
            note=text(form.note),
            actor=access.actor(),
            now=now,
        )

    return _act(clinic, balance, form, "handling/waste.html", work, _("Wasted."))


def _code_in(form: forms.WasteForm) -> str:
    """Return the code that was scanned, into the field for scans or into another; "" for none."""
    quantity = request.form.get("quantity", "").strip()
    others = [quantity, text(form.note)]
    found = next((one for one in others if holds_code(one, access.today())), "")
    return text(form.scan).strip() or found


def _counted(clinic: Clinic, balance: Balance, form: forms.WasteForm, code: str) -> Page:
    """Show the form with what was scanned counted; nothing is wasted yet."""
    sealed = balance.container_id is None
    more, fault = scanned.more_of(balance, code, access.today()) if code else (0, "")
    there = whole(request.form.get("quantity", "")) or 0
    if there + more > _as_typed(balance) and sealed and more:
        fault = scanned.no_room(balance)
    elif sealed and more:
        form.quantity.raw_data = [str(there + more)]
    elif request.form.get("quantity", "").strip() == code:
        form.quantity.raw_data = [""]
    form.scan.data = code if fault else ""
    if text(form.note).strip() == code:
        form.note.data = ""
    form.quantity.process_errors = []
    form.quantity.errors = []
    form.scan.errors = [fault] if fault else []
    other = scanned.elsewhere(balance, code, access.today()) if fault else None
    page = _action_page(clinic, balance, form, "handling/waste.html", other=other)
    return page, 400 if fault else 200


@blueprint.route("/c/<clinic_code>/shelves/<int:balance_id>/discard", methods=["GET", "POST"])
@login_required
def discard(clinic_code: str, balance_id: int) -> Page:
    """Throw away what is left in an open container."""
    clinic = access.clinic(clinic_code, Right.WASTE)
    balance = _balance(clinic, balance_id)
    container_id = balance.container_id
    if container_id is None:
        raise NotFoundHereError(str(balance_id))
    form = forms.DiscardForm()
    now = clock.now()

    def work() -> int:
        return actions.discard(
            clinic,
            container_id,
            cause=form.cause,
            note=text(form.note),
            actor=access.actor(),
            now=now,
        )

    return _act(clinic, balance, form, "handling/discard.html", work, _("Discarded."))


@blueprint.route("/c/<clinic_code>/shelves/<int:balance_id>/open", methods=["GET", "POST"])
@login_required
def open_container(clinic_code: str, balance_id: int) -> Page:
    """Open one sealed container and start its clock."""
    clinic = access.clinic(clinic_code, Right.RECORD)
    balance = _balance(clinic, balance_id)
    now = clock.now()

    def work() -> int:
        return actions.open_container(
            clinic, balance.location_id, balance.lot_id, actor=access.actor(), now=now
        )

    return _act(clinic, balance, forms.OpenForm(), "handling/open.html", work, _("Opened."))


@blueprint.route("/c/<clinic_code>/shelves/<int:balance_id>/correct", methods=["GET", "POST"])
@login_required
def correct(clinic_code: str, balance_id: int) -> Page:
    """Set what is recorded to what is really there."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    balance = _balance(clinic, balance_id)
    form = forms.CorrectForm()
    now = clock.now()

    def work() -> int:
        counted = _in_base_unit(form.counted.data, balance)
        reason = text(form.reason).strip()
        return actions.correct(
            clinic, _spot(balance), counted, reason=reason, actor=access.actor(), now=now
        )

    return _act(clinic, balance, form, "handling/correct.html", work, _("Corrected."))


def _act(
    clinic: Clinic, balance: Balance, form: ActionForm, page: str, work: Work, said: str
) -> Page:
    """Show an action's form, or do it once and go back to the item with the way to undo it."""
    status = 200
    item_id, lot_number = balance.item_id, balance.lot.number
    if form.is_submitted():
        status = 400
        if form.validate():
            try:
                answer = once(lambda: {"entry": work()}, clock.now())
            except Refusal as refusal:
                show(form, refusal)
                balance = _balance(clinic, balance.id)
            else:
                said = f"{said} {_('Lot %(lot)s', lot=lot_number)}."
                back = _back(clinic, request.values.get("next"), item_id)
                _say_done(clinic, answer["entry"], said, back)
                return redirect(back)
    return _action_page(clinic, balance, form, page), status


def _action_page(
    clinic: Clinic, balance: Balance, form: ActionForm, page: str, other: Balance | None = None
) -> str:
    """Show an action's form; ``other`` stock is what a scan meant instead."""
    return render_template(
        page,
        form=form,
        clinic=clinic,
        balance=balance,
        item=balance.lot.item,
        lot=balance.lot,
        location=balance.location,
        sealed=balance.container_id is None,
        there=_as_typed(balance),
        unit=_typed_unit(balance),
        other=other,
        words=wording,
        today=access.today(),
    )


def _balance(clinic: Clinic, balance_id: int) -> Balance:
    found = db.session.scalar(
        sa.select(Balance)
        .options(
            sa.orm.joinedload(Balance.lot).joinedload(Lot.item),
            sa.orm.joinedload(Balance.location),
            sa.orm.joinedload(Balance.container),
        )
        .where(Balance.id == balance_id, Balance.clinic_id == clinic.id)
        .execution_options(populate_existing=True)
    )
    if found is None or found.location.kind is not LocationKind.SHELF:
        raise NotFoundHereError(str(balance_id))
    return found


def _spot(balance: Balance) -> spots.Spot:
    return (balance.location_id, balance.lot_id, balance.container_id)


def _in_base_unit(typed: Decimal, balance: Balance) -> Decimal:
    """Return what was typed in the base unit: sealed stock is typed in containers."""
    return typed if balance.container_id is not None else typed * balance.content_per_container


def _as_typed(balance: Balance) -> Decimal:
    sealed = balance.container_id is None
    return balance.quantity / balance.content_per_container if sealed else balance.quantity


def _typed_unit(balance: Balance) -> str:
    item = balance.lot.item
    if balance.container_id is not None:
        return wording.unit_word(item.unit)
    return wording.containers(int(_as_typed(balance)), item.container, item.unit)


@blueprint.route("/c/<clinic_code>/lots/<int:lot_id>/hold", methods=["GET", "POST"])
@login_required
def hold(clinic_code: str, lot_id: int) -> Page:
    """Put a lot on hold here, everywhere or in one place."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    lot = _lot(clinic, lot_id)
    form = forms.HoldForm()
    everywhere = (0, _("Everywhere in this clinic"))
    form.location.choices = [everywhere, *((place.id, place.name) for place in places(clinic))]
    now = clock.now()

    def work() -> dict[str, Any]:
        wanted = form.quantity.data
        held = holding.hold(
            clinic,
            lot_id,
            location_id=form.location.data or None,
            quantity=None if wanted is None else wanted * lot.content_per_container,
            reason=text(form.reason),
            stands_at=text(form.stands_at),
            actor=access.actor(),
            now=now,
        )
        return {"hold": held.id}

    number, item_id = lot.number, lot.item_id
    answer = saved_once(form, work, now)
    if answer is None:
        return _hold_page("handling/hold.html", form, clinic, lot_id)
    undo = url_for(".release", clinic_code=clinic.code, hold_id=answer["hold"])
    flash_undo(_("Lot %(lot)s is on hold.", lot=number), undo, {"reason": _("Held by mistake")})
    return _to_item(clinic, item_id)


@blueprint.route("/c/<clinic_code>/holds/<int:hold_id>/release", methods=["GET", "POST"])
@login_required
def release(clinic_code: str, hold_id: int) -> Page:
    """Release a hold, with the reason why."""
    clinic = access.clinic(clinic_code, Right.STOCK)
    held = db.session.get(Hold, hold_id)
    if held is None or held.clinic_id not in (None, clinic.id):
        raise NotFoundHereError(str(hold_id))
    form = forms.ReleaseForm()
    lot = _lot(clinic, held.lot_id)
    lot_id, number, item_id = lot.id, lot.number, lot.item_id
    again = _again(held, lot)
    now = clock.now()

    def work() -> dict[str, Any]:
        why = text(form.reason)
        holding.release_hold(clinic, hold_id, reason=why, actor=access.actor(), now=now)
        return {"hold": hold_id}

    if saved_once(form, work, now) is None:
        return _hold_page("handling/release.html", form, clinic, lot_id, hold_id)
    undo = url_for(".hold", clinic_code=clinic.code, lot_id=lot_id)
    flash_undo(_("Lot %(lot)s is released.", lot=number), undo, again)
    return _to_item(clinic, item_id)


def _again(held: Hold, lot: Lot) -> dict[str, object]:
    """Return what the form of a hold is sent to hold the same again."""
    again: dict[str, object] = {
        "location": held.location_id or 0,
        "reason": held.reason,
        "stands_at": held.stands_at,
    }
    if held.quantity is not None:
        again["quantity"] = typed(held.quantity / lot.content_per_container)
    return again


def _hold_page(
    page: str, form: ActionForm, clinic: Clinic, lot_id: int, hold_id: int | None = None
) -> Page:
    lot = _lot(clinic, lot_id)
    held = db.session.get(Hold, hold_id) if hold_id else None
    shown = render_template(page, form=form, clinic=clinic, lot=lot, hold=held, words=wording)
    return shown, status_of(form)


def _lot(clinic: Clinic, lot_id: int) -> Lot:
    found = db.session.scalar(
        sa.select(Lot)
        .join(Item, Item.id == Lot.item_id)
        .options(sa.orm.joinedload(Lot.item))
        .where(Lot.id == lot_id, Item.practice_id == clinic.practice_id)
    )
    if found is None:
        raise NotFoundHereError(str(lot_id))
    return found


@blueprint.post("/c/<clinic_code>/entries/<int:entry_id>/undo")
@login_required
def undo_entry(clinic_code: str, entry_id: int) -> Page:
    """Undo an entry, once: by who recorded it, a stock manager or an owner."""
    clinic = access.clinic(clinic_code)
    found = entries.entry_of(clinic, entry_id)
    if found is None:
        raise NotFoundHereError(str(entry_id))
    if found.can_be_undone:
        access.check_may_undo(found.person_id)
    now = clock.now()
    reason = request.form.get("reason", "").strip()[:500]

    def work() -> dict[str, Any]:
        return {"entry": reverse(entry_id, reason=reason, actor=access.actor(), now=now)}

    if done_once(work, now):
        flash(_undone(found), "success")
    return redirect(_back(clinic, request.form.get("next"), found.parts[0].item_id))


def _undone(found: entries.Movement) -> str:
    """Return what is said when an entry has been undone, and what stayed as it was counted."""
    said = str(wording.UNDONE_WORDS[found.kind])
    if not keeps_counted(found.entry_id):
        return said
    stays = _("What was counted since stays as counted: the rest is written as count difference.")
    return f"{said} {stays}"


def _back(clinic: Clinic, wanted: str | None, item_id: int) -> str:
    """Return the page of this clinic the person came from, else the item's."""
    within = f"/c/{clinic.code}/"
    if wanted and wanted.startswith(within) and wanted.isprintable() and "\\" not in wanted:
        return wanted
    return url_for("stock.item", clinic_code=clinic.code, item_id=item_id)


def _say_done(clinic: Clinic, entry_id: int, said: str, back: str) -> None:
    undo = url_for(".undo_entry", clinic_code=clinic.code, entry_id=entry_id)
    flash_undo(said, undo, {"next": back})


def _to_item(clinic: Clinic, item_id: int) -> Response:
    return redirect(url_for("stock.item", clinic_code=clinic.code, item_id=item_id))
