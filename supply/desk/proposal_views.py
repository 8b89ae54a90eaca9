"""Writing an order for a clinic that phoned it in: the clinic places it, or does not."""

from __future__ import annotations

import secrets

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import login_required
from werkzeug.wrappers import Response as AnyResponse

from supply import clock
from supply.accounts.models import Supplier
from supply.accounts.rules import Right
from supply.baskets import proposing
from supply.desk.routes import blueprint
from supply.ordering import wording
from supply.ordering.typed import Fault, read_packs
from supply.refusals import InvalidInput, Refusal
from supply.web import access
from supply.web.forms import sentences
from supply.web.once import once

ROWS = 8
"""Products that may be typed at once."""

Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/s/<supplier_code>/orders/write")
@login_required
def proposals(supplier_code: str) -> str:
    """Show the form to write an order, and what became of those written before."""
    return _page(access.supplier(supplier_code, Right.FULFIL))


@blueprint.post("/s/<supplier_code>/orders/write")
@login_required
def propose(supplier_code: str) -> Answer:
    """Write an order for a clinic; it gets a mail, and nothing is ordered until it places it."""
    supplier = access.supplier(supplier_code, Right.FULFIL)
    now = clock.now()
    rows: list[int] = []
    try:
        packs = _packs(rows)
        once(
            lambda: {
                "order": proposing.propose(
                    supplier,
                    request.form.get("clinic", ""),
                    packs,
                    said=request.form.get("said", ""),
                    actor=access.actor(),
                    now=now,
                ).id
            },
            now,
        )
    except Refusal as refusal:
        return _page(supplier, _by_field(refusal, rows)), 400
    flash(_("The clinic has it and gets a mail: nothing is ordered until it is placed."), "success")
    return redirect(url_for(".proposals", supplier_code=supplier.code))


def _packs(rows: list[int]) -> dict[str, int]:
    """Return packs by SKU as typed, and in ``rows`` where each stands; raises InvalidInput."""
    faults: list[Fault] = []
    packs: dict[str, int] = {}
    for row in range(ROWS):
        sku = request.form.get(f"sku_{row}", "").strip()
        if not sku:
            continue
        if sku in packs:
            faults.append((f"sku_{row}", _("%(sku)s is named twice.", sku=sku)))
        rows.append(row)
        packs[sku] = read_packs(request.form.get(f"packs_{row}", ""), f"packs_{row}", sku, faults)
    if faults:
        raise InvalidInput(*faults)
    return packs


def _by_field(refusal: Refusal, rows: list[int]) -> Refusal:
    """Return a refusal of the service with lines named as the form names its fields."""
    if not isinstance(refusal, InvalidInput):
        return refusal
    return InvalidInput(*((_field(field, rows), text) for field, text in refusal.errors))


def _field(field: str, rows: list[int]) -> str:
    part = field.split(".")
    if len(part) == 3 and part[1].isdecimal() and int(part[1]) < len(rows):
        return f"{part[2]}_{rows[int(part[1])]}"
    return "sku_0" if field == "lines" else field


def _page(supplier: Supplier, refusal: Refusal | None = None) -> str:
    return render_template(
        "desk/proposals.html",
        supplier=supplier,
        clinics=proposing.served_clinics(supplier),
        written=proposing.proposed(supplier),
        words=wording.STATUS_WORDS,
        rows=range(ROWS),
        refusals=sentences(refusal),
        faults=dict(refusal.errors) if isinstance(refusal, InvalidInput) else {},
        typed=request.form,
        key=request.form.get("form_key") or secrets.token_hex(16),
    )
