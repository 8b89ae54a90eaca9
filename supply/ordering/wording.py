"""Orders in words: statuses as pills, events as a timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from supply.ordering.models import OrderEvent, PurchaseOrder
from supply.ordering.terms import EventKind, OrderStatus
from supply.web import filters


@dataclass(frozen=True, slots=True)
class Word:
    """A status as pages show it."""

    text: LazyString
    tone: str


STATUS_WORDS = {
    OrderStatus.DRAFT: Word(_l("Draft"), "neutral"),
    OrderStatus.AWAITING_APPROVAL: Word(_l("Awaiting approval"), "warn"),
    OrderStatus.AWAITING_PAYMENT: Word(_l("Awaiting payment"), "warn"),
    OrderStatus.PLACED: Word(_l("Placed"), "info"),
    OrderStatus.ACKNOWLEDGED: Word(_l("Acknowledged"), "info"),
    OrderStatus.PARTLY_SHIPPED: Word(_l("Partly shipped"), "info"),
    OrderStatus.SHIPPED: Word(_l("Shipped"), "info"),
    OrderStatus.RECEIVED: Word(_l("Received"), "good"),
    OrderStatus.CLOSED: Word(_l("Closed"), "good"),
    OrderStatus.CANCELLED: Word(_l("Cancelled"), "neutral"),
    OrderStatus.DECLINED: Word(_l("Declined"), "bad"),
}

_ICONS = {
    EventKind.PROPOSED: "chat-left-text",
    EventKind.PLACED: "send",
    EventKind.APPROVAL_ASKED: "hourglass-split",
    EventKind.APPROVED_TO_PAY: "hourglass-split",
    EventKind.PAYMENT_ASKED: "hourglass-split",
    EventKind.PAYMENT_HELD: "exclamation-triangle",
    EventKind.REFUNDED: "arrow-counterclockwise",
    EventKind.REFUND_FAILED: "exclamation-triangle",
    EventKind.DISPUTED: "exclamation-triangle",
    EventKind.SENT_BACK: "arrow-left",
    EventKind.SENDING_BACK_UNDONE: "arrow-counterclockwise",
    EventKind.NOT_MAILED: "exclamation-triangle",
    EventKind.DECLINED: "x-lg",
    EventKind.SUBSTITUTE_ACCEPTED: "arrow-left-right",
    EventKind.SUBSTITUTE_REFUSED: "x-lg",
    EventKind.CANCELLED: "x-lg",
    EventKind.SHIPPED: "truck",
    EventKind.RECEIVED: "box-arrow-in-down",
    EventKind.RECEIPT_UNDONE: "arrow-counterclockwise",
    EventKind.CLAIMED: "exclamation-triangle",
    EventKind.CLAIM_WITHDRAWN: "arrow-counterclockwise",
    EventKind.CLAIM_GOODS: "box-seam",
    EventKind.DECLINE_UNDONE: "arrow-counterclockwise",
    EventKind.CANCEL_UNDONE: "arrow-counterclockwise",
    EventKind.SHIPMENT_UNDONE: "arrow-counterclockwise",
    EventKind.COMMENT: "chat-left-text",
    EventKind.BACKORDER_MOVED: "calendar3",
}
_TONES = {
    EventKind.NOT_MAILED: "warn",
    EventKind.CLAIMED: "warn",
    EventKind.SENT_BACK: "warn",
    EventKind.PAYMENT_ASKED: "warn",
    EventKind.PAID: "good",
    EventKind.PAYMENT_HELD: "bad",
    EventKind.REFUND_FAILED: "bad",
    EventKind.DISPUTED: "bad",
    EventKind.DECLINED: "bad",
    EventKind.RECEIVED: "good",
}


Telling = Callable[[OrderEvent], tuple[str, str]]
_TOLD: dict[EventKind, Telling] = {}


def tells(kind: EventKind) -> Callable[[Telling], Telling]:
    """Register how a room above words its own steps on a timeline: (title, text)."""

    def register(telling: Telling) -> Telling:
        _TOLD[kind] = telling
        return telling

    return register


def timeline(order: PurchaseOrder, timezone: str) -> list[dict[str, Any]]:
    """Return the order's events, newest first, for the ``ui.timeline`` macro."""
    return [entry(event, timezone) for event in reversed(order.events)]


def entry(event: OrderEvent, timezone: str) -> dict[str, Any]:
    """Return one event for the ``ui.timeline`` macro."""
    kind = EventKind(event.kind)
    title, text = _words(event)
    who = event.person.name if event.person else (event.facts or {}).get("by") or _("Supply")
    when = filters.instant(event.at, timezone)
    return {
        "title": title,
        "text": text,
        "meta": _("%(who)s, %(when)s", who=who, when=when),
        "icon": _ICONS.get(kind, "check-lg"),
        "tone": _TONES.get(kind),
    }


