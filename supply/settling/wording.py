"""Accounts in words: states of payments, kinds of items, ages."""

from __future__ import annotations

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from supply.open_items.terms import ItemKind, PaymentState
from supply.ordering.wording import Word

STATES: dict[PaymentState, Word] = {
    PaymentState.ANNOUNCED: Word(_l("Waits for the supplier"), "warn"),
    PaymentState.CONFIRMED: Word(_l("Confirmed"), "good"),
    PaymentState.DENIED: Word(_l("Did not come"), "bad"),
    PaymentState.WITHDRAWN: Word(_l("Taken back"), "neutral"),
}


ITEMS: dict[ItemKind, LazyString] = {
    ItemKind.INVOICE: _l("Invoice"),
    ItemKind.CREDIT_NOTE: _l("Credit note"),
    ItemKind.OVERPAID: _l("Overpaid"),
}

AGES: tuple[LazyString, ...] = (
    _l("Not due"),
    _l("1 to 30 days late"),
    _l("31 to 60 days late"),
    _l("Over 60 days late"),
)
"""As `supply.settling.rules.age` counts them."""
