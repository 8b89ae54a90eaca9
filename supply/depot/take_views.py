"""Taking goods in: by scan or by hand, and from a file."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_required

from supply import clock
from supply.accounts.models import Clinic, Supplier
from supply.catalogue.importing import uploads
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.depot import importing, take_rows
from supply.depot.arriving import take_in
from supply.depot.forms import StockFileForm
from supply.depot.importing import StockFile
from supply.depot.routes import ADDRESS, Page, blueprint, opened, say_done
from supply.depot.take_rows import TakeRow
from supply.inventory.lookalikes import notes_of_entry
from supply.items.queries import places
from supply.refusals import InvalidInput, Refusal
from supply.tables import SHOWN, FaultyTable
from supply.web import access
from supply.web.forms import sentences
from supply.web.once import once
from supply.web.toasts import flash_notes

MOST_SUGGESTED = 2_000
"""SKUs offered while typing; any other may still be typed."""


@blueprint.get(f"{ADDRESS}/take")
@login_required
def take(supplier_code: str) -> Page:
    """Show the form for goods that come in."""
    supplier, depot = opened(supplier_code)
    return _take_page(supplier, depot, [TakeRow("1", sku=request.args.get("sku", "")[:80])])


@blueprint.post(f"{ADDRESS}/take")
@login_required
def take_goods(supplier_code: str) -> Page:
    """Take goods in as typed; scans are read first, and ``do`` may ask for that alone."""
    supplier, depot = opened(supplier_code)
    now = clock.now()
    rows, faults = take_rows.typed_rows(supplier, request.form, access.today())
    # A scanner sends the form without pressing a button: that takes nothing in.
    wish = request.form.get("do") or ("read" if request.form.get("scan", "").strip() else "take")
    if wish in ("read", "more"):
        if wish == "more" or (not faults and not rows[-1].blank):
            rows = take_rows.with_blank(rows)
        refusal = InvalidInput(*faults) if faults else None
        return _take_page(supplier, depot, rows, refusal), 400 if faults else 200

    def work() -> dict[str, Any]:
        if faults:
            raise InvalidInput(*faults)
        lines = take_rows.arrivals(supplier, rows)
        try:
            taken = take_in(supplier, lines, actor=access.actor(), now=now)
        except InvalidInput as fault:
            raise take_rows.by_field(fault) from fault
        return {"entry": taken.entry_id, "packs": sum(line.packs for line in lines)}

    try:
        answer = once(work, now)
    except Refusal as refusal:
        return _take_page(supplier, depot, rows, refusal), 400
    return _taken(supplier, answer)


def _taken(supplier: Supplier, answer: dict[str, Any]) -> Page:
    packs = answer["packs"]
    said = ngettext("%(num)s pack is taken in.", "%(num)s packs are taken in.", packs)
    say_done(supplier, answer["entry"], said)
    flash_notes(notes_of_entry(answer["entry"]))
    return redirect(url_for(".index", supplier_code=supplier.code))


def _take_page(
    supplier: Supplier, depot: Clinic, rows: list[TakeRow], refusal: Refusal | None = None
) -> str:
    faults = dict(refusal.errors) if isinstance(refusal, InvalidInput) else {}
    return render_template(
        "depot/take.html",
        supplier=supplier,
        rows=rows,
        scan_text=request.form.get("scan", "") if "scan" in faults else "",
        places=[
            ("", str(_("The first that fits"))),
            *((str(place.id), place.name) for place in places(depot)),
        ],
        products=_products(supplier),
        faults=faults,
        refusals=sentences(refusal),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )


def _products(supplier: Supplier) -> list[tuple[str, str]]:
    rows = db.session.execute(
        sa.select(Product.sku, Product.name)
        .where(Product.supplier_id == supplier.id, Product.withdrawn_at.is_(None))
        .order_by(Product.sku)
        .limit(MOST_SUGGESTED)
    )
    return [(row.sku, row.name) for row in rows]


@blueprint.get(f"{ADDRESS}/file")
@login_required
def upload(supplier_code: str) -> Page:
    """Ask for a file of lots."""
    supplier, _depot = opened(supplier_code)
    return _file_page(supplier, StockFileForm(formdata=None))


@blueprint.post(f"{ADDRESS}/file")
@login_required
def take_file(supplier_code: str) -> Page:
    """Check a file of lots and show what it would take in; with ``do=take`` take it in."""
    supplier, _depot = opened(supplier_code)
    form = StockFileForm()
    filename, content = uploads.brought(form.file.data, request.form)
    if content is None:
        form.validate()
        return _file_page(supplier, form), 400
    now = clock.now()
    try:
        table = importing.read_stock(content, filename)
        if request.form.get("do") == "take":
            return _taken(supplier, once(lambda: _take_file(supplier, table, now), now))
        with transaction():
            read = importing.import_stock(
                supplier, table, dry_run=True, actor=access.actor(), now=now
            )
    except FaultyTable as faulty:
        return _file_page(supplier, form, faulty=faulty), 400
    return _file_page(supplier, form, read=read, kept=uploads.keep(content), filename=filename)


def _take_file(supplier: Supplier, table: Any, now: Any) -> dict[str, Any]:
    read = importing.import_stock(supplier, table, actor=access.actor(), now=now)
    return {"entry": read.entry, "packs": read.packs}


def _file_page(
    supplier: Supplier,
    form: StockFileForm,
    *,
    faulty: FaultyTable | None = None,
    read: StockFile | None = None,
    kept: str = "",
    filename: str = "",
) -> str:
    return render_template(
        "depot/file.html",
        supplier=supplier,
        form=form,
        faulty=faulty,
        read=read,
        kept=kept,
        filename=filename,
        shown=SHOWN,
        columns=(importing.REQUIRED, importing.OPTIONAL),
        today=access.today(),
        key=request.form.get("form_key") or secrets.token_hex(16),
    )
