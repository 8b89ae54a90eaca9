"""Reordering in words, from the facts of an alert or a proposal, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import flask_babel

from supply.alerts.kinds import Facts
from supply.inventory.alerts import measure
from supply.items.wording import one_or_many
from supply.need.buying import Why
from supply.quantity import Unit, as_text
from supply.replenishment.current import Asked
from supply.replenishment.emptied import Remedy
from supply.replenishment.findings import item_facts
from supply.replenishment.helping import Help, HelpKind
from supply.replenishment.lent_wording import borrowed
from supply.replenishment.terms import Method
from supply.web.filters import quantity

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def is_projected(facts: Facts) -> bool:
    """Return whether the facts are those of an item judged by its projection."""
    return facts.get("method") == Method.PROJECTED


def why(facts: Facts) -> str:
    """Return why an item is low: "8 vials available and none on order, at or below …"."""
    if is_projected(facts):
        return foreseen(facts)
    available, on_order = Decimal(facts["available"]), Decimal(facts["on_order"])
    return _(
        "%(available)s available and %(on_order)s on order, at or below the reorder point"
        " of %(point)s.",
        available=measure(available, facts) if available else _("None"),
        on_order=measure(on_order, facts) if on_order else _("none"),
        point=bare(Decimal(facts["reorder_point"]), facts),
    )


def foreseen(facts: Facts) -> str:
    """Return what is needed by a day and what is there then: "7 booked sessions need 12 vials …".

    With how long an order takes, what expires before, and whose use it is where too little is
    known here.
    """
    said = [_needed(facts), _there(facts)]
    if Decimal(facts["lost"]) > 0:
        said.append(_lost(facts))
    if "supplier" in facts:
        low, high = facts["takes"]
        said.append(_takes(facts["supplier"], low, high))
    if facts["borrowed"]:
        said.append(borrowed(facts.get("reckoned_from")))
    if "brought" in facts:
        said.append(bring(facts))
    return " ".join(said)


def _needed(facts: Facts) -> str:
    by, sessions = _date(facts["by"]), facts["sessions"]
    expected = Decimal(facts["expected"])
    usual = _about(facts["expected"], facts)
    if not sessions:
        return _used(facts, usual, by)
    booked = ngettext(
        "%(num)s booked session needs %(booked)s by %(day)s",
        "%(num)s booked sessions need %(booked)s by %(day)s",
        sessions,
        booked=measure(Decimal(facts["booked"]), facts),
        day=by,
    )
    if expected < Decimal(facts["content"]) / 20:
        return f"{booked}."
    return ngettext(
        "%(booked)s, and about %(usual)s is used beside.",
        "%(booked)s, and about %(usual)s are used beside.",
        one_or_many(usual),
        booked=booked,
        usual=usual,
    )


def _used(facts: Facts, usual: str, day: str) -> str:
    """Return what is used by a day; of what is new nothing is usual yet."""
    if facts["borrowed"]:
        return ngettext(
            "About %(usual)s is likely to be used by %(day)s.",
            "About %(usual)s are likely to be used by %(day)s.",
            one_or_many(usual),
            usual=usual,
            day=day,
        )
    return ngettext(
        "About %(usual)s is usually used by %(day)s.",
        "About %(usual)s are usually used by %(day)s.",
        one_or_many(usual),
        usual=usual,
        day=day,
    )


def _there(facts: Facts) -> str:
    usable, coming = Decimal(facts["usable"]), Decimal(facts["on_order"])
    if not usable:
        return _("None are usable then.")
    there = _about(facts["usable"], facts)
    if coming:
        return ngettext(
            "%(usable)s is usable then, with the %(coming)s on order.",
            "%(usable)s are usable then, with the %(coming)s on order.",
            one_or_many(there),
            usable=there,
            coming=measure(coming, facts),
        )
    return ngettext(
        "%(usable)s is usable then.",
        "%(usable)s are usable then.",
        one_or_many(there),
        usable=there,
    )


def _lost(facts: Facts) -> str:
    lost = _about(facts["lost"], facts)
    return ngettext(
        "%(lost)s expires before.", "%(lost)s expire before.", one_or_many(lost), lost=lost
    )


def _takes(supplier: str, low: int, high: int) -> str:
    if low == high:
        return ngettext(
            "%(supplier)s takes %(num)s day.",
            "%(supplier)s takes %(num)s days.",
            high,
            supplier=supplier,
        )
    return ngettext(
        "%(supplier)s takes %(low)s–%(num)s day.",
        "%(supplier)s takes %(low)s–%(num)s days.",
        high,
        supplier=supplier,
        low=low,
    )


def bring(facts: Facts) -> str:
    """Return which lot of a sister clinic to have brought over instead of buying."""
    return _(
        "%(clinic)s has %(quantity)s of lot %(lot)s that would expire unused on %(ends)s: have"
        " them brought over by %(by)s.",
        clinic=facts["from_clinic"],
        quantity=measure(Decimal(facts["brought"]), facts),
        lot=facts["lot"],
        ends=_date(facts["lot_ends"]),
        by=_date(facts["bring_by"]),
    )


def chosen(facts: Facts) -> str:
    """Return why this supplier, where there was a choice; "" where there was none."""
    return _CHOSEN[Why(facts["chosen"])]() if "chosen" in facts else ""


_CHOSEN: Mapping[Why, Callable[[], str]] = {
    Why.ONLY: lambda: "",
    Why.PREFERRED: lambda: _("Your preferred product."),
    Why.CHEAPEST: lambda: _("The cheapest for what it holds."),
    Why.IN_TIME: lambda: _("The cheapest that is likely to be there in time."),
}


def order_by(facts: Facts, today: dt.date) -> str:
    """Return by when to order: "by Mon 2 Mar", or "today"."""
    last = dt.date.fromisoformat(facts["order_by"])
    return _("today") if last <= today else _("by %(day)s", day=day(facts["order_by"]))


def about(amount: Decimal, item: Any) -> str:
    """Return what is expected of an item: "43 vials"."""
    return _about(as_text(amount), measured(item))


def measured(item: Any) -> dict[str, Any]:
    """Return the facts by which the quantities of an item are worded."""
    return item_facts(item, item.content_per_container)


def _about(text: str, facts: Facts) -> str:
    """Return what is expected in whole containers, below one of what is shared in its unit.

    What is expected is no measure: a tenth of a millilitre of it says nothing.
    """
    content, amount = Decimal(facts["content"]), Decimal(text)
    containers = (amount / content).quantize(Decimal(1))
    if containers or not amount or facts["unit"] == Unit.EACH:
        return measure(max(containers, Decimal(bool(amount))) * content, facts)
    return measure(amount.quantize(Decimal(1)) or amount.quantize(Decimal("0.1")) or amount, facts)


def _date(text: str) -> str:
    return str(flask_babel.format_date(dt.date.fromisoformat(text), "d MMM"))


def enough(facts: Facts) -> str:
    """Return that an item is no longer low: "None available and 10 vials on order: …"."""
    available, on_order = Decimal(facts["available"]), Decimal(facts["on_order"])
    there = measure(available, facts) if available else _("None")
    coming = measure(on_order, facts) if on_order else _("none")
    if is_projected(facts):
        return _(
            "%(available)s available and %(on_order)s on order: enough for now.",
            available=there,
            on_order=coming,
        )
    return _(
        "%(available)s available and %(on_order)s on order: above the reorder point.",
        available=there,
        on_order=coming,
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
    coming = measure(Decimal(facts["coming"]), facts)
    return ngettext(
        "%(coming)s on order is expected on %(day)s, in time.",
        "%(coming)s on order are expected on %(day)s, in time.",
        one_or_many(coming),
        coming=coming,
        day=day(facts["expected_on"]),
    )


def _instead(facts: Facts) -> str:
    return _("Use %(item)s instead, as the formulation allows.", item=facts["instead"])


def _move(facts: Facts) -> str:
    coming = measure(Decimal(facts["coming"]), facts)
    return ngettext(
        "%(coming)s on order is expected on %(day)s: move the session to %(move_to)s or later.",
        "%(coming)s on order are expected on %(day)s: move the session to %(move_to)s or later.",
        one_or_many(coming),
        coming=coming,
        day=day(facts["expected_on"]),
        move_to=day(facts["move_to"]),
    )


def _order(facts: Facts) -> str:
    short = measure(Decimal(facts["short"]), facts)
    return ngettext(
        "Order %(short)s now; if it comes too late, move the session.",
        "Order %(short)s now; if they come too late, move the session.",
        one_or_many(short),
        short=short,
    )


def remedy(facts: Facts, today: dt.date) -> str:
    """Return what to do about an item that is out of stock; "" in facts that do not say."""
    return _REMEDY[Remedy(facts["remedy"])](facts, today) if "remedy" in facts else ""


def _ordered(facts: Facts, today: dt.date) -> str:
    if "order_by" in facts:
        return _(
            "Order %(how_much)s from %(supplier)s %(by)s.",
            how_much=how_much(facts),
            supplier=facts["supplier"],
            by=order_by(facts, today),
        )
    return _(
        "Order %(how_much)s from %(supplier)s.",
        how_much=how_much(facts),
        supplier=facts["supplier"],
    )


def _spared(facts: Facts, _today: dt.date) -> str:
    return _(
        "%(clinic)s has %(spare)s to spare (lot %(lot)s): have some brought over.",
        clinic=facts["clinic"],
        spare=measure(Decimal(facts["spare"]), facts),
        lot=facts["lot"],
    )


def _awaited(facts: Facts, today: dt.date) -> str:
    expected = facts.get("expected_on")
    if expected and dt.date.fromisoformat(expected) > today:
        return _("Ask %(supplier)s if you need it sooner.", supplier=facts["orders_from"])
    return _("Ask %(supplier)s when it comes.", supplier=facts["orders_from"])


def unpriced(facts: Facts) -> str:
    """Return that nothing can be ordered, and what to do about that."""
    return _(
        "No product of it has a price in %(currency)s: add one to order it.",
        currency=facts["currency"],
    )


_REMEDY: Mapping[Remedy, Callable[[Facts, dt.date], str]] = {
    Remedy.BRING: lambda facts, _today: bring(facts),
    Remedy.ORDER: _ordered,
    Remedy.SPARE: _spared,
    Remedy.COMING: _awaited,
    Remedy.UNPRICED: lambda facts, _today: unpriced(facts),
    Remedy.LATER: lambda _facts, _today: _(
        "Nothing calls for an order this week: order it if you plan to use it."
    ),
}


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
