"""Prices brought as a file: what it would change, then taking it; and the prices there are."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask_babel import ngettext

from supply import clock
from supply.accounts.own_suppliers import first_day
from supply.accounts.rules import Right
from supply.catalogue.forms import UploadForm
from supply.catalogue.importing import uploads
from supply.catalogue.prices import files
from supply.catalogue.prices.files import PriceSummary
from supply.catalogue.routes import Page
from supply.catalogue.seller import Seller, page, seller
from supply.db import transaction
from supply.documents.answers import CSV, download
from supply.tables import SHOWN, FaultyTable
from supply.web import access


@page("/prices")
def price_file(supplier_code: str, practice_code: str | None = None) -> Page:
    """Ask for a file of prices."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    return _file_page(kept_by, UploadForm(formdata=None))


@page("/prices.csv")
def price_file_now(supplier_code: str, practice_code: str | None = None) -> Page:
    """Give the prices in force and to come, as a file that may be brought again."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    today = first_day(kept_by.supplier, clock.now())
    content = files.export_prices(kept_by.supplier, today)
    return download(content.encode(), CSV, f"prices-{kept_by.supplier.code}-{today}.csv")


@page("/prices", "POST")
def take_prices(supplier_code: str, practice_code: str | None = None) -> Page:
    """Check a file of prices and show what it would change; with ``do=take`` take it."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    taking = request.form.get("do") == "take"
    form = UploadForm()
    filename, content = uploads.brought(form.file.data, request.form)
    if content is None:
        form.validate()
        return _file_page(kept_by, form), 400
    try:
        summary = _import(kept_by, filename, content, dry_run=not taking)
    except FaultyTable as faulty:
        return _file_page(kept_by, form, faulty=faulty), 400
    if not taking:
        kept = uploads.keep(content)
        return _file_page(kept_by, form, summary=summary, kept=kept, filename=filename)
    taken = summary.added + summary.changed
    flash(ngettext("%(num)s price is on file.", "%(num)s prices are on file.", taken), "success")
    return redirect(kept_by.url("supplier_products"))


def _import(kept_by: Seller, filename: str, content: bytes, *, dry_run: bool) -> PriceSummary:
    table = files.read_prices(content, filename)
    with transaction():
        return files.import_prices(
            table, kept_by.supplier, dry_run=dry_run, actor=access.actor(), now=clock.now()
        )


def _file_page(
    kept_by: Seller,
    form: UploadForm,
    *,
    faulty: FaultyTable | None = None,
    summary: PriceSummary | None = None,
    kept: str = "",
    filename: str = "",
) -> str:
    return render_template(
        "catalogue/price_file.html",
        seller=kept_by,
        form=form,
        faulty=faulty,
        summary=summary,
        kept=kept,
        filename=filename,
        shown=SHOWN,
        columns=(files.REQUIRED, files.OPTIONAL),
    )
