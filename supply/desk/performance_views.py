"""Fill rate and on time in full: a supplier's own, and what a clinic sees of its suppliers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import render_template, request, url_for
from flask_login import login_required

from supply.accounts.models import Clinic, Supplier
from supply.accounts.rules import Right
from supply.desk import performance
from supply.desk.routes import blueprint
from supply.ordering.models import PurchaseOrder
from supply.web import access


@blueprint.get("/s/<supplier_code>/performance")
@login_required
def own_performance(supplier_code: str) -> str:
    """Show how well a supplier delivers, with the lines behind a month's numbers."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    today = access.today()
    here = {"supplier_code": supplier.code}
    return render_template(
        "desk/performance.html",
        supplier=supplier,
        scores=performance.scores(supplier, today).get(supplier.id, []),
        **_lines(supplier, today, ".own_performance", here),
    )


@blueprint.get("/c/<clinic_code>/orders/suppliers")
@login_required
def suppliers_performance(clinic_code: str) -> str:
    """Show how well a clinic's suppliers deliver, with the lines behind one's numbers."""
    clinic = access.clinic(clinic_code)
    today = access.today()
    scores = performance.scores(clinic, today)
    suppliers = performance.suppliers_named(scores)
    chosen = next((one for one in suppliers if one.code == request.args.get("supplier")), None)
    here = {"clinic_code": clinic.code, "supplier": chosen.code if chosen else None}
    return render_template(
        "desk/suppliers_performance.html",
        clinic=clinic,
        suppliers=suppliers,
        scores=scores,
        chosen=chosen,
        **_lines(clinic, today, ".suppliers_performance", here, chosen),
    )


def _lines(
    place: Supplier | Clinic,
    today: dt.date,
    endpoint: str,
    here: dict[str, Any],
    supplier: Supplier | None = None,
) -> dict[str, Any]:
    """Return the lines of the month that the address names, and the way to other months."""
    months = [performance.first_of_month(today, back) for back in range(performance.MONTHS)]
    named = request.args.get("month", "")
    month = next((one for one in months if f"{one:%Y-%m}" == named), months[0])
    missed = request.args.get("only") == "missed"
    lines, more = performance.due_lines(
        place,
        month,
        today,
        supplier_id=supplier.id if supplier else None,
        missed=missed,
        before=request.args.get("before", type=int),
    )

    def address(month: dt.date, *, missed: bool = missed, before: int | None = None) -> str:
        only = "missed" if missed else None
        return url_for(endpoint, **here, month=f"{month:%Y-%m}", only=only, before=before)

    return {
        "month": month,
        "missed": missed,
        "lines": lines,
        "address": address,
        "order_url": lambda order: _order_url(place, order),
        "next_url": address(month, before=more) if more else None,
    }


def _order_url(place: Supplier | Clinic, order: PurchaseOrder) -> str:
    if isinstance(place, Supplier):
        return url_for("fulfilment.order", supplier_code=place.code, order_id=order.id)
    return url_for("ordering.order", clinic_code=place.code, order_id=order.id)
