"""The supplier's step of moving the days on which packs follow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response

from supply import clock
from supply.accounts.rules import Right
from supply.amending.backorders import move_backorders
from supply.amending.routes import OF_SUPPLIER, blueprint
from supply.baskets.requesting import read_day
from supply.ordering import queries
from supply.refusals import InvalidInput
from supply.web import access
from supply.web.saving import done_once


@blueprint.post(f"{OF_SUPPLIER}/backorders")
@login_required
def backorders(supplier_code: str, order_id: int) -> Response:
    """Say on which days the rest of lines follows now; what is wrong is told on the next page."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    order = queries.order_of_supplier(supplier, order_id)
    ids, now = [line.id for line in order.lines], clock.now()

    def work() -> dict[str, Any]:
        days, seen = _days("until", ids), _days("was", ids)
        move_backorders(order_id, days, seen=seen, actor=access.actor(), now=now)
        return {}

    if done_once(work, now) is not None:
        flash(_("Moved, and the clinic is told."), "success")
    return redirect(url_for("fulfilment.order", supplier_code=supplier_code, order_id=order_id))


def _days(part: str, line_ids: Iterable[int]) -> dict[int, dt.date | None]:
    """Return the days typed by line id; lines that the form has no field of are absent.

    Raises:
        InvalidInput: what is no day, all of it.
    """
    days: dict[int, dt.date | None] = {}
    faults: list[tuple[str, str]] = []
    for line_id in line_ids:
        name = f"{part}_{line_id}"
        if name not in request.form:
            continue
        try:
            days[line_id] = read_day(request.form[name], name)
        except InvalidInput as fault:
            faults += fault.errors
    if faults:
        raise InvalidInput(*faults)
    return days
