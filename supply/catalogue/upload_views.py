"""A catalogue brought as a file: what it would change first, then taking it."""

from __future__ import annotations

from flask_babel import ngettext

from supply.catalogue import file_pages, services
from supply.catalogue.file_pages import FileKind
from supply.catalogue.importing.reading import OPTIONAL, REQUIRED
from supply.catalogue.routes import Page
from supply.catalogue.seller import page
from supply.catalogue.services import ImportSummary


@page("/file")
def upload(supplier_code: str, practice_code: str | None = None) -> Page:
    """Ask for a catalogue file."""
    return file_pages.ask(CATALOGUE, supplier_code, practice_code)


@page("/file", "POST")
def take_file(supplier_code: str, practice_code: str | None = None) -> Page:
    """Check a catalogue file and show what it would change; with ``do=take`` take it."""
    return file_pages.take(CATALOGUE, supplier_code, practice_code)


def _said(summary: ImportSummary) -> str:
    products = summary.added + summary.changed
    counted = ngettext(
        "%(num)s product added or changed.", "%(num)s products added or changed.", products
    )
    priced = ngettext("%(num)s price begins today.", "%(num)s prices begin today.", summary.prices)
    return f"{counted} {priced}"


CATALOGUE = FileKind(
    "catalogue/upload.html",
    services.read_catalogue,
    services.import_catalogue,
    _said,
    (REQUIRED, OPTIONAL),
)
