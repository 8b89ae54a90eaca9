"""Alerts in words, from their facts, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from flask_babel import LazyString, lazy_pgettext
from flask_babel import lazy_gettext as _l

from supply.alerts.kinds import Facts, Link, kind_of
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind, AlertStatus

_STATUS_NAMES: Mapping[AlertStatus, LazyString] = {
    AlertStatus.OPEN: lazy_pgettext("alert", "Open"),
    AlertStatus.ACKNOWLEDGED: _l("Acknowledged"),
    AlertStatus.SNOOZED: _l("Snoozed"),
    AlertStatus.RESOLVED: _l("Resolved"),
}


def kind_name(kind: AlertKind) -> str:
    """Return the name of a kind of alert, as chips and lists show it."""
    return str(kind_of(kind).label)


def status_name(status: AlertStatus) -> str:
    """Return the name of where an alert stands."""
    return str(_STATUS_NAMES[status])


def subject_name(kind: AlertKind, facts: Facts) -> str:
    """Return what an alert is about: an item, an order, or what its kind says."""
    said = kind_of(kind).subject
    return said(facts) if said else str(facts.get("item", kind_name(kind)))


def message(kind: AlertKind, facts: Facts, today: dt.date) -> str:
    """Return an alert as a sentence or two: what, how much, why, and what to do."""
    return kind_of(kind).sentence(facts, today)


def link(alert: Alert, clinic_code: str) -> Link | None:
    """Return where the cause of an alert is mended, and what the button to it says."""
    return kind_of(alert.kind).link(alert, clinic_code)


def figures(kind: AlertKind, facts: Facts, today: dt.date) -> tuple[str, str]:
    """Return how much and why, as a table shows them."""
    said = kind_of(kind).figures
    return said(facts, today) if said else ("", message(kind, facts, today))
