"""A product that is no longer sold, on a draft: its successor in its place."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.rules import Right
from supply.baskets import drafts
from supply.ordering import queries
from supply.ordering.routes import blueprint
from supply.web import access
from supply.web.saving import done_once


@blueprint.post("/c/<clinic_code>/basket/<int:order_id>/lines/<int:line_id>/replace")
@login_required
def replace(clinic_code: str, order_id: int, line_id: int) -> Response:
    """Order what replaces a line's product instead."""
    clinic = access.clinic(clinic_code, Right.ORDER)
    order = queries.order_of_clinic(clinic, order_id)
    now = clock.now()
    there = {"clinic_code": clinic_code} if order.basket else {
        "clinic_code": clinic_code, "order_id": order_id
    }  # fmt: skip
    back = url_for(".basket" if order.basket else ".order", **there)

    def work() -> dict[str, Any]:
        line = drafts.replace_line(order_id, line_id, actor=access.actor(), now=now)
        return {"name": line.name}

    answer = done_once(work, now)
    if answer is not None:
        flash(_("%(name)s is on the order instead.", name=answer["name"]), "success")
    return redirect(back)
