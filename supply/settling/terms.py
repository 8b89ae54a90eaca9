"""Words of settling: open items, ways to settle them, payments by bank, differences."""

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


class DifferenceKind(enum.StrEnum):
    """In what an invoice differs from what was ordered or received."""

    NOT_RECEIVED = "not_received"
    MISSING = "missing"
    """Missing from the parcel, and claimed."""
    CLAIMED = "claimed"
    """Received, and a claim on it is open."""
    TO_REPLACE = "to_replace"
    """Claimed; the supplier sends it again, and it has not come."""
    PRICE = "price"
    NOT_ORDERED = "not_ordered"


class MatchStatus(enum.StrEnum):
    """What order, receipt and invoice say together."""

    MATCHED = "matched"
    DIFFERS = "differs"
    WAIVED = "waived"
    """It differs, and somebody said why it is paid nevertheless."""
