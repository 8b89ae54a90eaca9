"""A clinic's alerts summed up for a mail: subject, first sentence, rows."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flask_babel

from supply.alerts import wording
from supply.alerts.kinds import Facts, Kind, Lead, by_rank, kind_of, rank
from supply.alerts.terms import AlertKind
from supply.text import short_name

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
    clinic_id: int
    assigned_to_id: int | None = None
    open: bool = True


@dataclass(frozen=True, slots=True)
class Contents:
    """What a digest names: newly assigned to its reader, new, and named before."""

    assigned: Sequence[Line]
    news: Sequence[Line]
    seen: Sequence[Line]

    @property
    def lines(self) -> list[Line]:
        """All of it."""
        return [*self.assigned, *self.news, *self.seen]

    @property
    def is_news(self) -> bool:
        """Whether there is anything to send a mail for."""
        return bool(self.assigned or self.news)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the mail's table: what, how much, why."""

    what: str
    how_much: str
    why: str


def subject(contents: Contents, clinic_name: str) -> str:
    """Return a subject that says it all: "Order 3 items at Riga Centre: biotin, …"."""
    if contents.assigned and not contents.news:
        return _(
            "Assigned to you at %(clinic)s: %(names)s",
            clinic=clinic_name,
            names=_names(contents.assigned),
        )
    lines = contents.lines
    lead = leading(lines)
    if lead is not None and lead.lead is not None:
        return headline(lead.lead, [one for one in lines if one.kind is lead.word], clinic_name)
    return _(
        "%(counts)s at %(clinic)s: %(names)s",
        counts=_counts(lines),
        clinic=clinic_name,
        names=_names(lines),
    )


def headline(lead: Lead, lines: Sequence[Line], clinic_name: str) -> str:
    """Return the subject that ``lead`` makes of lines of its kind."""
    return lead.headline(len(lines), clinic_name, _names(lines))


def leading(lines: Iterable[Line]) -> Kind | None:
    """Return the most urgent kind among ``lines`` that heads a daily mail, None where none does.

    What is told at once heads mails of its own.
    """
    there = {line.kind for line in lines}
    heading = (kind for kind in by_rank() if kind.lead and not kind.at_once)
    return next((kind for kind in heading if kind.word in there), None)


def sentence(contents: Contents) -> str:
    """Return the first line of the mail: what there is to do, in figures."""
    counts = _counts(contents.lines)
    if contents.assigned:
        theirs = ngettext(
            "%(num)s assigned to you", "%(num)s assigned to you", len(contents.assigned)
        )
        return _("%(counts)s; %(assigned)s.", counts=counts, assigned=theirs)
    return _("%(counts)s.", counts=counts)


def rows(lines: Sequence[Line], today: dt.date) -> list[Row]:
    """Return the rows for ``lines``, the most urgent first.

    What another kind says of the same item is not named a second time.
    """
    said = {(line.kind, line.item_id) for line in lines}
    shown = [line for line in lines if (kind_of(line.kind).said_by, line.item_id) not in said]
    return [_row(kind, facts, today) for kind, facts in _folded(shown)]


def folded(word: AlertKind, facts: Sequence[Facts]) -> Sequence[Facts]:
    """Return the facts of the rows that alerts of a kind with these ``facts`` come to."""
    fold = kind_of(word).fold
    return fold(facts) if fold else facts


def _folded(lines: Iterable[Line]) -> list[tuple[AlertKind, Facts]]:
    """Return what the rows of ``lines`` are worded from, the most urgent kind first."""
    by_kind: dict[AlertKind, list[Facts]] = {}
    for line in sorted(lines, key=_urgency):
        by_kind.setdefault(line.kind, []).append(line.facts)
    return [(word, facts) for word, theirs in by_kind.items() for facts in folded(word, theirs)]


def _urgency(line: Line) -> tuple[int, int]:
    return rank(line.kind), line.alert_id


def _row(kind: AlertKind, facts: Facts, today: dt.date) -> Row:
    how_much, why = wording.figures(kind, facts, today)
    return Row(wording.subject_name(kind, facts), how_much, why)


def _counts(lines: Iterable[Line]) -> str:
    counts = Counter(line.kind for line in lines)
    return "; ".join(kind.counted(counts[kind.word]) for kind in by_rank() if counts[kind.word])


def _names(lines: Iterable[Line]) -> str:
    """Return what ``lines`` are about, an item without what follows its comma ("…, ampoule")."""
    names = list(dict.fromkeys(_short_name(kind, facts) for kind, facts in _folded(lines)))
    named = ", ".join(names[:NAMED])
    if len(names) <= NAMED:
        return named
    return _("%(names)s and %(count)d more", names=named, count=len(names) - NAMED)


def _short_name(kind: AlertKind, facts: Facts) -> str:
    name = wording.subject_name(kind, facts)
    return name if kind_of(kind).subject else short_name(name)
