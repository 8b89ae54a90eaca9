"""Booked sessions whose supplies are not there: found for every clinic of a sweep at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from supply.alerts.scope import Scope
from supply.alerts.settling import Finding
from supply.alerts.terms import AlertKind
from supply.diary.readiness import Days, Readiness, readiness_at
from supply.replenishment.helping import Help, help_at

DAYS_AHEAD = 14
"""How many days of a diary are looked at, today with them."""

TOGETHER = 200
"""Clinics whose diaries are read at once: what they have booked has to fit into memory."""


def session_findings(scope: Scope) -> Iterator[Finding]:
    """Yield the booked sessions that fall short, each with what it lacks and what helps.

    In a fixed number of statements for every 200 clinics, whatever is booked there.
    """
    places = list(scope.places.values())
    for start in range(0, len(places), TOGETHER):
        asked = {
            place.id: Days(place.timezone, place.today, place.today, _last(place.today))
            for place in places[start : start + TOGETHER]
        }
        sessions = readiness_at(asked, now=scope.now)
        ways = help_at(sessions, now=scope.now)
        for clinic_id, theirs in sessions.items():
            for one in theirs:
                if not one.ready:
                    yield _finding(clinic_id, one, ways)


def _last(today: dt.date) -> dt.date:
    return today + dt.timedelta(days=DAYS_AHEAD - 1)


def _finding(clinic_id: int, one: Readiness, ways: Mapping[tuple[int, int], Help]) -> Finding:
    session = one.session
    helps = [ways[session.session_id, line.item.id] for line in one.short]
    facts: dict[str, Any] = {
        "session": session.session_id,
        "formulation": session.name,
        "on": session.day.isoformat(),
        "at": session.time.strftime("%H:%M") if session.time else None,
        "short": [{"help": way.kind.value, **way.facts} for way in helps],
    }
    return Finding(
        clinic_id,
        AlertKind.SESSION_SHORT,
        f"session:{session.session_id}",
        facts,
        item_id=one.short[0].item.id,
    )
