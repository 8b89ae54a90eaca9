"""VAT in words: what a share of it is called, what a class of products is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from flask_babel import LazyString, format_percent
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.money import Money
from supply.vat.rules import WHOLE, Share, TaxTerms
from supply.vat.terms import TaxCategory, TaxClass

CLASS_WORDS: dict[TaxClass, LazyString] = {
    TaxClass.STANDARD: _l("Standard rate"),
    TaxClass.MEDICINE: _l("Medicine"),
    TaxClass.DEVICE: _l("Medical device"),
    TaxClass.EXEMPT: _l("Exempt"),
}

WHY_NONE: dict[TaxCategory, LazyString] = {
    TaxCategory.EXEMPT: _l("Exempt from VAT"),
    TaxCategory.INTRA_EU: _l("Intra-Community supply, exempt by Directive 2006/112/EC, art. 138"),
    TaxCategory.EXPORT: _l("Export, free of VAT"),
    TaxCategory.NOT_SUBJECT: _l("Not subject to VAT"),
}
"""Why a sale bears no tax; invoices have to say it."""


def label(terms: TaxTerms) -> str:
    """Return what a line of totals calls the VAT on these terms: "VAT 21%"."""
    why = WHY_NONE.get(terms.category)
    return str(why) if why else str(_("VAT %(rate)s", rate=percent(terms)))


def percent(terms: TaxTerms) -> str:
    """Return a rate as the reader's language writes it: "25.5%"."""
    return str(format_percent(Decimal(terms.basis_points) / WHOLE, "#,##0.##%"))


def rows(shares: Sequence[Share], currency: str) -> list[tuple[str, Money]]:
    """Return (what, how much) to show between net and gross; [] where no VAT is spoken of."""
    if all(share.terms.category is TaxCategory.NOT_SUBJECT for share in shares):
        return []
    return [(label(share.terms), Money(share.vat_minor, currency)) for share in shares]
