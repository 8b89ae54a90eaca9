"""Prices brought as a file: what it would change, then taking it; and the prices there are."""

from __future__ import annotations

from flask_babel import ngettext

from supply import clock
from supply.accounts.own_suppliers import first_day
from supply.accounts.rules import Right
from supply.catalogue import file_pages
from supply.catalogue.file_pages import FileKind
from supply.catalogue.prices import files
from supply.catalogue.prices.files import PriceSummary
from supply.catalogue.routes import Page
from supply.catalogue.seller import page, seller
from supply.documents.answers import CSV, download


@page("/prices")
def price_file(supplier_code: str, practice_code: str | None = None) -> Page:
    """Ask for a file of prices."""
    return file_pages.ask(PRICES, supplier_code, practice_code)


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
    return file_pages.take(PRICES, supplier_code, practice_code)


def _said(summary: PriceSummary) -> str:
    taken = summary.added + summary.changed
    return str(ngettext("%(num)s price is on file.", "%(num)s prices are on file.", taken))


PRICES = FileKind(
    "catalogue/price_file.html",
    files.read_prices,
    files.import_prices,
    _said,
    (files.REQUIRED, files.OPTIONAL),
)
