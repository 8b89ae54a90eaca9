"""Payments in words: on a timeline, as pills, as what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.money import Money
from supply.ordering.models import OrderEvent
from supply.ordering.terms import EventKind
from supply.ordering.wording import tells
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


def _sum(event: OrderEvent) -> str:
    facts = event.facts or {}
    return filters.money(Money(int(facts["minor"]), str(facts["currency"])))


@tells(EventKind.PAID)
def _paid(event: OrderEvent) -> tuple[str, str]:
    return _("%(sum)s paid by card", sum=_sum(event)), ""


@tells(EventKind.PAYMENT_HELD)
def _held(event: OrderEvent) -> tuple[str, str]:
    title = _("%(sum)s came that do not agree with the order", sum=_sum(event))
    return title, _("Held until somebody has looked. %(why)s", why=event.text)


@tells(EventKind.REFUNDED)
def _refunded(event: OrderEvent) -> tuple[str, str]:
    return _("%(sum)s go back to the card", sum=_sum(event)), ""


@tells(EventKind.REFUND_FAILED)
def _refund_failed(event: OrderEvent) -> tuple[str, str]:
    return _("The refund of %(sum)s failed", sum=_sum(event)), event.text


@tells(EventKind.DISPUTED)
def _disputed(event: OrderEvent) -> tuple[str, str]:
    return _("The cardholder's bank asks for %(sum)s back", sum=_sum(event)), event.text


@tells(EventKind.DISPUTE_ENDED)
def _dispute_ended(event: OrderEvent) -> tuple[str, str]:
    word = DISPUTE_WORDS.get(event.text, event.text)
    return _("The bank's request has ended"), str(word)
