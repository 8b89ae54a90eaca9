"""Alerts as a list shows them: in words, with where to mend the cause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.alerts import wording
from supply.alerts.kinds import Link, kind_of
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.clock import local_date


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert in words, with where to mend its cause."""

    alert: Alert
    kind: str
    title: str
    message: str
    link: Link | None
    """Where what it is about is seen, and what its one button says."""
    grave: bool
    action: Link | None = None
    """Where its cause is mended, for those with the right that this ``needs``."""
    needs: Right | None = None
    pill: str = ""
    """What has been done about it since it was raised, in place of the link."""
    also: Sequence[int] = ()
    """The alerts that this row stands for besides its own."""


Presenter = Callable[[Sequence[Alert], Clinic, dt.datetime], Mapping[int, Shown | None]]
_PRESENTERS: dict[frozenset[AlertKind], Presenter] = {}


def presents(*words: AlertKind) -> Callable[[Presenter], Presenter]:
    """Register how unresolved alerts of some kinds are shown together, by the figures of now.

    The function returns a row for each alert's id, or None where another row stands for it.
    """

    def register(presenter: Presenter) -> Presenter:
        _PRESENTERS[frozenset(words)] = presenter
        return presenter

    return register


def shown(alert: Alert, clinic: Clinic, today: dt.date) -> Shown:
    """Return an alert as it was raised."""
    kind = kind_of(alert.kind)
    return Shown(
        alert,
        str(kind.label),
        wording.subject_name(alert.kind, alert.facts),
        wording.message(alert.kind, alert.facts, today),
        kind.link(alert, clinic.code),
        kind.grave,
    )


def rows(alerts: Sequence[Alert], clinic: Clinic, now: dt.datetime) -> list[Shown]:
    """Return a row for each of ``alerts``, in their order, without those another stands for."""
    today = local_date(now, clinic.timezone)
    together: dict[int, Shown | None] = {}
    for words, presenter in _PRESENTERS.items():
        theirs = [a for a in alerts if a.kind in words and a.resolved_at is None]
        if theirs:
            together.update(presenter(theirs, clinic, now))
    every = (
        together[alert.id] if alert.id in together else shown(alert, clinic, today)
        for alert in alerts
    )
    return [row for row in every if row is not None]
