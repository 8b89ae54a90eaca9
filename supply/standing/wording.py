"""Standing orders in words: their rhythm, and what came of a day."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from supply.accounts.names import DAYS
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
        _("%(supplier)s: %(why)s", supplier=one["supplier"], why=one["why"]) for one in run.left
    ]
    return "; ".join(str(one) for one in said)


def _names(order: dict[str, str]) -> dict[str, str]:
    return {"number": order["number"], "supplier": order["supplier"]}
