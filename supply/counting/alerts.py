"""Alerts about counts: what differed by much, and was not counted again since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import flask_babel
from flask import url_for
from flask_babel import lazy_gettext as _l

from supply.alerts.kinds import Facts, Kind, Link, register
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind
from supply.items.wording import measured
from supply.money import Money
from supply.quantity import Unit
from supply.web.filters import money, short_date

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext


def _how_much(facts: Facts) -> str:
    """Return what differs: "8 vials missing (€20.00)"."""
    difference = Decimal(facts["difference"])
    quantity = measured(
        abs(difference), Decimal(facts["content"]), facts["container"], Unit(facts["unit"])
    )
    if difference < 0:
        said = _("%(quantity)s missing", quantity=quantity)
    else:
        said = _("%(quantity)s found", quantity=quantity)
    if facts["value"] is None:
        return said
    worth = money(Money(abs(facts["value"]), facts["currency"]))
    return f"{said} ({worth})"


def _why(facts: Facts) -> str:
    return _(
        "Lot %(lot)s in %(place)s, counted on %(day)s. Count it again, or acknowledge it.",
        lot=facts["lot"],
        place=facts["location"],
        day=short_date(dt.date.fromisoformat(facts["counted_on"])),
    )


def _sentence(facts: Facts, _today: dt.date) -> str:
    return f"{_how_much(facts)}. {_why(facts)}"


def _link(alert: Alert, clinic_code: str) -> Link | None:
    page = url_for("counting.count", clinic_code=clinic_code, count_id=alert.facts["count"])
    return _("See the count"), page


register(
    Kind(
        word=AlertKind.COUNT_VARIANCE,
        rank=65,
        label=_l("Large difference in a count"),
        sentence=_sentence,
        figures=lambda facts, _today: (_how_much(facts), _why(facts)),
        counted=lambda count: ngettext(
            "%(num)s large difference in counts", "%(num)s large differences in counts", count
        ),
        link=_link,
        ends_when_seen=True,
    )
)
