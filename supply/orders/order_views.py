"""Pages of orders: the list, and where one order is."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import pgettext
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.answering import progress, substituting, taking_back
from supply.approving.sending_back import reason_sent_back
from supply.baskets import columns, contents
from supply.baskets.asked import asking_step
from supply.catalogue import wording as goods
from supply.ordering import documents, panels, queries, steps, wording
from supply.ordering.models import PurchaseOrder
from supply.ordering.queries import Show
from supply.ordering.routes import blueprint
from supply.ordering.showing import shows_orders
from supply.ordering.terms import Side, Stage
from supply.refusals import Refusal
from supply.web import access
from supply.web.choices import chosen
from supply.web.forms import sentences

Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/c/<clinic_code>/orders")
@login_required
def orders(clinic_code: str) -> Answer:
    """List the clinic's orders, newest first."""
    clinic = access.clinic(clinic_code)
    show = chosen(Show, request.args.get("show"), Show.OPEN)
    page = queries.clinic_orders(clinic, show, request.args.get("before", type=int))
    return render_template(
        "orders/orders.html",
        clinic=clinic,
        page=page,
        show=show,
        chips=_chips(clinic, show),
        words=wording.STATUS_WORDS,
        today=access.today(),
    )


def _chips(clinic: Clinic, show: Show) -> list[dict[str, Any]]:
    """Return the filters of the list of orders."""
    labels = {
        Show.OPEN: pgettext("orders", "Open"),
        Show.APPROVAL: _("Awaiting approval"),
        Show.PAYMENT: _("Awaiting payment"),
        Show.DRAFTS: _("Drafts"),
        Show.ENDED: _("Ended"),
        Show.ALL: _("All"),
    }
    return [
        {
            "label": label,
            "url": url_for("ordering.orders", clinic_code=clinic.code, show=option.value),
            "active": option is show,
        }
        for option, label in labels.items()
    ]


@blueprint.get("/c/<clinic_code>/orders/<int:order_id>")
@login_required
def order(clinic_code: str, order_id: int) -> Answer:
    """Show where an order is, and the one next step."""
    return order_page(access.clinic(clinic_code), order_id)


@shows_orders
def order_page(clinic: Clinic, order_id: int, refusal: Refusal | None = None) -> str:
    """Render where an order is; a refused draft keeps what was typed."""
    found = queries.order_of_clinic(clinic, order_id)
    column = None
    if found.stage is Stage.DRAFT:
        column = columns.draft_column(found, clock.now(), refusal, request.form)
    return render_template(
        "orders/order.html",
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
        asked=asking_step(order_id) if found.stage is Stage.AWAITING_APPROVAL else None,
        can_order=access.can(Right.ORDER),
        can_approve=access.can(Right.SETTINGS),
        can_receive=access.can(Right.STOCK),
        receive_next=_receive_next(found),
        sent_back=reason_sent_back(found),
        next_baskets=contents.baskets(clinic) if request.args.get("placed") else (),
        limit=columns.limit_here(),
        can_cancel=any(line.to_ship or line.offered for line in found.lines),
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
        lambda now: progress.cancel_rest(
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
        lambda now: taking_back.take_back_cancelling(
            order_id, side=Side.CLINIC, actor=access.actor(), now=now
        ),
        said=_("Undone: it is on order again."),
    )


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/substitutes")
@login_required
def answer_substitute(clinic_code: str, order_id: int) -> Answer:
    """Accept or refuse what the supplier offers instead of a product."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    queries.order_of_clinic(clinic, order_id)
    accept = request.form.get("accept") == "yes"
    offer_id = request.form.get("offer", 0, type=int)
    return _step(
        clinic,
        order_id,
        lambda now: substituting.answer_substitute(
            order_id, offer_id, accept=accept, actor=access.actor(), now=now
        ),
        said=_("The substitute is on the order.") if accept else _("The substitute is refused."),
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
        lambda now: progress.comment(order_id, text=text, actor=access.actor(), now=now),
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
