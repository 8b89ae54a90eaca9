"""A catalogue brought as a file: what it would change first, then taking it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask_babel import ngettext

from supply import clock
from supply.accounts.rules import Right
from supply.catalogue import services
from supply.catalogue.forms import UploadForm
from supply.catalogue.importing import uploads
from supply.catalogue.importing.reading import OPTIONAL, REQUIRED
from supply.catalogue.routes import Page
from supply.catalogue.seller import Seller, page, seller
from supply.catalogue.services import ImportSummary
from supply.db import transaction
from supply.tables import SHOWN, FaultyTable
from supply.web import access


@page("/file")
def upload(supplier_code: str, practice_code: str | None = None) -> Page:
    """Ask for a catalogue file."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    return _upload_page(kept_by, UploadForm(formdata=None))


@page("/file", "POST")
def take_file(supplier_code: str, practice_code: str | None = None) -> Page:
    """Check a catalogue file and show what it would change; with ``do=take`` take it."""
    kept_by = seller(supplier_code, practice_code, Right.CATALOGUE)
    taking = request.form.get("do") == "take"
    form = UploadForm()
    filename, content = uploads.brought(form.file.data, request.form)
    if content is None:
        form.validate()
        return _upload_page(kept_by, form), 400
    try:
        summary = _import(kept_by, filename, content, dry_run=not taking)
    except FaultyTable as faulty:
        return _upload_page(kept_by, form, faulty=faulty), 400
    if not taking:
        kept = uploads.keep(content)
        return _upload_page(kept_by, form, summary=summary, kept=kept, filename=filename)
    flash(_taken(summary), "success")
    return redirect(kept_by.url("supplier_products"))


def _import(kept_by: Seller, filename: str, content: bytes, *, dry_run: bool) -> ImportSummary:
    table = services.read_catalogue(content, filename)
    with transaction():
        return services.import_catalogue(
            table, kept_by.supplier, dry_run=dry_run, actor=access.actor(), now=clock.now()
        )


def _taken(summary: ImportSummary) -> str:
    products = summary.added + summary.changed
    counted = ngettext(
        "%(num)s product added or changed.", "%(num)s products added or changed.", products
    )
    priced = ngettext("%(num)s price begins today.", "%(num)s prices begin today.", summary.prices)
    return f"{counted} {priced}"


def _upload_page(
    kept_by: Seller,
    form: UploadForm,
    *,
    faulty: FaultyTable | None = None,
    summary: ImportSummary | None = None,
    kept: str = "",
    filename: str = "",
) -> str:
    return render_template(
        "catalogue/upload.html",
        seller=kept_by,
        form=form,
        faulty=faulty,
        summary=summary,
        kept=kept,
        filename=filename,
        shown=SHOWN,
        columns=(REQUIRED, OPTIONAL),
    )
