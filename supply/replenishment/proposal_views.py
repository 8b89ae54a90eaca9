"""What to order now, and into the basket with it."""

from __future__ import annotations

import datetime as dt
from secrets import token_hex
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.access import has_right, membership_reaching
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.baskets import drafts
from supply.baskets.contents import basket_lines
from supply.baskets.drafts import BasketLine
from supply.ordering.wording import added
from supply.quantity import as_text
from supply.replenishment import current, queries, wording
from supply.replenishment.models import ProposedTransfer
from supply.replenishment.routes import blueprint
from supply.web import access
from supply.web.saving import done_once


@blueprint.get("/c/<clinic_code>/proposals")
@login_required
def proposals(clinic_code: str) -> str:
    """Show what to order, why, and how much of it."""
    clinic = access.clinic(clinic_code)
    found = current.wanted(clinic.id, now=clock.now())
    return render_template(
        "replenishment/proposals.html",
        clinic=clinic,
        rows=[
            {
                "proposal": line.proposal,
                "how_much": wording.how_much(line.facts),
                "why": wording.why(line.facts),
                "asked": wording.asked(line.asked),
                "chosen": wording.chosen(line.facts),
            }
            for line in found
        ],
        transfers=[
            {
                "transfer": one,
                "why": wording.bring({**one.facts, **wording.measured(one.item)}),
                "send": _send_url(clinic, one),
            }
            for one in queries.proposed_transfers(clinic.id)
        ],
        to_add=sum(not line.asked for line in found),
        suppliers=len({line.proposal.product.supplier_id for line in found}),
        may_order=access.can(Right.ORDER),
        today=access.today(),
        form_key=token_hex(16),
    )


def _send_url(clinic: Clinic, one: ProposedTransfer) -> str | None:
    """Return the filled form that sends what is proposed; None for who may not send from there."""
    sender = one.from_clinic
    reached = membership_reaching(access.person(), sender)
    if reached is None or not has_right(reached, Right.STOCK, access.today()):
        return None
    return url_for(
        "transfers.new",
        clinic_code=sender.code,
        lot=one.lot_id,
        quantity=as_text(one.quantity),
        to=f"clinic:{clinic.code}",
    )


@blueprint.post("/c/<clinic_code>/proposals")
@login_required
def add_proposals(clinic_code: str) -> Response:
    """Put one proposal (field ``proposal``: its item's id) or all of them into the basket.

    The proposal's own id would not do: each sweep deletes some, and SQLite gives their ids anew.
    What is on order, in the basket or waiting for approval by then is left out, so that adding
    twice does not order twice. From Today (field ``next``) it goes back there.
    """
    clinic = access.clinic(clinic_code, Right.ORDER)
    now = clock.now()
    chosen = "proposal" in request.form
    wanted = set(request.form.getlist("proposal", type=int)) if chosen else None

    def put() -> dict[str, Any]:
        current.lock_baskets(clinic)
        lines = _lines(clinic, wanted, now)
        if lines:
            drafts.add_to_basket(clinic, lines, actor=access.actor(), now=now)
        return {"added": len(lines), "lines": basket_lines(clinic)}

    back = url_for(".proposals", clinic_code=clinic.code)
    today = url_for("today.index", clinic_code=clinic.code)
    back = today if request.form.get("next") == today else back
    answer = done_once(put, now)
    if answer is None:
        return redirect(back)
    if not answer["added"]:
        flash(_("There is nothing to add: it is on order or in the basket already."), "warning")
        return redirect(back)
    flash(added(answer["lines"]), "success")
    return redirect(today if back == today else url_for("ordering.basket", clinic_code=clinic.code))


def _lines(clinic: Clinic, wanted: set[int] | None, now: dt.datetime) -> list[BasketLine]:
    """Return what is proposed now for the items ``wanted``; None is all."""
    return [
        BasketLine(
            line.proposal.product_id, line.packs, str(wording.why(line.facts)), raise_to=True
        )
        for line in current.wanted(clinic.id, now=now)
        if not line.asked and (wanted is None or line.proposal.item_id in wanted)
    ]
