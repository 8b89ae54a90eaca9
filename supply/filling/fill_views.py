"""Where the basket is filled from: a pasted list, the last orders, templates."""

from __future__ import annotations

import json
import secrets

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.rules import Right
from supply.filling.again import again, last_orders
from supply.filling.pages import fill_again
from supply.filling.routes import blueprint
from supply.filling.rules import LONGEST
from supply.filling.services import Change, empty_again
from supply.filling.templates import templates_of
from supply.ordering import queries
from supply.refusals import Refusal
from supply.web import access
from supply.web.once import once


@blueprint.get("/c/<clinic_code>/basket/fill")
@login_required
def fill(clinic_code: str) -> str:
    """Offer every way to fill the basket at once."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    return render_template(
        "filling/fill.html",
        clinic=clinic,
        templates=templates_of(clinic),
        orders=last_orders(clinic),
        today=access.today(),
        longest=LONGEST,
        key=secrets.token_hex(16),
    )


@blueprint.post("/c/<clinic_code>/orders/<int:order_id>/again")
@login_required
def order_again(clinic_code: str, order_id: int) -> Response:
    """Put what an order asked for into the basket; what is no longer sold is named."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = queries.order_of_clinic(clinic, order_id)
    back = url_for("ordering.order", clinic_code=clinic_code, order_id=order_id)
    try:
        onward = fill_again(clinic, again(order), clock.now())
    except Refusal as refusal:
        flash(str(refusal), "error")
        return redirect(back)
    return redirect(onward or back)


@blueprint.post("/c/<clinic_code>/basket/fill/undo")
@login_required
def undo(clinic_code: str) -> Response:
    """Take out of the basket again what was put in at once, but for what was changed since."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    changes, now = _changes(request.form.get("changes", "")), clock.now()
    left = once(lambda: {"left": empty_again(clinic, changes, actor=access.actor(), now=now)}, now)[
        "left"
    ]
    flash(_("Undone: the basket is as it was before."), "success")
    if left:
        text = ngettext(
            "%(num)d line has been changed since, and stays.",
            "%(num)d lines have been changed since, and stay.",
            left,
        )
        flash(str(text), "warning")
    return redirect(url_for("ordering.basket", clinic_code=clinic_code))


def _changes(text: str) -> dict[int, Change]:
    """Read what the toast sends back; nonsense changes nothing."""
    try:
        return {int(key): (int(before), int(after)) for key, before, after in json.loads(text)}
    except (ValueError, TypeError):
        return {}
