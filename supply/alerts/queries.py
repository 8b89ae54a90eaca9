"""Reading alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa

from supply.alerts.kinds import rank
from supply.alerts.models import Alert
from supply.alerts.terms import AlertKind, AlertStatus
from supply.db import db

PAGE = 200
"""Alerts one page shows."""


def unresolved() -> sa.ColumnElement[bool]:
    """Say that an alert is not resolved, in the words of the index that holds only those.

    Alerts of years lie behind the few that stand; a value bound later would not find the index.
    """
    return Alert.status != sa.literal_column("'resolved'")


def open_alerts(
    clinic_id: int,
    statuses: Collection[AlertStatus] = (AlertStatus.OPEN,),
    *,
    kind: AlertKind | None = None,
    limit: int = PAGE,
) -> list[Alert]:
    """Return a clinic's alerts in ``statuses``, the newest first."""
    query = (
        sa.select(Alert)
        .where(Alert.clinic_id == clinic_id, Alert.status.in_(statuses))
        .order_by(Alert.opened_at.desc(), Alert.id.desc())
        .limit(limit)
    )
    if AlertStatus.RESOLVED not in statuses:
        query = query.where(unresolved())
    if kind is not None:
        query = query.where(Alert.kind == kind)
    return list(db.session.scalars(query))


def by_urgency(alerts: Sequence[Alert]) -> list[Alert]:
    """Return ``alerts`` with the most urgent kind first, the oldest first within a kind."""
    return sorted(alerts, key=lambda a: (rank(a.kind), a.opened_at, a.id))


def alert_counts(clinic_id: int) -> Mapping[tuple[AlertStatus, AlertKind], int]:
    """Return how many unresolved alerts a clinic has, by status and kind."""
    query = (
        sa.select(Alert.status, Alert.kind, sa.func.count(Alert.id))
        .where(Alert.clinic_id == clinic_id, unresolved())
        .group_by(Alert.status, Alert.kind)
    )
    return {(status, kind): count for status, kind, count in db.session.execute(query)}
