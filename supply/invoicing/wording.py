"""Invoices in words."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.invoicing.terms import InvoiceKind, Reason

KIND_WORDS: dict[InvoiceKind, LazyString] = {
    InvoiceKind.INVOICE: _l("Invoice"),
    InvoiceKind.CREDIT_NOTE: _l("Credit note"),
}

REASON_WORDS: dict[Reason, LazyString] = {
    Reason.SHIPPED: _l("For what was sent"),
    Reason.TAKEN_BACK: _l("The shipment was taken back"),
    Reason.CLAIM: _l("After a claim"),
    Reason.CANCELLED: _l("Cancelled after it was billed"),
    Reason.RETURN: _l("Sent back and accepted"),
}
