"""What is wrong now against the alerts that stand: open, keep, refresh, wake, resolve."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from supply.alerts.models import Alert, AlertNotice
from supply.alerts.scope import Scope, chunks
from supply.alerts.terms import AlertKind, AlertStatus
from supply.db import db, table, upsert

ALERT = table(Alert)
NOTICE = table(AlertNotice)


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause for an alert. ``facts``: JSON values only, the same as long as the cause is."""

    clinic_id: int
    kind: AlertKind
    subject: str
    facts: dict[str, Any]
    item_id: int | None = None
    lot_id: int | None = None
    order_id: int | None = None

    @property
    def key(self) -> tuple[int, AlertKind, str]:
        """What there is one unresolved alert of."""
        return (self.clinic_id, self.kind, self.subject)


class Settled(NamedTuple):
    """How many alerts were opened, kept and resolved, by kind."""

    opened: Counter[AlertKind]
    kept: Counter[AlertKind]
    resolved: Counter[AlertKind]


def settle(scope: Scope, kinds: Collection[AlertKind], findings: Iterable[Finding]) -> Settled:
    """Make the unresolved alerts of ``kinds`` in ``scope`` exactly those of ``findings``.

    Runs in the caller's transaction. The unique index on unresolved alerts holds against
    whoever settles at the same time.
    """
    wanted = {finding.key: finding for finding in findings}
    known = {(row.clinic_id, row.kind, row.subject): row for row in _unresolved(scope, kinds)}
    opened = _open(scope, [found for key, found in wanted.items() if key not in known])
    resolved = _resolve(scope, [row for key, row in known.items() if key not in wanted])
    lasting = [(row, wanted[key]) for key, row in known.items() if key in wanted]
    _refresh([(row.id, found.facts) for row, found in lasting if row.facts != found.facts])
    _wake(scope, [row for row, _ in lasting])
    return Settled(Counter(opened), Counter(row.kind for row, _found in lasting), Counter(resolved))


def _unresolved(scope: Scope, kinds: Collection[AlertKind]) -> Sequence[Any]:
    query = sa.select(
        ALERT.c.id,
        ALERT.c.clinic_id,
        ALERT.c.kind,
        ALERT.c.subject,
        ALERT.c.facts,
        ALERT.c.snoozed_until,
    ).where(
        scope.limit(ALERT.c.clinic_id),
        ALERT.c.status != AlertStatus.RESOLVED,
        ALERT.c.kind.in_(kinds),
    )
    return db.session.execute(query).all()


def _open(scope: Scope, findings: Sequence[Finding]) -> list[AlertKind]:
    """Insert alerts; return the kinds of those that another sweep had not opened meanwhile."""
    if not findings:
        return []
    statement = (
        upsert(ALERT)
        .on_conflict_do_nothing(
            index_elements=["clinic_id", "kind", "subject"],
            index_where=sa.text("status <> 'resolved'"),
        )
        .returning(ALERT.c.kind)
    )
    rows = [
        {
            "clinic_id": found.clinic_id,
            "kind": found.kind,
            "subject": found.subject,
            "item_id": found.item_id,
            "lot_id": found.lot_id,
            "order_id": found.order_id,
            "status": AlertStatus.OPEN,
            "facts": found.facts,
            "opened_at": scope.now,
        }
        for found in sorted(findings, key=lambda found: found.key)
    ]
    return list(db.session.execute(statement, rows).scalars())


def _resolve(scope: Scope, rows: Sequence[Any]) -> list[AlertKind]:
    """Resolve alerts whose cause has ended; return their kinds."""
    resolved: list[AlertKind] = []
    for some in chunks(sorted(row.id for row in rows)):
        statement = (
            sa.update(ALERT)
            .where(ALERT.c.id.in_(some), ALERT.c.status != AlertStatus.RESOLVED)
            .values(status=AlertStatus.RESOLVED, resolved_at=scope.now, snoozed_until=None)
            .returning(ALERT.c.kind)
        )
        resolved += db.session.execute(statement).scalars()
    return resolved


def _refresh(changed: Sequence[tuple[int, dict[str, Any]]]) -> None:
    """Give lasting alerts their new figures."""
    if changed:
        statement = (
            sa.update(ALERT)
            .where(ALERT.c.id == sa.bindparam("alert"))
            .values(facts=sa.bindparam("figures", type_=sa.JSON))
        )
        rows = [{"alert": alert, "figures": facts} for alert, facts in sorted(changed, key=_first)]
        db.session.execute(statement, rows)


def _wake(scope: Scope, rows: Iterable[Any]) -> None:
    """Open snoozed alerts whose day has come, as if they were new: digests name them again."""
    ids = [row.id for row in rows if _slept_enough(scope, row)]
    for some in chunks(sorted(ids)):
        statement = (
            sa.update(ALERT)
            .where(ALERT.c.id.in_(some), ALERT.c.status == AlertStatus.SNOOZED)
            .values(status=AlertStatus.OPEN, snoozed_until=None)
        )
        db.session.execute(statement)
        db.session.execute(sa.delete(NOTICE).where(NOTICE.c.alert_id.in_(some)))


def _slept_enough(scope: Scope, row: Any) -> bool:
    until: dt.date | None = row.snoozed_until
    return until is not None and until <= scope.places[row.clinic_id].today


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]
