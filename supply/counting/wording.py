"""Counts in words: how they stand, why lines differ, what is counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.counting.models import Count
from supply.counting.rules import CAUSES_OF_LESS, CAUSES_OF_MORE
from supply.counting.terms import CountStatus, DifferenceCause

STATUS_WORDS: Final[dict[CountStatus, tuple[LazyString, str]]] = {
    CountStatus.OPEN: (_l("Open"), "info"),
    CountStatus.POSTED: (_l("Posted"), "good"),
    CountStatus.CANCELLED: (_l("Cancelled"), "neutral"),
    CountStatus.UNDONE: (_l("Undone"), "neutral"),
}
"""Each status as a pill says it, and the pill's tone."""

CAUSE_WORDS: Final[dict[DifferenceCause, LazyString]] = {
    DifferenceCause.MISSED_ENTRY: _l("Not recorded when it happened"),
    DifferenceCause.MISCOUNTED: _l("Counted wrong before"),
    DifferenceCause.FOUND: _l("Found"),
    DifferenceCause.EXPIRED: _l("Expired and thrown away"),
    DifferenceCause.LOST: _l("Lost, nobody knows why"),
    DifferenceCause.NOT_SAID: _l("Not said"),
}


def scope_of(count: Count, names: dict[int, str]) -> str:
    """Return what a count is of: "Cupboard, Fridge", "12 items", "All locations"."""
    locations, items = count.scope["locations"], count.scope["items"]
    where = (
        _("All locations")
        if locations is None
        else ", ".join(names[place] for place in locations if place in names)
    )
    if items is None:
        return str(where)
    what = ngettext("%(num)s item", "%(num)s items", len(items))
    if locations is None:
        return str(what)
    return str(_("%(what)s in %(where)s", what=what, where=where))


def progress(counted: int, lines: int) -> str:
    """Return how far a count is: "12 of 31 lots counted"."""
    said = ngettext(
        "%(counted)s of %(num)s lot counted",
        "%(counted)s of %(num)s lots counted",
        lines,
        counted=counted,
    )
    return str(said)


def causes_of(difference: Decimal) -> list[tuple[str, LazyString]]:
    """Return the causes to choose from for a line that differs, as a select takes them."""
    causes = CAUSES_OF_LESS if difference < 0 else CAUSES_OF_MORE
    return [(cause.value, CAUSE_WORDS[cause]) for cause in causes]
