"""Reading alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.alerts.kinds import kind_of, rank
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
    assigned_to: int | None = None,
    limit: int = PAGE,
) -> list[Alert]:
    """Return a clinic's alerts in ``statuses``, the newest first, with who is to see to them."""
    query = _open_alerts(
        standing=AlertStatus.RESOLVED not in statuses,
        of_kind=kind is not None,
        of_person=assigned_to is not None,
    )
    asked = {
        "clinic_id": clinic_id,
        "statuses": list(statuses),
        "most": limit,
        "kind": kind,
        "person_id": assigned_to,
    }
    return list(db.session.scalars(query, asked))


@cache
def _open_alerts(*, standing: bool, of_kind: bool, of_person: bool) -> sa.Select[Alert]:
    query = (
        sa.select(Alert)
        .options(joinedload(Alert.assigned_to))
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
    if of_person:
        query = query.where(Alert.assigned_to_id == sa.bindparam("person_id"))
    return query


def ends_when_seen(clinic_id: int, alert_id: int) -> bool:
    """Return whether an alert of the clinic is over once somebody has seen to it."""
    query = sa.select(Alert.kind).where(Alert.id == alert_id, Alert.clinic_id == clinic_id)
    word = db.session.scalar(query)
    return word is not None and kind_of(word).ends_when_seen


def by_urgency(alerts: Sequence[Alert]) -> list[Alert]:
    """Return ``alerts`` with the most urgent kind first, the oldest first within a kind."""
    return sorted(alerts, key=lambda a: (rank(a.kind), a.opened_at, a.id))


Counts = Mapping[tuple[AlertStatus, AlertKind, int | None], int]
"""How many alerts there are, by status, kind and the person who is to see to them."""


def alert_counts(clinic_id: int) -> Counts:
    """Return how many unresolved alerts a clinic has."""
    rows = db.session.execute(_alert_counts(), {"clinic_id": clinic_id})
    return {(status, kind, person_id): number for status, kind, person_id, number in rows}


@cache
def _alert_counts() -> sa.Select[AlertStatus, AlertKind, int | None, int]:
    return (
        sa.select(
            Alert.status,
            Alert.kind,
            Alert.assigned_to_id,
            sa.func.count(Alert.id),
        )
        .where(Alert.clinic_id == sa.bindparam("clinic_id"), unresolved())
        .group_by(Alert.status, Alert.kind, Alert.assigned_to_id)
    )