def title(event: OrderEvent) -> str:
    """Return what an event says, in a few words."""
    return _words(event)[0]


def _words(event: OrderEvent) -> tuple[str, str]:
    kind = EventKind(event.kind)
    return _TOLD[kind](event) if kind in _TOLD else _TITLES[kind](event.text)


_TITLES: dict[EventKind, Callable[[str], tuple[str, str]]] = {
    EventKind.PROPOSED: lambda text: (_("Written by the supplier"), text),
    EventKind.PLACED: lambda text: (_("Order placed"), text),
    EventKind.APPROVAL_ASKED: lambda text: (_("Approval asked for"), text),
    EventKind.APPROVED: lambda text: (_("Approved and placed"), text),
    EventKind.APPROVED_TO_PAY: lambda text: (_("Approved, to be paid by card"), text),
    EventKind.PAYMENT_ASKED: lambda text: (_("To be paid by card"), text),
    EventKind.SENT_BACK: lambda text: (_("Sent back to be changed"), text),
    EventKind.SENDING_BACK_UNDONE: lambda text: (_("Waits for approval again"), text),
    EventKind.NOT_MAILED: lambda _text: (
        _("Nobody was told"),
        _("The supplier has no e-mail address that works. Download the PDF and send it yourself."),
    ),
    EventKind.ACKNOWLEDGED: lambda text: (_("Acknowledged by the supplier"), text),
    EventKind.DECLINED: lambda text: (_("Declined by the supplier"), text),
    EventKind.CANCELLED: lambda text: (_("What was left is cancelled"), text),
    EventKind.SHIPPED: lambda text: (_("Shipment %(code)s sent", code=text), ""),
    EventKind.RECEIVED: lambda text: (
        _("Shipment %(code)s received", code=text) if text else _("Goods received"),
        "",
    ),
    EventKind.RECEIPT_UNDONE: lambda text: (
        _("Receipt of %(code)s undone", code=text) if text else _("Receipt undone"),
        "",
    ),
    EventKind.DECLINE_UNDONE: lambda text: (_("The supplier takes the order after all"), text),
    EventKind.CANCEL_UNDONE: lambda text: (_("Cancelling undone"), text),
    EventKind.SHIPMENT_UNDONE: lambda text: (_("Shipment %(code)s taken back", code=text), ""),
    EventKind.COMMENT: lambda text: (_("Comment"), text),
}


@tells(EventKind.ACKNOWLEDGED)
def _acknowledged(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    told = [
        *_put_off(facts),
        *(
            ngettext(
                "%(sku)s: %(num)d pack declined. %(why)s",
                "%(sku)s: %(num)d packs declined. %(why)s",
                packs,
                sku=sku,
                why=_ended(facts.get("why", {}).get(sku, "")),
            ).strip()
            for sku, packs in facts.get("declined", {}).items()
        ),
        *(
            _("%(sku)s: %(other)s is offered instead.", sku=sku, other=other["sku"])
            for sku, other in facts.get("substitutes", {}).items()
        ),
    ]
    if ship_on := facts.get("ship_on"):
        told.append(_("It ships on %(day)s.", day=_day(ship_on)))
    return _("Acknowledged by the supplier"), " ".join([event.text, *told]).strip()


def _ended(said: str) -> str:
    """Return what somebody wrote with a full stop at its end: another sentence follows."""
    return said if not said or said[-1] in ".!?…" else f"{said}."


def _put_off(facts: Mapping[str, Any]) -> Iterator[str]:
    promised = facts.get("promised", {})
    for sku, packs in facts.get("backordered", {}).items():
        if sku in promised:
            yield ngettext(
                "%(sku)s: %(num)d pack follows on %(day)s.",
                "%(sku)s: %(num)d packs follow on %(day)s.",
                packs,
                sku=sku,
                day=_day(promised[sku]),
            )
        else:
            yield ngettext(
                "%(sku)s: %(num)d pack follows later.",
                "%(sku)s: %(num)d packs follow later.",
                packs,
                sku=sku,
            )


@tells(EventKind.SUBSTITUTE_ACCEPTED)
def _substitute_accepted(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    text = ngettext(
        "%(num)d pack of %(other)s instead of %(sku)s.",
        "%(num)d packs of %(other)s instead of %(sku)s.",
        facts["packs"],
        other=facts["substitute"],
        sku=facts["sku"],
    )
    return _("Substitute accepted"), text


@tells(EventKind.SUBSTITUTE_REFUSED)
def _substitute_refused(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    text = _("%(other)s instead of %(sku)s.", other=facts["substitute"], sku=facts["sku"])
    return _("Substitute refused"), text


def _day(text: str) -> str:
    return filters.short_date(dt.date.fromisoformat(text))


def added(lines: int) -> str:
    """Say that something was put into the basket, which now has so many lines."""
    return str(
        ngettext("Added: %(num)s line in the basket.", "Added: %(num)s lines in the basket.", lines)
    )
