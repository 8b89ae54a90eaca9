"""The kinds of alert: each is registered once, by the room whose matter it is.

A room that raises alerts has a module ``alerts.py`` that registers its kinds; ``rooms.py`` names
it. All else about a kind, in lists, sentences and mails, is read here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import LazyString

from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind

Facts = Mapping[str, Any]
"""The figures of an alert, from which it is worded."""

Link = tuple[str, str]
"""What a button says and where it leads."""


@dataclass(frozen=True, slots=True)
class Lead:
    """How a mail begins and where its button leads, when an alert of the kind is in it."""

    headline: Callable[[int, str, str], str]
    """The subject, from how many there are, the clinic's name and the names of what they are."""
    button: LazyString
    endpoint: str
    values: Callable[[Facts], Mapping[str, Any]] = lambda _facts: {}
    """What the address says besides the clinic, from the facts of its first row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of alert in words. ``rank``: the lower, the more urgent; no two are the same."""

    word: AlertKind
    rank: int
    label: LazyString
    sentence: Callable[[Facts, dt.date], str]
    """What, how much, why and what to do, as the clinic's day sees it."""
    counted: Callable[[int], str]
    """So many of them: "3 lots expiring"."""
    link: Callable[[Alert, str], Link | None]
    """Where its cause is mended, given the alert and the clinic's code."""
    subject: Callable[[Facts], str] | None = None
    """What it is about; by itself the item its facts name."""
    figures: Callable[[Facts, dt.date], tuple[str, str]] | None = None
    """How much and why, apart, as a table shows them; by itself the sentence."""
    grave: bool = False
    """Whether it is shown in the colour of what is wrong, not of what is to be watched."""
    said_by: AlertKind | None = None
    """The kind that says it too: with one about the same item, a mail does not name this."""
    lead: Lead | None = None
    at_once: bool = False
    """Whether people are told when it is raised, by a mail of its own that ``lead`` heads."""
    urgent: Callable[[Facts], bool] = lambda _facts: True
    """Whether it cannot wait for the morning, where it is told at once."""
    ends_when_seen: bool = False
    """Whether it is over once somebody has seen to it: what it tells of is past."""
    fold: Callable[[Sequence[Facts]], list[Facts]] | None = None
    """Makes few rows of many: the facts of alerts to the facts of rows, worded alike."""


_KINDS: dict[AlertKind, Kind] = {}


def register(*kinds: Kind) -> None:
    """Register kinds of alert. Raises ValueError when a word or a rank is taken."""
    for kind in kinds:
        if kind.word in _KINDS or any(kind.rank == other.rank for other in _KINDS.values()):
            raise ValueError(f"{kind.word} or its rank {kind.rank} is registered already")
        _KINDS[kind.word] = kind


def kind_of(word: AlertKind) -> Kind:
    """Return the kind that was registered for ``word``; KeyError when no room did."""
    return _KINDS[word]


def by_rank() -> list[Kind]:
    """Return every kind, the most urgent first."""
    return sorted(_KINDS.values(), key=lambda kind: kind.rank)


def rank(word: AlertKind) -> int:
    """Return how urgent a kind is: the lower, the more."""
    return _KINDS[word].rank
