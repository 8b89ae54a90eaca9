"""An invoice or credit note on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from flask import Response
from flask_babel import get_locale
from flask_babel import gettext as _

from supply import countries, iban
from supply.documents import answers, layout
from supply.invoicing import ubl, wording
from supply.invoicing.models import Invoice, InvoiceLine
from supply.invoicing.parties import Parties, Party
from supply.text import fold
from supply.vat.rules import Share
from supply.vat.wording import label, percent
from supply.web import filters

_WIDTHS: Final = (30, 72, 14, 28, 16, 30)
"""Columns, in proportion: SKU, product, packs, price, VAT, sum."""
_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "RIGHT", "RIGHT", "RIGHT", "RIGHT")

XML: Final = "application/xml"


def download(invoice: Invoice, form: str) -> Response:
    """Return a document as a file to download: ``form`` is pdf or xml."""
    name = f"{invoice.number}.{form}"
    if form == "pdf":
        return answers.download(invoice_pdf(invoice), "application/pdf", name)
    return answers.download(ubl.invoice_xml(invoice), XML, name)


def invoice_pdf(invoice: Invoice) -> bytes:
    """Return a document as a PDF in the language of whoever reads it."""
    parties = Parties.of_facts(invoice.facts)
    page = layout.new_page(invoice.number)
    layout.heading(page, title(invoice))
    layout.lines(page, _about(invoice))
    layout.lines(page, _side(_("Seller"), parties.seller))
    layout.lines(page, _side(_("Buyer"), parties.buyer))
    layout.lines(page, _side(_("Delivered to"), parties.deliver_to))
    layout.table(page, _WIDTHS, _ALIGNS, _rows(invoice))
    layout.space(page)
    layout.lines(page, _below(invoice, parties.seller))
    return layout.finished(page)


def title(invoice: Invoice) -> str:
    """Return what a document is headed: its kind and number."""
    if invoice.is_credit:
        return str(_("Credit note %(number)s", number=invoice.number))
    return str(_("Invoice %(number)s", number=invoice.number))


def _about(invoice: Invoice) -> Iterator[str]:
    yield _("Issued: %(day)s", day=filters.short_date(invoice.issued_on))
    if invoice.due_on is not None:
        yield _("Due: %(day)s", day=filters.short_date(invoice.due_on))
    yield _("Supplied: %(day)s", day=filters.short_date(invoice.supplied_on))
    yield _("Order: %(number)s", number=invoice.order.number)
    if shipment := invoice.facts.get("shipment"):
        yield _("Shipment: %(code)s", code=shipment)
    for number in credited_numbers(invoice):
        yield _("Credits invoice: %(number)s", number=number)
    if invoice.is_credit:
        yield str(wording.REASON_WORDS[invoice.reason])


def credited_numbers(invoice: Invoice) -> list[str]:
    """Return the numbers of the invoices that a credit note is about."""
    return sorted({line.credits.invoice.number for line in invoice.lines if line.credits})


def _side(role: str, party: Party) -> Iterator[str]:
    yield _("%(what)s: %(more)s", what=role, more=party.name)
    if party.trading_name:
        yield party.trading_name
    yield from party.address
    if party.country and not _ends_in_country(party):
        yield _country(party.country)
    if party.vat_number:
        yield _("VAT number: %(number)s", number=party.vat_number)


def _ends_in_country(party: Party) -> bool:
    """Say whether the address itself names its country, as people write it below a town."""
    named = {party.country, _country(party.country), countries.names("en").get(party.country, "")}
    return bool(party.address) and fold(party.address[-1]) in {fold(name) for name in named}


def _country(code: str) -> str:
    return countries.names(str(get_locale())).get(code, code)


def _rows(invoice: Invoice) -> Iterator[tuple[str, ...]]:
    yield _("SKU"), _("Product"), _("Packs"), _("Pack price"), _("VAT"), _("Net")
    yield from (_cells(line) for line in invoice.lines)
    if invoice.carriage_minor:
        taxed = percent(invoice.carriage_terms)
        yield "", _("Carriage"), "", "", taxed, filters.money(invoice.carriage)
    yield _total(_("Net"), filters.money(invoice.net))
    for tax in invoice.taxes:
        yield _total(_taxed(invoice, tax.share), filters.money(invoice.in_currency(tax.vat_minor)))
    yield _total(
        _("Credited in all") if invoice.is_credit else _("To pay"), filters.money(invoice.total)
    )


def _taxed(invoice: Invoice, share: Share) -> str:
    """Say the tax and on what sum, which an invoice has to (Directive 2006/112/EC, art. 226)."""
    net = filters.money(invoice.in_currency(share.net_minor))
    return str(_("%(vat)s, on %(net)s", vat=label(share.terms), net=net))


def _total(what: str, how_much: str) -> tuple[str, ...]:
    return "", what, "", "", "", how_much


def _cells(line: InvoiceLine) -> tuple[str, ...]:
    lots = ", ".join(line.lots)
    name = _("%(name)s, lot %(lots)s", name=line.name, lots=lots) if lots else line.name
    return (
        line.sku,
        name,
        str(line.packs),
        filters.money(line.price),
        percent(line.tax_terms),
        filters.money(line.net),
    )


def _below(invoice: Invoice, seller: Party) -> Iterator[str]:
    if invoice.is_credit:
        yield _("This sum is set off against the invoice, or paid back if that is paid.")
        return
    if seller.iban:
        yield _("Pay to: %(account)s", account=iban.spaced(seller.iban))
    yield _("Give as reference: %(number)s", number=invoice.number)
