"""Reading alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

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
    query = _open_alerts(standing=AlertStatus.RESOLVED not in statuses, of_kind=kind is not None)
    asked = {"clinic_id": clinic_id, "statuses": list(statuses), "most": limit, "kind": kind}
    return list(db.session.scalars(query, asked))


@cache
def _open_alerts(*, standing: bool, of_kind: bool) -> sa.Select[Alert]:
    query = (
        sa.select(Alert)
        .where(
            Alert.clinic_id == sa.bindparam("clinic_id"),
            Alert.status.in_(sa.bindparam("statuses", expanding=True)),
        )
        .order_by(Alert.opened_at.desc(), Alert.id.desc())
        .limit(sa.bindparam("most", type_=sa.Integer))
    )
    if standing:
        query = query.where(unresolved())
    if of_kind:
        query = query.where(Alert.kind == sa.bindparam("kind"))
    return query


def by_urgency(alerts: Sequence[Alert]) -> list[Alert]:
    """Return ``alerts`` with the most urgent kind first, the oldest first within a kind."""
    return sorted(alerts, key=lambda a: (rank(a.kind), a.opened_at, a.id))


def alert_counts(clinic_id: int) -> Mapping[tuple[AlertStatus, AlertKind], int]:
    """Return how many unresolved alerts a clinic has, by status and kind."""
    rows = db.session.execute(_alert_counts(), {"clinic_id": clinic_id})
    return {(status, kind): count for status, kind, count in rows}


@cache
def _alert_counts() -> sa.Select[AlertStatus, AlertKind, int]:
    return (
        sa.select(Alert.status, Alert.kind, sa.func.count(Alert.id))
        .where(Alert.clinic_id == sa.bindparam("clinic_id"), unresolved())
        .group_by(Alert.status, Alert.kind)
    )
