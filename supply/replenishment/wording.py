"""Reordering in words, from the facts of an alert or a proposal, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import flask_babel

from supply.alerts.kinds import Facts
from supply.inventory.alerts import measure
from supply.quantity import Unit
from supply.replenishment.current import Asked
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
