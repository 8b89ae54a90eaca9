"""A month's losses in words, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import flask_babel

from supply.inventory.terms import WasteCause
from supply.inventory.wording import CAUSE_WORDS
from supply.losses.rows import Loss
from supply.losses.rules import ItemLost, Month
from supply.money import Money
from supply.web.filters import money, month

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what, how much in money, and a note."""

    what: str
    cost: str
    note: str = ""


def cause_word(cause: WasteCause | None, minor: int = 0) -> str:
    """Return what something was lost for; of a sum below zero, that it was found."""
    if cause is not None:
        return str(CAUSE_WORDS[cause])
    return _("Found in counts") if minor < 0 else _("Missing in counts")


def headline(this: Month, clinic_name: str, currency: str) -> str:
    """Return a subject: "€12.50 wasted or lost at Riga Centre in May 2026"."""
    said = {"clinic": clinic_name, "month": month(this.first)}
    if not this.lost:
        return _("Nothing wasted or lost at %(clinic)s in %(month)s", **said)
    total = money(Money(this.total, currency))
    return _("%(total)s wasted or lost at %(clinic)s in %(month)s", total=total, **said)


def sentence(this: Month, last: Month, currency: str) -> str:
    """Return what was lost, of that what expired, and how it was in the month before."""
    if not this.lost:
        return " ".join(
            filter(None, [_("Nothing was wasted or lost."), _compared(this, last, currency)])
        )
    parts = [_wasted(this, currency)] if this.wasted else []
    if this.missing:
        parts.append(_missing(this.missing, currency))
    # What has no known cost comes to nothing, and is there all the same.
    said = _("%(sentence)s.", sentence=", ".join(parts or [_wasted(this, currency)]))
    return " ".join(filter(None, [said, _compared(this, last, currency)]))


def _wasted(this: Month, currency: str) -> str:
    """Return what was wasted, and what of it expired or was left over."""
    wasted = _("%(sum)s wasted", sum=money(Money(this.wasted, currency)))
    of_it = []
    if this.expired:
        of_it.append(_("%(sum)s expired", sum=money(Money(this.expired, currency))))
    if this.left_over:
        left = money(Money(this.left_over, currency))
        of_it.append(_("%(sum)s left over from single doses", sum=left))
    if not of_it:
        return wasted
    return _("%(wasted)s (%(of_it)s)", wasted=wasted, of_it=", ".join(of_it))


def _missing(minor: int, currency: str) -> str:
    if minor < 0:
        return _("%(sum)s found in counts", sum=money(Money(-minor, currency)))
    return _("%(sum)s missing in counts", sum=money(Money(minor, currency)))


def _compared(this: Month, last: Month, currency: str) -> str:
    """Return how much more or less it is than in the month before; "" of two empty months."""
    if not last.lost:
        return _("The month before it was nothing.") if this.lost else ""
    more = this.total - last.total
    if not more:
        return _("As much as the month before.")
    said = {"sum": money(Money(abs(more), currency))}
    if more > 0:
        return _("That is %(sum)s more than the month before.", **said)
    return _("That is %(sum)s less than the month before.", **said)


def saved(this: Month, currency: str, days: int) -> str:
    """Return what was used shortly before it would have expired; "" where nothing was."""
    if not this.used_in_time:
        return ""
    return ngettext(
        "Used in time: %(sum)s of lots on their last day.",
        "Used in time: %(sum)s of lots in their last %(num)s days.",
        days,
        sum=money(Money(this.used_in_time, currency)),
    )


def by_cause(this: Month, currency: str) -> list[Row]:
    """Return a row for each cause, the most costly first."""
    rows = [
        Row(cause_word(cause), money(Money(minor, currency)))
        for cause, minor in this.by_cause.items()
    ]
    if this.missing:
        rows.append(Row(cause_word(None, this.missing), money(Money(this.missing, currency))))
    return rows


def top(this: Month, currency: str) -> list[Row]:
    """Return a row for each of the items that cost most."""
    return [_item(one, currency) for one in this.top]


def _item(one: ItemLost, currency: str) -> Row:
    return Row(one.name, money(Money(one.minor, currency)), cause_word(one.cause))


def written(minor: int, currency: str) -> str:
    """Return a sum as it is read."""
    return money(Money(minor, currency))


def unexplained(losses: Sequence[Loss], currency: str) -> str:
    """Return what of ``losses`` is unexplained: what is missing and what was found, in money."""
    missing = [one for one in losses if one.unexplained > 0]
    found = [one for one in losses if one.unexplained < 0]
    if not missing and not found:
        return _("Nothing is unexplained.")
    parts = []
    if missing:
        total = written(sum(one.minor for one in missing), currency)
        parts.append(_missing_of(len(missing), total))
    if found:
        total = written(-sum(one.minor for one in found), currency)
        parts.append(_found_of(len(found), total))
    return _("%(sentence)s.", sentence=", ".join(parts))


def _missing_of(items: int, total: str) -> str:
    return ngettext(
        "%(sum)s missing of %(num)s item", "%(sum)s missing of %(num)s items", items, sum=total
    )


def _found_of(items: int, total: str) -> str:
    return ngettext(
        "%(sum)s found of %(num)s item", "%(sum)s found of %(num)s items", items, sum=total
    )
