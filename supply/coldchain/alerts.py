"""Alerts about temperatures: a location that was out of its range for too long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import flask_babel
from flask import url_for
from flask_babel import lazy_gettext as _l

from supply.alerts.kinds import Facts, Kind, Link, register
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.coldchain.wording import how_long, temperature

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def _what(facts: Facts) -> str:
    """Return what happened: "10.4 °C for 3 h 5 min"."""
    extreme = temperature(facts["high"] if facts["side"] == "warm" else facts["low"])
    if not facts["minutes"]:
        return extreme
    return _("%(celsius)s, %(time)s out of range", celsius=extreme, time=how_long(facts["minutes"]))


def _sentence(facts: Facts, _today: dt.date) -> str:
    still = [_("It still is.")] if facts["on"] else []
    return " ".join([f"{_what(facts)}.", *still, _to_do(facts)])


def _to_do(facts: Facts) -> str:
    if not facts["held"]:
        return _("Nothing is on hold: close it.")
    if facts["answered"]:
        return ngettext(
            "%(num)s lot is on hold: release or discard it.",
            "%(num)s lots are on hold: release or discard them.",
            facts["held"],
        )
    return ngettext(
        "%(num)s lot is on hold: ask its maker.",
        "%(num)s lots are on hold: ask their makers.",
        facts["held"],
    )


def _link(alert: Alert, clinic_code: str) -> Link | None:
    page = url_for(
        "coldchain.excursion", clinic_code=clinic_code, excursion_id=alert.facts["excursion"]
    )
    return _("See the excursion"), page


register(
    Kind(
        word=AlertKind.COLD_CHAIN,
        rank=15,
        label=_l("Out of temperature range"),
        sentence=_sentence,
        figures=lambda facts, _today: (_what(facts), _to_do(facts)),
        counted=lambda count: ngettext(
            "%(num)s location out of range", "%(num)s locations out of range", count
        ),
        subject=lambda facts: str(facts["location"]),
        link=_link,
        grave=True,
    )
)
