"""Alerts and proposals in words, from their facts, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import flask_babel

from supply.inventory.wording import measured
from supply.quantity import Unit
from supply.replenishment.current import Asked
from supply.replenishment.terms import AlertKind, AlertStatus
from supply.web.filters import instant, quantity, relative_date, short_date

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

Facts = Mapping[str, Any]


def kind_name(kind: AlertKind) -> str:
    """Return the name of a kind of alert, as chips and lists show it."""
    return {
        AlertKind.ORDER_NOW: _("Order now"),
        AlertKind.OUT_OF_STOCK: _("Out of stock"),
        AlertKind.SESSION_SHORT: _("Short for a session"),
        AlertKind.EXPIRING: _("Expiring"),
        AlertKind.EXPIRED: _("Expired"),
        AlertKind.OPEN_PAST_TIME: _("Open past its time"),
        AlertKind.COUNT_VARIANCE: _("Count differs"),
        AlertKind.DELIVERY_OVERDUE: _("Delivery overdue"),
        AlertKind.COLD_CHAIN: _("Cold chain"),
        AlertKind.RECALL: _("Recall"),
    }[kind]


def status_name(status: AlertStatus) -> str:
    """Return the name of where an alert stands."""
    return {
        AlertStatus.OPEN: _("Open"),
        AlertStatus.ACKNOWLEDGED: _("Acknowledged"),
        AlertStatus.SNOOZED: _("Snoozed"),
        AlertStatus.RESOLVED: _("Resolved"),
    }[status]


def subject_name(kind: AlertKind, facts: Facts) -> str:
    """Return what an alert is about: an item, or an order."""
    if kind is AlertKind.DELIVERY_OVERDUE:
        return _("Order %(order)s", order=facts["order"])
    return str(facts.get("item", kind_name(kind)))


def message(kind: AlertKind, facts: Facts, today: dt.date) -> str:
    """Return an alert as a sentence or two: what, how much, why, and what to do."""
    if kind in _DATED:
        return _DATED[kind](facts, today)
    if kind in _TIMELESS:
        return _TIMELESS[kind](facts)
    return str(facts.get("message", kind_name(kind)))


def why(facts: Facts) -> str:
    """Return why an item is low: "8 vials available and none on order, at or below …"."""
    available, on_order = Decimal(facts["available"]), Decimal(facts["on_order"])
    return _(
        "%(available)s available and %(on_order)s on order, at or below the reorder point"
        " of %(point)s.",
        available=measure(available, facts) if available else _("None"),
        on_order=measure(on_order, facts) if on_order else _("none"),
        point=_bare(Decimal(facts["reorder_point"]), facts),
    )


def enough(facts: Facts) -> str:
    """Return that an item is no longer low: "None available and 10 vials on order: …"."""
    available, on_order = Decimal(facts["available"]), Decimal(facts["on_order"])
    return _(
        "%(available)s available and %(on_order)s on order: above the reorder point.",
        available=measure(available, facts) if available else _("None"),
        on_order=measure(on_order, facts) if on_order else _("none"),
    )


def how_much(facts: Facts) -> str:
    """Return what to order: "3 packs (15 vials)"; empty where nothing can be ordered."""
    if "packs" not in facts:
        return ""
    packs = ngettext("%(num)s pack", "%(num)s packs", facts["packs"])
    return f"{packs} ({measure(Decimal(facts['quantity']), facts)})"


def asked(packs: Asked) -> str:
    """Return what was asked for and is not on order yet: "In the basket: 6 packs"; else ""."""
    if packs.in_basket:
        return ngettext(
            "In the basket: %(num)s pack", "In the basket: %(num)s packs", packs.in_basket
        )
    if packs.awaiting_approval:
        return ngettext(
            "Awaiting approval: %(num)s pack",
            "Awaiting approval: %(num)s packs",
            packs.awaiting_approval,
        )
    return ""


def measure(amount: Decimal, facts: Facts) -> str:
    """Return a quantity as people think of it: "8 vials", "8 vials and 3.2 ml", "40 pieces"."""
    return measured(amount, Decimal(facts["content"]), facts["container"], Unit(facts["unit"]))


def _bare(amount: Decimal, facts: Facts) -> str:
    """Return a quantity without its word where whole containers were just named, else with."""
    count, rest = divmod(amount, Decimal(facts["content"]))
    if rest:
        return measure(amount, facts)
    return quantity(amount if facts["unit"] == Unit.EACH else count)


def _order_now(facts: Facts) -> str:
    if "packs" not in facts:
        advice = _(
            "No product of it has a price in %(currency)s: add one to order it.",
            currency=facts["currency"],
        )
        return f"{why(facts)} {advice}"
    advice = _(
        "Order %(how_much)s to reach the par level of %(par)s.",
        how_much=how_much(facts),
        par=_bare(Decimal(facts["par_level"]), facts),
    )
    return f"{why(facts)} {advice}"


def _out_of_stock(facts: Facts) -> str:
    coming = Decimal(facts["on_order"])
    if coming:
        return _("None available; %(coming)s on order.", coming=measure(coming, facts))
    return _("None available, and none on order.")


def _expiring(facts: Facts, today: dt.date) -> str:
    return _(
        "%(left)s of lot %(lot)s expire %(when)s. Use them first.",
        left=measure(Decimal(facts["quantity"]), facts),
        lot=facts["lot"],
        when=relative_date(dt.date.fromisoformat(facts["expiry"]), today),
    )


def _expired(facts: Facts) -> str:
    return _(
        "Lot %(lot)s expired on %(day)s, and %(left)s are still on the shelf. Discard them.",
        left=measure(Decimal(facts["quantity"]), facts),
        lot=facts["lot"],
        day=short_date(dt.date.fromisoformat(facts["expiry"])),
    )


def _open_past_time(facts: Facts) -> str:
    return _(
        "An open container of lot %(lot)s with %(left)s left was to go by %(when)s. Discard it.",
        left=f"{quantity(Decimal(facts['quantity']))} {facts['unit']}",
        lot=facts["lot"],
        when=instant(dt.datetime.fromisoformat(facts["discard_at"]), facts["timezone"]),
    )


def _delivery_overdue(facts: Facts, today: dt.date) -> str:
    return ngettext(
        "%(num)s pack from %(supplier)s was expected %(when)s. Ask the supplier.",
        "%(num)s packs from %(supplier)s were expected %(when)s. Ask the supplier.",
        facts["packs"],
        supplier=facts["supplier"],
        when=relative_date(dt.date.fromisoformat(facts["expected_on"]), today),
    )


_TIMELESS: dict[AlertKind, Callable[[Facts], str]] = {
    AlertKind.ORDER_NOW: _order_now,
    AlertKind.OUT_OF_STOCK: _out_of_stock,
    AlertKind.EXPIRED: _expired,
    AlertKind.OPEN_PAST_TIME: _open_past_time,
}

_DATED: dict[AlertKind, Callable[[Facts, dt.date], str]] = {
    AlertKind.EXPIRING: _expiring,
    AlertKind.DELIVERY_OVERDUE: _delivery_overdue,
}
