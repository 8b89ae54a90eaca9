"""Reordering in words, from the facts of an alert or a proposal, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

import flask_babel

from supply.alerts.kinds import Facts
from supply.inventory.alerts import measure
from supply.quantity import Unit
from supply.replenishment.current import Asked
from supply.replenishment.helping import Help, HelpKind
from supply.web.filters import quantity

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def why(facts: Facts) -> str:
    """Return why an item is low: "8 vials available and none on order, at or below …"."""
    available, on_order = Decimal(facts["available"]), Decimal(facts["on_order"])
    return _(
        "%(available)s available and %(on_order)s on order, at or below the reorder point"
        " of %(point)s.",
        available=measure(available, facts) if available else _("None"),
        on_order=measure(on_order, facts) if on_order else _("none"),
        point=bare(Decimal(facts["reorder_point"]), facts),
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
    if packs.awaiting_payment:
        return ngettext(
            "Awaiting payment: %(num)s pack",
            "Awaiting payment: %(num)s packs",
            packs.awaiting_payment,
        )
    return ""


def bare(amount: Decimal, facts: Facts) -> str:
    """Return a quantity without its word where whole containers were just named, else with."""
    count, rest = divmod(amount, Decimal(facts["content"]))
    if rest:
        return measure(amount, facts)
    return quantity(amount if facts["unit"] == Unit.EACH else count)


def helping(help_: Help) -> str:
    """Return what helps a session that falls short, as one sentence that says what to do."""
    return _HELP[help_.kind](help_.facts)


def _transfer(facts: Facts) -> str:
    return _(
        "%(clinic)s has %(spare)s to spare (lot %(lot)s): have %(short)s brought over.",
        clinic=facts["clinic"],
        spare=measure(Decimal(facts["spare"]), facts),
        lot=facts["lot"],
        short=measure(Decimal(facts["short"]), facts),
    )


def _arrives(facts: Facts) -> str:
    return _(
        "%(coming)s on order are expected on %(day)s, in time.",
        coming=measure(Decimal(facts["coming"]), facts),
        day=day(facts["expected_on"]),
    )


def _instead(facts: Facts) -> str:
    return _("Use %(item)s instead, as the formulation allows.", item=facts["instead"])


def _move(facts: Facts) -> str:
    return _(
        "%(coming)s on order are expected on %(day)s: move the session to %(move_to)s or later.",
        coming=measure(Decimal(facts["coming"]), facts),
        day=day(facts["expected_on"]),
        move_to=day(facts["move_to"]),
    )


def _order(facts: Facts) -> str:
    return _(
        "Order %(short)s now; if they come too late, move the session.",
        short=measure(Decimal(facts["short"]), facts),
    )


def day(text: str) -> str:
    """Return a date of an alert's facts as it is said: "Thursday 18 Jun"."""
    return str(flask_babel.format_date(dt.date.fromisoformat(text), "EEEE d MMM"))


_HELP: Mapping[HelpKind, Callable[[Facts], str]] = {
    HelpKind.TRANSFER: _transfer,
    HelpKind.ARRIVES: _arrives,
    HelpKind.SUBSTITUTE: _instead,
    HelpKind.MOVE: _move,
    HelpKind.ORDER: _order,
}
