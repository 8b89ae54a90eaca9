"""Payments in words: on a timeline, as pills, as what to do next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.money import Money
from supply.ordering.models import OrderEvent
from supply.ordering.terms import EventKind
from supply.ordering.wording import tells
from supply.payments.amounts import from_stripe
from supply.payments.models import Payment
from supply.payments.rules import Differs
from supply.payments.terms import PaymentStatus, RefundStatus
from supply.web import filters

STATUS_WORDS: Mapping[PaymentStatus, tuple[LazyString, str]] = {
    PaymentStatus.STARTING: (_l("Starting"), "neutral"),
    PaymentStatus.OPEN: (_l("Not paid yet"), "warn"),
    PaymentStatus.PAID: (_l("Paid"), "good"),
    PaymentStatus.EXPIRED: (_l("Not paid in time"), "neutral"),
    PaymentStatus.FAILED: (_l("Refused"), "bad"),
    PaymentStatus.HELD: (_l("Held"), "bad"),
}

REFUND_WORDS: Mapping[RefundStatus, tuple[LazyString, str]] = {
    RefundStatus.ASKED: (_l("Asked for"), "info"),
    RefundStatus.PENDING: (_l("On its way"), "info"),
    RefundStatus.REQUIRES_ACTION: (_l("Needs the cardholder"), "warn"),
    RefundStatus.SUCCEEDED: (_l("Refunded"), "good"),
    RefundStatus.FAILED: (_l("Failed"), "bad"),
    RefundStatus.CANCELED: (_l("Cancelled"), "bad"),
}

DISPUTE_WORDS: Mapping[str, LazyString] = {
    "won": _l("Won"),
    "lost": _l("Lost"),
    "warning_closed": _l("Closed"),
}


BANK_WORDS: Mapping[str, LazyString] = {
    "lost_or_stolen_card": _l("The card was lost or stolen."),
    "expired_or_canceled_card": _l("The card has expired or was cancelled."),
    "charge_for_pending_refund_disputed": _l("The cardholder's bank asks for this money already."),
    "insufficient_funds": _l("There was too little money on the account."),
    "declined": _l("The bank declined it."),
    "merchant_request": _l("It was stopped at the supplier's request."),
    "bank_cannot_process": _l("The bank could not process the payment."),
    "credit_not_processed": _l("The cardholder says that a refund did not come."),
    "customer_initiated": _l("The cardholder asked their bank for it."),
    "duplicate": _l("The cardholder says that they paid twice."),
    "fraudulent": _l("The cardholder says that they did not pay this."),
    "general": _l("The bank gave no reason."),
    "product_not_received": _l("The cardholder says that nothing came."),
    "product_unacceptable": _l("The cardholder says that what came is not as described."),
    "unrecognized": _l("The cardholder does not know the payment."),
}
"""What Stripe gives as a bank's reason, as a code; others it says in a sentence of its own."""


def bank_said(reason: str) -> str:
    """Return a bank's or Stripe's reason in the language of the moment, as far as we know it."""
    return str(BANK_WORDS.get(reason, reason))


def _sum(event: OrderEvent) -> str:
    facts = event.facts or {}
    return filters.money(Money(int(facts["minor"]), str(facts["currency"])))


@tells(EventKind.PAID)
def _paid(event: OrderEvent) -> tuple[str, str]:
    return _("%(sum)s paid by card", sum=_sum(event)), ""


@tells(EventKind.PAYMENT_HELD)
def _held(event: OrderEvent) -> tuple[str, str]:
    title = _("%(sum)s came that do not agree with the order", sum=_sum(event))
    facts = event.facts or {}
    said = event.text
    if "differences" in facts:
        said = _differences(facts["differences"], str(facts["asked"]))
    return title, _("Held until somebody has looked. %(why)s", why=said)


def why(payment: Payment) -> str:
    """Return why a payment is held or could not begin, in the language of the moment."""
    if payment.status is PaymentStatus.FAILED and not payment.why:
        return str(_("No page to pay on was made."))
    if payment.differences is None:
        return payment.why
    return _differences(payment.differences, payment.currency)


def _differences(rows: Sequence[Sequence[Any]], currency: str) -> str:
    """Return what differs in a sentence each; sums as Stripe counts them, asked in ``currency``."""
    came = next((str(row[2]) for row in rows if row[0] == Differs.CURRENCY), currency).upper()
    return " ".join(_difference(Differs(row[0]), row[1], row[2], currency, came) for row in rows)


def _difference(what: Differs, asked: Any, got: Any, currency: str, came: str) -> str:
    sentences: Mapping[Differs, Callable[[], str]] = {
        Differs.AMOUNT: lambda: _(
            "Sum: %(asked)s asked for, %(came)s paid.",
            asked=_stripe_sum(asked, currency),
            came=_stripe_sum(got, came),
        ),
        Differs.CURRENCY: lambda: _(
            "Currency: %(asked)s asked for, %(came)s paid.", asked=currency, came=came
        ),
        Differs.REFERENCE: lambda: _(
            "Reference: %(asked)s asked for, %(came)s paid.", asked=asked, came=got or "–"
        ),
        Differs.MODE: lambda: (
            _("It was paid in live mode, and asked for in test mode.")
            if got
            else _("It was paid in test mode, and asked for in live mode.")
        ),
        Differs.FRACTION: lambda: _(
            "%(number)s %(currency)s came, counted in a fraction that %(currency)s does not have.",
            number=got,
            currency=came,
        ),
    }
    return str(sentences[what]())


def _stripe_sum(number: int, currency: str) -> str:
    try:
        return filters.money(from_stripe(number, currency))
    except ValueError:
        return f"{number} {currency}"


@tells(EventKind.REFUNDED)
def _refunded(event: OrderEvent) -> tuple[str, str]:
    return _("%(sum)s go back to the card", sum=_sum(event)), ""


@tells(EventKind.REFUND_FAILED)
def _refund_failed(event: OrderEvent) -> tuple[str, str]:
    return _("The refund of %(sum)s failed", sum=_sum(event)), bank_said(event.text)


@tells(EventKind.DISPUTED)
def _disputed(event: OrderEvent) -> tuple[str, str]:
    return _("The cardholder's bank asks for %(sum)s back", sum=_sum(event)), bank_said(event.text)


@tells(EventKind.DISPUTE_ENDED)
def _dispute_ended(event: OrderEvent) -> tuple[str, str]:
    word = DISPUTE_WORDS.get(event.text, event.text)
    return _("The bank's request has ended"), str(word)
