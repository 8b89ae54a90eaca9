"""Recalls in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

import flask_babel
from flask_babel import lazy_gettext as _l

from supply.inventory.rules import normalise_lot
from supply.items.wording import Contained, measure
from supply.recalls.figures import Row
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.terms import Outcome, RecallAnswer, RecallClass, RecallStatus, Telling
from supply.web import filters

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

MOST_NAMED = 3
"""Lots or products named in a line; of the others the number is said."""

CLASS_WORDS = {
    RecallClass.SERIOUS: _l("Class I"),
    RecallClass.MODERATE: _l("Class II"),
    RecallClass.SLIGHT: _l("Class III"),
}
CLASS_MEANINGS = {
    RecallClass.SERIOUS: _l("It may do serious harm, or kill."),
    RecallClass.MODERATE: _l("It may do harm that passes or can be treated."),
    RecallClass.SLIGHT: _l("It is unlikely to do harm."),
}
CLASS_TONES = {
    RecallClass.SERIOUS: "bad",
    RecallClass.MODERATE: "bad",
    RecallClass.SLIGHT: "warn",
}
STATUS_WORDS = {RecallStatus.OPEN: _l("Open"), RecallStatus.CLOSED: _l("Closed")}
ANSWER_WORDS = {
    RecallAnswer.NONE_HERE: _l("None here"),
    RecallAnswer.NONE_LEFT: _l("None left: used or gone"),
    RecallAnswer.FOUND: _l("Found and set apart"),
}
OUTCOME_WORDS = {
    Outcome.RETURNED: _l("Returned to the supplier"),
    Outcome.DESTROYED: _l("Destroyed"),
}
TELLING_WORDS = {
    Telling.DECLARED: _l("Told"),
    Telling.FOUND_LATER: _l("Told again: more was found"),
    Telling.REMINDER: _l("Reminded"),
    Telling.WITHDRAWN: _l("Told that it is withdrawn"),
}


def products_of(recall: Recall) -> str:
    """Return the products of a recall: "Tranexamic acid, ampoule", "A, B and 2 more"."""
    return named([product.name for product in recall.products])


def lots_of(recall: Recall, having: Iterable[str] = ()) -> str:
    """Return the lots of a recall: "lot TX-1", "lots TX-1, TX-2", "every lot".

    Those that the reader is ``having`` come first, as their labels say them.
    """
    if recall.all_lots:
        return _("every lot")
    mine = {normalise_lot(number): number for number in having}
    lots = sorted(recall.lots, key=lambda lot: lot.normalised not in mine)
    numbers = [mine.get(lot.normalised, lot.number) for lot in lots]
    return ngettext("lot %(lots)s", "lots %(lots)s", len(numbers), lots=named(numbers))


def named(names: Sequence[str]) -> str:
    """Return the first of ``names``, and how many more there are."""
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    if more <= 0:
        return shown
    return _("%(names)s and %(count)d more", names=shown, count=more)


def became(row: Row, item: Contained) -> str:
    """Return what became of a lot: "received 20 vials · used 3 vials · returned 17 vials"."""
    parts = [
        (row.received, _l("received")),
        (row.used, _l("used")),
        (row.wasted, _l("wasted or missing")),
        (row.returned, _l("returned")),
        (row.destroyed, _l("destroyed")),
        (row.in_transit, _l("on its way")),
    ]
    said = [f"{word} {measure(amount, item)}" for amount, word in parts if amount]
    return " · ".join(said)


def left(row: Row, item: Contained) -> tuple[str, str]:
    """Return how much of a lot is left to account for, and the tone of that."""
    if not row.unaccounted:
        return _("All accounted for"), "good"
    return _("%(amount)s left", amount=measure(row.unaccounted, item)), "bad"


def answer_of(row: RecallPractice) -> tuple[str, str]:
    """Return how a practice stands, and the tone of that."""
    if row.answer is not None:
        return str(ANSWER_WORDS[row.answer]), "good"
    if row.reached_at is None:
        return _("Being told"), "neutral"
    if row.reminders:
        return (
            ngettext(
                "Silent, reminded %(num)s time", "Silent, reminded %(num)s times", row.reminders
            ),
            "bad",
        )
    return _("Not answered yet"), "warn"


def silence(count: int, untold: int, days: int) -> str:
    """Return the first line of a mail on practices that do not answer, ``untold`` of them."""
    said = []
    if untold:
        said.append(
            ngettext(
                "Nobody at %(num)s practice could be told by mail. Call it.",
                "Nobody at %(num)s practices could be told by mail. Call them.",
                untold,
            )
        )
    if count > untold:
        time = ngettext("%(num)s day", "%(num)s days", days)
        said.append(
            ngettext(
                "%(num)s practice has not answered for %(time)s or more. Call it.",
                "%(num)s practices have not answered for %(time)s or more. Call them.",
                count - untold,
                time=time,
            )
        )
    return " ".join(said)


def told(row: RecallPractice, zone: str) -> str:
    """Return when a practice was told, and how often it was reminded."""
    if row.told_at is None:
        return _("Nobody could be told by mail: call them.")
    when = _("told %(when)s", when=filters.instant(row.told_at, zone))
    if not row.reminders:
        return when
    often = ngettext("reminded %(num)s time", "reminded %(num)s times", row.reminders)
    return f"{when}, {often}"


DRILL_EVERY = dt.timedelta(days=365)
"""How often a supplier tries out its recalls."""


def drill_due(last: Recall | None, now: dt.datetime) -> bool:
    """Return whether the yearly drill is due."""
    return last is None or now - last.declared_at >= DRILL_EVERY


def took(since: dt.datetime, until: dt.datetime) -> str:
    """Return how long an answer took: "35 min", "4 h", "3 days"."""
    minutes = int((until - since).total_seconds() // 60)
    if minutes < 120:
        return ngettext("%(num)s minute", "%(num)s minutes", minutes)
    if minutes < 48 * 60:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext("%(num)s day", "%(num)s days", minutes // 1440)


def headline(recall: Recall, having: Iterable[str] = ()) -> str:
    """Return what is recalled in a line: "Class I recall: Tranexamic acid, lot TX-1".

    ``having``: see :func:`lots_of`.
    """
    what = {"products": products_of(recall), "lots": lots_of(recall, having)}
    if recall.is_drill:
        return _("Recall drill: %(products)s, %(lots)s", **what)
    grade = str(CLASS_WORDS[recall.recall_class])
    return _("%(grade)s recall: %(products)s, %(lots)s", grade=grade, **what)


def subject(recall: Recall, telling: Telling) -> str:
    """Return the subject of a mail on a recall."""
    if telling is Telling.REMINDER:
        return _("Not answered yet: %(what)s", what=headline(recall))
    if telling is Telling.WITHDRAWN:
        return _("Withdrawn: %(what)s", what=headline(recall))
    return headline(recall)


def sentence(recall: Recall, telling: Telling) -> str:
    """Return the first line of a mail on a recall: what to do now."""
    by = recall.supplier.name
    if telling is Telling.WITHDRAWN:
        return _("%(supplier)s withdraws this recall: what it held is free again.", supplier=by)
    if recall.is_drill:
        return _(
            "%(supplier)s tries out its recalls. Nothing is held: answer as if it were real.",
            supplier=by,
        )
    if telling is Telling.FOUND_LATER:
        return _(
            "More of what %(supplier)s recalls has come in. It is on hold: do not use it.",
            supplier=by,
        )
    if telling is Telling.REMINDER:
        return _(
            "%(supplier)s still waits for your answer. Say what you have, or that there is none.",
            supplier=by,
        )
    return _("%(supplier)s recalls this. It is on hold: do not use it, and answer.", supplier=by)
