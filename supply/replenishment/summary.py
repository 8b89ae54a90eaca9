"""A clinic's alerts summed up for a mail: subject, first sentence, rows."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import flask_babel

from supply.replenishment import wording
from supply.replenishment.queries import URGENCY
from supply.replenishment.terms import AlertKind

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

NAMED = 3
"""Things a subject names before it only counts the rest."""


@dataclass(frozen=True, slots=True)
class Line:
    """One open alert, as a mail needs it."""

    alert_id: int
    kind: AlertKind
    item_id: int | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the mail's table: what, how much, why."""

    what: str
    how_much: str
    why: str


def subject(lines: Sequence[Line], clinic_name: str) -> str:
    """Return a subject that says it all: "Order 3 items at Riga Centre: biotin, …"."""
    to_order = [line for line in lines if line.kind is AlertKind.ORDER_NOW]
    if to_order:
        return ngettext(
            "Order %(num)s item at %(clinic)s: %(names)s",
            "Order %(num)s items at %(clinic)s: %(names)s",
            len(to_order),
            clinic=clinic_name,
            names=_names(to_order),
        )
    return _(
        "%(counts)s at %(clinic)s: %(names)s",
        counts=_counts(lines),
        clinic=clinic_name,
        names=_names(lines),
    )


def sentence(lines: Sequence[Line]) -> str:
    """Return the first line of the mail: what there is to do, in figures."""
    return _("%(counts)s.", counts=_counts(lines))


def rows(lines: Sequence[Line], today: dt.date) -> list[Row]:
    """Return the rows for ``lines``, the most urgent first.

    An item to order is not named a second time for being out of stock.
    """
    to_order = {line.item_id for line in lines if line.kind is AlertKind.ORDER_NOW}
    shown = [
        line
        for line in lines
        if line.kind is not AlertKind.OUT_OF_STOCK or line.item_id not in to_order
    ]
    return [_row(line, today) for line in sorted(shown, key=_urgency)]


def _urgency(line: Line) -> tuple[int, int]:
    return URGENCY.index(line.kind), line.alert_id


def _row(line: Line, today: dt.date) -> Row:
    facts = line.facts
    what = wording.subject_name(line.kind, facts)
    if line.kind is AlertKind.ORDER_NOW and "packs" in facts:
        return Row(what, wording.how_much(facts), wording.why(facts))
    figure = wording.measure(Decimal(facts["quantity"]), facts) if "quantity" in facts else ""
    return Row(what, figure, wording.message(line.kind, facts, today))


def _counts(lines: Iterable[Line]) -> str:
    counts = Counter(line.kind for line in lines)
    return "; ".join(_count(kind, counts[kind]) for kind in URGENCY if counts[kind])


def _names(lines: Iterable[Line]) -> str:
    """Return what ``lines`` are about, without what follows a name's comma ("…, ampoule")."""
    ordered = sorted(lines, key=_urgency)
    full = (wording.subject_name(line.kind, line.facts) for line in ordered)
    names = list(dict.fromkeys(name.split(",")[0] for name in full))
    named = ", ".join(names[:NAMED])
    if len(names) <= NAMED:
        return named
    return _("%(names)s and %(count)d more", names=named, count=len(names) - NAMED)


def _count(kind: AlertKind, count: int) -> str:
    counted = _COUNTED.get(kind)
    return counted(count) if counted else f"{wording.kind_name(kind)}: {count}"


_COUNTED: dict[AlertKind, Callable[[int], str]] = {
    AlertKind.ORDER_NOW: lambda count: ngettext(
        "%(num)s item to order", "%(num)s items to order", count
    ),
    AlertKind.OUT_OF_STOCK: lambda count: ngettext(
        "%(num)s item out of stock", "%(num)s items out of stock", count
    ),
    AlertKind.EXPIRING: lambda count: ngettext(
        "%(num)s lot expiring", "%(num)s lots expiring", count
    ),
    AlertKind.EXPIRED: lambda count: ngettext(
        "%(num)s expired lot to discard", "%(num)s expired lots to discard", count
    ),
    AlertKind.OPEN_PAST_TIME: lambda count: ngettext(
        "%(num)s open container past its time", "%(num)s open containers past their time", count
    ),
    AlertKind.DELIVERY_OVERDUE: lambda count: ngettext(
        "%(num)s delivery overdue", "%(num)s deliveries overdue", count
    ),
}
