"""The alerts that excursions are: one each, until what was there is decided on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa

from supply.alerts.scope import Scope, read_scope
from supply.alerts.settling import Finding, settle
from supply.alerts.terms import AlertKind
from supply.coldchain.models import ColdExcursion
from supply.db import db
from supply.inventory.models import Hold
from supply.inventory.terms import HoldSource
from supply.items.models import Location


def raise_alerts(clinic_id: int, now: dt.datetime) -> None:
    """Make a clinic's cold-chain alerts those of its open excursions."""
    scope = read_scope(now, [clinic_id])
    if scope.places:
        settle(scope, [AlertKind.COLD_CHAIN], excursion_findings(scope))


def excursion_findings(scope: Scope) -> Iterator[Finding]:
    """Yield the excursions on which something is still to be decided."""
    held = (
        sa.select(sa.func.count(Hold.id))
        .where(
            Hold.source == HoldSource.COLD_CHAIN,
            Hold.source_id == ColdExcursion.id,
            Hold.released_at.is_(None),
        )
        .correlate(ColdExcursion)
        .scalar_subquery()
    )
    query = (
        sa.select(ColdExcursion, Location.name.label("place"), held.label("held"))
        .join(Location, Location.id == ColdExcursion.location_id)
        .where(
            scope.limit(ColdExcursion.__table__.c.clinic_id),
            ColdExcursion.closed_at.is_(None),
            ColdExcursion.withdrawn_at.is_(None),
        )
        .order_by(ColdExcursion.id)
    )
    for row, place, count in db.session.execute(query):
        yield _finding(row, place, count)


def _finding(row: ColdExcursion, place: str, held: int) -> Finding:
    return Finding(
        row.clinic_id,
        AlertKind.COLD_CHAIN,
        f"excursion:{row.id}",
        {
            "excursion": row.id,
            "location": place,
            "side": row.side.value,
            "low": row.low,
            "high": row.high,
            "minutes": row.minutes,
            "froze": row.froze,
            "on": row.ended_at is None,
            "held": held,
            "answered": row.answered_at is not None,
        },
    )
