"""Alerts about recalls: one to a clinic, until it has answered and nothing is left there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import flask_babel
from flask import url_for
from flask_babel import lazy_gettext as _l

from supply.alerts.kinds import Facts, Kind, Link, register
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.recalls.terms import RecallClass
from supply.recalls.wording import CLASS_WORDS, named

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def _what(facts: Facts) -> str:
    """Return what is recalled: "Class I, lots TX-1, TX-2"."""
    grade = _("Drill") if facts["drill"] else str(CLASS_WORDS[RecallClass(facts["class"])])
    if not facts["lots"]:
        return _("%(grade)s, every lot", grade=grade)
    lots = ngettext("lot %(lots)s", "lots %(lots)s", len(facts["lots"]), lots=named(facts["lots"]))
    return f"{grade}, {lots}"


def _to_do(facts: Facts) -> str:
    if facts["left"] and facts["acknowledged"]:
        return ngettext(
            "%(num)s lot is still to be returned or destroyed.",
            "%(num)s lots are still to be returned or destroyed.",
            facts["left"],
        )
    if facts["drill"]:
        return _("A drill: nothing is held. Say what you have.")
    if facts["left"]:
        return _("It is on hold: do not use it, and answer.")
    return _("Answer: say that there is none here, or what you find.")


def _link(alert: Alert, clinic_code: str) -> Link | None:
    page = url_for(
        "recalls.clinic_recall", clinic_code=clinic_code, recall_id=alert.facts["recall"]
    )
    return _("See the recall"), page


def _sentence(facts: Facts, _today: dt.date) -> str:
    return f"{_what(facts)}. {_to_do(facts)}"


register(
    Kind(
        word=AlertKind.RECALL,
        rank=5,
        label=_l("Recall"),
        sentence=_sentence,
        figures=lambda facts, _today: (_what(facts), _to_do(facts)),
        counted=lambda count: ngettext("%(num)s recall", "%(num)s recalls", count),
        subject=lambda facts: str(facts["product"]),
        link=_link,
        grave=True,
    )
)
