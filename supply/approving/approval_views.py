"""An owner's two steps with an order over a person's limit: approve it, or send it back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply.accounts.rules import Right
from supply.approving.sending_back import send_back as send_order_back
from supply.approving.sending_back import take_back_sending
from supply.baskets import placing
from supply.baskets.asked import check_asked
from supply.ordering import queries, steps
from supply.ordering.models import PurchaseOrder
from supply.ordering.routes import blueprint
from supply.ordering.showing import shown_again
from supply.ordering.steps import Answer
from supply.refusals import Refusal
from supply.web import access


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/approve")
@login_required
def approve(clinic_code: str, order_id: int) -> Answer:
    """Approve an order over a person's limit: an owner's step."""
    number = _number(clinic_code, order_id)

    def work(now: dt.datetime) -> PurchaseOrder:
        _check_shown(order_id)
        return placing.approve(order_id, actor=access.actor(), now=now)

    said = _("Order %(number)s is approved and placed.", number=number)
    return _step(clinic_code, order_id, work, said)


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/send-back")
@login_required
def send_back(clinic_code: str, order_id: int) -> Answer:
    """Send an order that waits for approval back to who asked for it, with a reason."""
    number = _number(clinic_code, order_id)
    reason = request.form.get("reason", "")

    def work(now: dt.datetime) -> PurchaseOrder:
        _check_shown(order_id)
        return send_order_back(order_id, reason=reason, actor=access.actor(), now=now)

    undo = url_for(".undo_send_back", clinic_code=clinic_code, order_id=order_id)
    return _step(
        clinic_code, order_id, work, _("Order %(number)s is sent back.", number=number), undo
    )


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/send-back/undo")
@login_required
def undo_send_back(clinic_code: str, order_id: int) -> Answer:
    """Let an order that was sent back wait for approval again."""
    number = _number(clinic_code, order_id)

    def work(now: dt.datetime) -> PurchaseOrder:
        return take_back_sending(order_id, actor=access.actor(), now=now)

    said = _("Order %(number)s waits for approval again.", number=number)
    return _step(clinic_code, order_id, work, said)


def _check_shown(order_id: int) -> None:
    """Refuse a decision on what the page did not show; its lock is held from here on."""
    shown = request.form.get("asked", type=int)
    if shown is not None:
        check_asked(order_id, shown)


def _number(clinic_code: str, order_id: int) -> str:
    """Return the order's number, after an owner's right to decide was checked."""
    clinic = access.clinic(clinic_code, Right.SETTINGS)
    return queries.order_of_clinic(clinic, order_id).number


def _step(
    clinic_code: str,
    order_id: int,
    work: Callable[[dt.datetime], PurchaseOrder],
    said: str,
    undo: str | None = None,
) -> Answer:
    return steps.take(
        work,
        said=said,
        undo=undo,
        undo_fields={"next": _today()},
        back=_back(clinic_code, order_id),
        refused=lambda refusal: _refused(clinic_code, order_id, refusal),
    )


def _refused(clinic_code: str, order_id: int, refusal: Refusal) -> Answer:
    """Say why not, where the person was: on Today as a toast, else on the order's page."""
    if today := _today():
        flash(str(refusal), "error")
        return redirect(today)
    return shown_again(access.clinic(clinic_code), order_id, refusal), 400


def _back(clinic_code: str, order_id: int) -> str:
    return _today() or url_for(".order", clinic_code=clinic_code, order_id=order_id)


def _today() -> str:
    """Return the Today of one of the person's clinics that they came from, if they did."""
    pages = [url_for("today.index", clinic_code=clinic.code) for clinic in access.clinics()]
    wanted = request.form.get("next", "")
    return wanted if wanted in pages else ""
