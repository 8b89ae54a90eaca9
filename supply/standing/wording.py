"""Standing orders in words: their rhythm, and what came of a day."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from supply.accounts.names import DAYS
from supply.standing import reasons
from supply.standing.models import StandingRun
from supply.standing.rules import Rhythm
from supply.standing.terms import Every, Outcome

EVERY_WORDS = {Every.WEEKS: _l("Weeks"), Every.MONTHS: _l("Months")}

OUTCOME_WORDS = {
    Outcome.ORDERED: (_l("Ordered"), "good"),
    Outcome.PARTLY: (_l("Partly in the basket"), "warn"),
    Outcome.BASKET: (_l("In the basket"), "warn"),
    Outcome.NOTHING: (_l("Nothing to order"), "warn"),
    Outcome.SKIPPED: (_l("Skipped"), "neutral"),
}


def rhythm(found: Rhythm) -> str:
    """Return a rhythm in words: "every 2 weeks on Monday"."""
    if found.every is Every.WEEKS:
        text = ngettext(
            "Every week on %(day)s",
            "Every %(num)d weeks on %(day)s",
            found.count,
            day=DAYS[found.on],
        )
    else:
        text = ngettext(
            "Every month on day %(day)d",
            "Every %(num)d months on day %(day)d",
            found.count,
            day=found.on,
        )
    return str(text)


def last(run: StandingRun) -> str:
    """Return what came of a run, in a line: numbers of orders, or why there are none."""
    said = [
        _("%(number)s to %(supplier)s waits for approval", **_names(one))
        if one["asked"]
        else _("%(number)s to %(supplier)s", **_names(one))
        for one in run.orders
    ]
    said += [
        _("%(supplier)s: %(why)s", supplier=one["supplier"], why=reasons.said(one))
        for one in run.left
    ]
    return "; ".join(str(one) for one in said)


def gone(run: StandingRun) -> list[str]:
    """Return what was no longer sold on the day of a run, and what replaces it: a line for each."""
    return [_gone(one) if isinstance(one, dict) else _no_more(one) for one in run.gone]


def _gone(one: Mapping[str, str | None]) -> str:
    if one["instead"] is None:
        return _no_more(str(one["name"]))
    text = _("No longer sold: %(name)s. %(new)s replaces it; nothing is ordered of that until"
             " you put it on the template.", name=one["name"], new=one["instead"])  # fmt: skip
    return str(text)


def _no_more(name: str) -> str:
    return str(_("No longer sold: %(names)s.", names=name))


def _names(order: dict[str, str]) -> dict[str, str]:
    return {"number": order["number"], "supplier": order["supplier"]}
