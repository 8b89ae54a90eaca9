"""Words of open items: kinds, ways to settle them, where a payment by bank stands."""

from __future__ import annotations

import enum


class ItemKind(enum.StrEnum):
    """What an open item stands for."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    OVERPAID = "overpaid"
    """What a payment brought more than the invoices it was for: the practice's credit."""


CREDITS = (ItemKind.CREDIT_NOTE, ItemKind.OVERPAID)
"""Items that the supplier owes."""


class Way(enum.StrEnum):
    """How an open item is settled."""

    BANK = "bank"
    CARD = "card"
    """By the card that paid the order; a credit note by what goes back to it."""
    CREDIT = "credit"
    """By another item: a credit against an invoice, and the invoice against it."""


class PaymentState(enum.StrEnum):
    """Where a payment by bank stands."""

    ANNOUNCED = "announced"
    """The practice says it paid."""
    CONFIRMED = "confirmed"
    """The supplier says it came."""
    DENIED = "denied"
    """The supplier says it did not come."""
    WITHDRAWN = "withdrawn"
    """Taken back by whoever wrote it down."""
