"""The diary in words: what a booking from outside would change of a session."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from supply.treatments.terms import SessionStatus
from supply.treatments.wording import status_word


def when(day: dt.date, time: dt.time | None) -> str:
    """Return a day and its time, where there is one: "Tue 16 Jun, 09:30"."""
    worded = str(format_date(day, "EEE d MMM"))
    return f"{worded}, {time.isoformat('minutes')}" if time else worded


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what differs, each as "from → to"; what is not shown of a session is only named."""
    return [_change(name, before[name], after[name]) for name in after]


def _change(name: str, was: Any, will: Any) -> str:
    if name == "formulation_id":
        return str(_("something else is given"))
    return f"{_said(name, was)} → {_said(name, will)}"


def _said(name: str, value: Any) -> str:
    if isinstance(value, SessionStatus):
        return status_word(value)[0]
    if isinstance(value, dt.date):
        return str(format_date(value, "EEE d MMM"))
    if isinstance(value, dt.time):
        return value.isoformat("minutes")
    if name == "areas":
        return str(ngettext("%(num)d area", "%(num)d areas", value))
    return str(value or _("none"))
