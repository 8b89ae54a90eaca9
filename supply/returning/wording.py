"""Returns in words: choices, states, and steps on a timeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from supply.money import Money
from supply.ordering.models import OrderEvent
from supply.ordering.terms import EventKind
from supply.ordering.wording import Word, tells
from supply.returning.models import Return
from supply.returning.terms import CarriageBy, Fate, ReturnReason, ReturnState
from supply.web import filters

REASONS = {
    ReturnReason.NOT_NEEDED: _l("Not needed"),
    ReturnReason.SHORT_DATED: _l("Short-dated"),
    ReturnReason.RECALLED: _l("Recalled"),
    ReturnReason.WRONG: _l("Wrong product"),
}
CARRIAGE = {
    CarriageBy.CLINIC: _l("The clinic pays for sending"),
    CarriageBy.SUPPLIER: _l("The supplier pays for sending"),
}
FATES = {
    Fate.COME_BACK: _l("Sent back to the clinic"),
    Fate.DESTROYED: _l("Destroyed by the supplier"),
}
STATES = {
    ReturnState.ASKED: Word(_l("Asked for"), "warn"),
    ReturnState.AUTHORISED: Word(_l("To be sent"), "warn"),
    ReturnState.REFUSED: Word(_l("Refused"), "bad"),
    ReturnState.WITHDRAWN: Word(_l("Withdrawn"), "neutral"),
    ReturnState.LAPSED: Word(_l("Not sent in time"), "neutral"),
    ReturnState.SENT: Word(_l("On its way to the supplier"), "info"),
    ReturnState.SETTLED: Word(_l("Settled"), "good"),
    ReturnState.TURNED_DOWN: Word(_l("Not accepted"), "bad"),
}


def money(facts: Mapping[str, Any], minor: int) -> str:
    """Return a sum of a return's facts in words."""
    return filters.money(Money(minor, facts["currency"]))


def day(facts: Mapping[str, Any]) -> str:
    """Return the last day to send."""
    return filters.short_date(dt.date.fromisoformat(facts["valid_until"]))


def packs_of(line: Mapping[str, Any]) -> str:
    """Return "2 packs of Biotin 5 ml, lot B2"."""
    return str(
        ngettext(
            "%(num)d pack of %(name)s, lot %(lot)s",
            "%(num)d packs of %(name)s, lot %(lot)s",
            line["packs"],
            name=line["name"],
            lot=line["lot"],
        )
    )


def reason(facts: Mapping[str, Any]) -> str:
    """Return why the packs are returned."""
    return str(REASONS[ReturnReason(facts["reason"])])


def carriage(facts: Mapping[str, Any]) -> str:
    """Return who pays for sending them."""
    return str(CARRIAGE[CarriageBy(facts["carriage"])])


def credit_of(facts: Mapping[str, Any], line: Mapping[str, Any]) -> str:
    """Return what is credited for a pack, and what is kept of its price."""
    minor, paid = line["credit_minor"], line["paid_minor"]
    if minor == paid:
        return str(
            _(
                "%(name)s: %(credit)s credited for each pack, its whole price",
                name=line["name"],
                credit=money(facts, minor),
            )
        )
    return str(
        _(
            "%(name)s: %(credit)s credited for each pack; of its price of %(paid)s,"
            " %(kept)s is kept for restocking",
            name=line["name"],
            credit=money(facts, minor),
            paid=money(facts, paid),
            kept=money(facts, paid - minor),
        )
    )


def refused_of(line: Mapping[str, Any]) -> str:
    """Return which packs were not accepted, why, and what becomes of them."""
    return str(
        ngettext(
            "%(num)d pack of %(name)s, lot %(lot)s, not accepted: %(why)s. %(fate)s.",
            "%(num)d packs of %(name)s, lot %(lot)s, not accepted: %(why)s. %(fate)s.",
            line["refused"],
            name=line["name"],
            lot=line["lot"],
            why=line["why"].rstrip("."),
            fate=FATES[Fate(line["fate"])],
        )
    )


def received_of(facts: Mapping[str, Any]) -> str:
    """Return what the supplier accepted and credits."""
    packs = sum(line["accepted"] for line in facts["lines"])
    if not packs:
        return str(_("No pack is accepted, and nothing is credited."))
    minor = money(facts, facts["credit_minor"])
    if facts["by_card"]:
        return str(
            ngettext(
                "%(num)d pack is accepted: %(sum)s, net of VAT, goes back to the card.",
                "%(num)d packs are accepted: %(sum)s, net of VAT, goes back to the card.",
                packs,
                sum=minor,
            )
        )
    return str(
        ngettext(
            "%(num)d pack is accepted: %(sum)s, net of VAT, is credited.",
            "%(num)d packs are accepted: %(sum)s, net of VAT, is credited.",
            packs,
            sum=minor,
        )
    )


