"""In words, whose use is taken for what is new at a clinic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flask_babel

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def borrowed(sessions: Mapping[str, Any] | None) -> str:
    """Return whose use it is: of the other clinics, or of treatments and how often they are given.

    "Little use of its own" is said once it has been on a shelf.
    """
    if sessions is None:
        return _("New here: judged by what your other clinics use.")
    often, treatments = _often(sessions["a_week"]), _treatments(sessions)
    if not sessions["here"]:
        return _(
            "New here: reckoned from what your other clinics give, %(sessions)s of %(treatments)s.",
            sessions=often,
            treatments=treatments,
        )
    if sessions["days"]:
        return _(
            "Little use of its own yet: reckoned from %(sessions)s of %(treatments)s.",
            sessions=often,
            treatments=treatments,
        )
    return _(
        "No use of its own yet: reckoned from %(sessions)s of %(treatments)s.",
        sessions=often,
        treatments=treatments,
    )


def _often(a_week: float) -> str:
    """Return how often sessions are given: "3 sessions a week", or by the month where rarely."""
    if round(a_week) >= 1:
        return ngettext("%(num)s session a week", "%(num)s sessions a week", round(a_week))
    a_month = max(round(a_week * 30 / 7), 1)
    return ngettext("%(num)s session a month", "%(num)s sessions a month", a_month)


def _treatments(sessions: Mapping[str, Any]) -> str:
    if not sessions["others"]:
        return str(sessions["of"])
    return ngettext(
        "%(name)s and %(num)s other treatment",
        "%(name)s and %(num)s other treatments",
        sessions["others"],
        name=sessions["of"],
    )
