"""What to order now, and into the basket with it."""

from __future__ import annotations

from secrets import token_hex
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.audit.services import Refusal
from supply.ordering import services as ordering
from supply.ordering.services import BasketLine
from supply.replenishment import queries, wording
from supply.replenishment.models import Proposal
from supply.replenishment.routes import blueprint
from supply.web import access
from supply.web.once import once


@blueprint.get("/c/<clinic_code>/proposals")
@login_required
def proposals(clinic_code: str) -> str:
    """Show what to order, why, and how much of it."""
    clinic = access.clinic(clinic_code)
    found = queries.proposals(clinic.id)
    return render_template(
        "replenishment/proposals.html",
        clinic=clinic,
        rows=[
            {
                "proposal": proposal,
                "how_much": wording.how_much(proposal.facts),
                "why": wording.why(proposal.facts),
            }
            for proposal in found
        ],
        suppliers=len({proposal.product.supplier_id for proposal in found}),
        may_order=access.can(Right.ORDER),
        today=access.today(),
        form_key=token_hex(16),
    )


@blueprint.post("/c/<clinic_code>/proposals")
@login_required
def add_proposals(clinic_code: str) -> Response:
    """Put one proposal (field ``proposal``) or all of them into the basket.

    The basket is raised to what is proposed, so that adding twice does not order twice.
    """
    clinic = access.clinic(clinic_code, Right.ORDER)
    now = clock.now()
    wanted = set(request.form.getlist("proposal", type=int))

    def put() -> dict[str, Any]:
        lines = _lines(clinic, wanted)
        if lines:
            ordering.add_to_basket(clinic, lines, actor=access.actor(), now=now)
        return {"lines": len(lines)}

    try:
        added = once(put, now)["lines"]
    except Refusal as refusal:
        flash(str(refusal), "error")
        return redirect(url_for(".proposals", clinic_code=clinic.code))
    if not added:
        flash(_("There is nothing to order any more: somebody may have ordered it."), "warning")
        return redirect(url_for(".proposals", clinic_code=clinic.code))
    said = ngettext("%(num)s line is in the basket.", "%(num)s lines are in the basket.", added)
    flash(str(said), "success")
    return redirect(url_for("ordering.basket", clinic_code=clinic.code))


def _lines(clinic: Clinic, wanted: set[int]) -> list[BasketLine]:
    chosen = [p for p in queries.proposals(clinic.id) if not wanted or p.id in wanted]
    return [_line(proposal) for proposal in chosen]


def _line(proposal: Proposal) -> BasketLine:
    why = wording.why(proposal.facts)
    return BasketLine(proposal.product_id, proposal.packs, why, raise_to=True)