def terms_of(whole: Return) -> list[tuple[str, Money, Money]]:
    """Return for each product of an authorised return what is credited and kept of a pack."""
    found: dict[int, tuple[str, Money, Money]] = {}
    for line in whole.lines:
        if line.credit is not None and line.restocking is not None:
            found[line.order_line_id] = (line.order_line.name, line.credit, line.restocking)
    return list(found.values())


def more_of(kind: str, facts: Mapping[str, Any]) -> list[str]:
    """Return what a mail says below its table of packs."""
    note, answer = facts["note"], facts["answer"]
    match EventKind(kind):
        case EventKind.RETURN_ASKED:
            said = [_("Reason: %(reason)s", reason=reason(facts)), note]
        case EventKind.RETURN_AUTHORISED:
            terms = dict.fromkeys(credit_of(facts, line) for line in facts["lines"])
            said = [*terms, carriage(facts), answer]
        case EventKind.RETURN_REFUSED | EventKind.RETURN_WITHDRAWN:
            said = [answer]
        case EventKind.RETURN_SENT:
            said = [" ".join(filter(None, (facts["carrier"], facts["tracking"])))]
        case EventKind.RETURN_SETTLED:
            refused = [refused_of(line) for line in facts["lines"] if line["refused"]]
            said = [received_of(facts), *refused]
        case _:
            said = []
    return [str(one) for one in said if one]


def _lines(event: OrderEvent, more: list[str] | None = None) -> str:
    """Return the packs an event is about, and what was said with it."""
    facts = event.facts or {}
    said = [*(packs_of(line) for line in facts["lines"]), *(more or [])]
    if event.text:
        said.append(event.text)
    return "; ".join(said)


@tells(EventKind.RETURN_ASKED)
def _asked(event: OrderEvent) -> tuple[str, str]:
    title = _("Return asked for: %(reason)s", reason=reason(event.facts or {}))
    return str(title), _lines(event)


@tells(EventKind.RETURN_AUTHORISED)
def _authorised(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    title = _("Return authorised: %(rma)s, to be sent by %(day)s", rma=facts["rma"], day=day(facts))
    more = [*(credit_of(facts, line) for line in facts["lines"]), carriage(facts)]
    return str(title), _lines(event, list(dict.fromkeys(more)))


@tells(EventKind.RETURN_REFUSED)
def _refused(event: OrderEvent) -> tuple[str, str]:
    return _("Return refused"), _lines(event)


@tells(EventKind.RETURN_WITHDRAWN)
def _withdrawn(event: OrderEvent) -> tuple[str, str]:
    return _("Return withdrawn"), _lines(event)


@tells(EventKind.RETURN_SENT)
def _sent(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    title = _("Return sent: %(rma)s", rma=facts["rma"])
    return str(title), _lines(event, [one for one in (facts["carrier"], facts["tracking"]) if one])


@tells(EventKind.RETURN_SENDING_UNDONE)
def _unsent(event: OrderEvent) -> tuple[str, str]:
    rma = (event.facts or {})["rma"]
    return str(_("Return %(rma)s is not sent after all", rma=rma)), ""


@tells(EventKind.RETURN_SETTLED)
def _settled(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    title = _("Return %(rma)s received", rma=facts["rma"])
    refused = [refused_of(line) for line in facts["lines"] if line["refused"]]
    return str(title), " ".join(filter(None, [received_of(facts), *refused, event.text]))


@tells(EventKind.RETURN_BACK)
def _back(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    title = ngettext(
        "%(num)d pack of return %(rma)s is back at the clinic",
        "%(num)d packs of return %(rma)s are back at the clinic",
        _sent_back(facts),
        rma=facts["rma"],
    )
    return str(title), ""


@tells(EventKind.RETURN_BACK_UNDONE)
def _not_back(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    title = ngettext(
        "%(num)d pack of return %(rma)s is not back at the clinic after all",
        "%(num)d packs of return %(rma)s are not back at the clinic after all",
        _sent_back(facts),
        rma=facts["rma"],
    )
    return str(title), ""


def _sent_back(facts: Mapping[str, Any]) -> int:
    return sum(line["refused"] for line in facts["lines"] if line["fate"] == Fate.COME_BACK)
