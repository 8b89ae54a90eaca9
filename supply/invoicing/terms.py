"""Words of invoicing."""

from __future__ import annotations

import enum


class InvoiceKind(enum.StrEnum):
    """What a document asks for: money, or that some is no longer owed."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Reason(enum.StrEnum):
    """Why a document was issued."""

    SHIPPED = "shipped"
    TAKEN_BACK = "taken_back"
    CLAIM = "claim"
    CANCELLED = "cancelled"
    RETURN = "return"
