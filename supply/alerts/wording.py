"""Alerts in words, from their facts, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import flask_babel

from supply.alerts.kinds import Facts, kind_of
from supply.alerts.terms import AlertKind, AlertStatus

# flask_babel has no types; this has.
_: Callable[..., str] = flask_babel.gettext
_p: Callable[..., str] = flask_babel.pgettext


def kind_name(kind: AlertKind) -> str:
    """Return the name of a kind of alert, as chips and lists show it."""
    return str(kind_of(kind).label)


def status_name(status: AlertStatus) -> str:
    """Return the name of where an alert stands."""
    return {
        AlertStatus.OPEN: _p("alert", "Open"),
        AlertStatus.ACKNOWLEDGED: _("Acknowledged"),
        AlertStatus.SNOOZED: _("Snoozed"),
        AlertStatus.RESOLVED: _("Resolved"),
    }[status]


def subject_name(kind: AlertKind, facts: Facts) -> str:
    """Return what an alert is about: an item, an order, or what its kind says."""
    said = kind_of(kind).subject
    return said(facts) if said else str(facts.get("item", kind_name(kind)))


def message(kind: AlertKind, facts: Facts, today: dt.date) -> str:
    """Return an alert as a sentence or two: what, how much, why, and what to do."""
    return kind_of(kind).sentence(facts, today)


def figures(kind: AlertKind, facts: Facts, today: dt.date) -> tuple[str, str]:
    """Return how much and why, as a table shows them."""
    said = kind_of(kind).figures
    return said(facts, today) if said else ("", message(kind, facts, today))
