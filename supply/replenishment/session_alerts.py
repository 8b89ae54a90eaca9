"""Alerts about booked sessions: one whose supplies are not there."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import flask_babel
import sqlalchemy as sa
from flask import url_for
from flask_babel import lazy_gettext as _l

from supply.accounts.models import Clinic
from supply.alerts.kinds import Facts, Kind, Lead, Link, register
from supply.alerts.models import Alert
from supply.alerts.shown import Shown, presents, shown
from supply.alerts.terms import AlertKind
from supply.clock import local_date
from supply.db import db
from supply.inventory.alerts import measure
from supply.replenishment import wording
from supply.replenishment.helping import Help, HelpKind
from supply.replenishment.shortfall_rules import by_day, is_pressing
from supply.text import short_name
from supply.treatments.models import TreatmentSession

# flask_babel has no types; these have.
_: Callable[..., str] = flask_babel.gettext
ngettext: Callable[..., str] = flask_babel.ngettext

NAMED = 3
"""Items that a sentence names before it only counts the rest."""


def _sessions(facts: Facts) -> int:
    """Return how many sessions of a day facts speak of: one, unless they were folded."""
    count: int = facts.get("sessions", 1)
    return count


def _when(facts: Facts) -> str:
    day = wording.day(facts["on"])
    if facts["at"] is None:
        return day
    return _("%(day)s at %(time)s", day=day, time=facts["at"])


def _subject(facts: Facts) -> str:
    if _sessions(facts) > 1:
        return ngettext(
            "%(num)s session on %(day)s",
            "%(num)s sessions on %(day)s",
            _sessions(facts),
            day=wording.day(facts["on"]),
        )
    return _("%(formulation)s on %(when)s", formulation=facts["formulation"], when=_when(facts))


def _missing(line: Facts) -> str:
    amount = measure(Decimal(line["short"]), line)
    return _("%(item)s (%(amount)s)", item=_name(line), amount=amount)


def _name(line: Facts) -> str:
    """Return an item's name without what follows its comma ("…, ampoule")."""
    name: str = line["item"]
    return short_name(name)


def _short(facts: Facts, _today: dt.date) -> str:
    """Return what is missing, then what to do about the first of it."""
    lines: Sequence[Facts] = facts["short"]
    named = "; ".join(_missing(line) for line in lines[:NAMED])
    if len(lines) > NAMED:
        named = _("%(names)s and %(count)d more", names=named, count=len(lines) - NAMED)
    first = lines[0]
    advice = wording.helping(Help(HelpKind(first["help"]), first))
    if len(lines) > 1:
        advice = _("For %(item)s: %(advice)s", item=_name(first), advice=advice)
    return _("Missing: %(what)s. %(advice)s", what=named, advice=advice)


def _figures(facts: Facts, today: dt.date) -> tuple[str, str]:
    lines: Sequence[Facts] = facts["short"]
    if len(lines) == 1:
        return measure(Decimal(lines[0]["short"]), lines[0]), _short(facts, today)
    items = ngettext("%(num)s item", "%(num)s items", len(lines))
    return items, _short(facts, today)


def _day_values(facts: Facts) -> Mapping[str, Any]:
    return {"day": facts["on"]}


def _link(alert: Alert, clinic_code: str) -> Link:
    values = _day_values(alert.facts)
    return _("See the day"), url_for("today.ready", clinic_code=clinic_code, **values)


def _headline(count: int, clinic: str, names: str) -> str:
    return ngettext(
        "Supplies missing for a session at %(clinic)s: %(names)s",
        "Supplies missing for %(num)s sessions at %(clinic)s: %(names)s",
        count,
        clinic=clinic,
        names=names,
    )


register(
    Kind(
        word=AlertKind.SESSION_SHORT,
        rank=20,
        label=_l("Session short"),
        sentence=_short,
        figures=_figures,
        subject=_subject,
        counted=lambda count: ngettext(
            "%(num)s booked session lacks supplies", "%(num)s booked sessions lack supplies", count
        ),
        link=_link,
        grave=True,
        at_once=True,
        urgent=is_pressing,
        fold=by_day,
        lead=Lead(_headline, _l("See the day"), "today.ready", _day_values),
    )
)


@presents(AlertKind.SESSION_SHORT)
def show_short(
    alerts: Sequence[Alert], clinic: Clinic, now: dt.datetime
) -> dict[int, Shown | None]:
    """Return a row for each day; that of a lone session says whose it is, as no mail does."""
    today = local_date(now, clinic.timezone)
    days: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        days[alert.facts["on"]].append(alert)
    lone = [theirs[0].facts["session"] for theirs in days.values() if len(theirs) == 1]
    references = _references(lone) if lone else {}
    rows: dict[int, Shown | None] = dict.fromkeys((alert.id for alert in alerts), None)
    # The next day stands first, in whatever order its sessions were found to lack something.
    places = [theirs[0].id for theirs in days.values()]
    for place, day in zip(places, sorted(days), strict=True):
        rows[place] = _day_row(days[day], references, clinic, today)
    return rows


def _day_row(
    alerts: Sequence[Alert], references: Mapping[int, str], clinic: Clinic, today: dt.date
) -> Shown:
    [facts] = by_day([alert.facts for alert in alerts])
    row = shown(alerts[0], clinic, today)
    title, reference = _subject(facts), references.get(alerts[0].facts["session"])
    if reference:
        title = _("%(what)s, %(patient)s", what=title, patient=reference)
    also = [alert.id for alert in alerts[1:]]
    return replace(row, title=title, message=_short(facts, today), also=also)


def _references(session_ids: Sequence[int]) -> dict[int, str]:
    query = sa.select(TreatmentSession.id, TreatmentSession.patient_reference).where(
        TreatmentSession.id.in_(session_ids)
    )
    return {row.id: row.patient_reference for row in db.session.execute(query)}
