"""What is wrong now against the alerts that stand: open, take up again, keep, wake, resolve."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from supply.alerts.at_once import tell_at_once
from supply.alerts.kinds import kind_of
from supply.alerts.models import Alert, AlertNotice
from supply.alerts.scope import Scope, chunks
from supply.alerts.summary import Line
from supply.alerts.terms import AlertKind, AlertStatus
from supply.db import db, table, upsert

ALERT = table(Alert)
NOTICE = table(AlertNotice)

HOVERS = dt.timedelta(hours=36)
"""For how long a cause that ended and came back is the same one, of which nobody is told again.

Stock is used by day and comes in on the next, and mails go by the morning: what hovers at an edge
does so from one morning to the next, and a late sweep must not make it news. Two days apart it is.
"""


Key = tuple[int, AlertKind, str]
"""A clinic, a kind and a subject: what there is one unresolved alert of."""


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
    def key(self) -> Key:
        """What there is one unresolved alert of."""
        return (self.clinic_id, self.kind, self.subject)


class Settled(NamedTuple):
    """How many alerts were opened, kept and resolved, by kind."""

    opened: Counter[AlertKind]
    kept: Counter[AlertKind]
    resolved: Counter[AlertKind]


def settle(scope: Scope, kinds: Collection[AlertKind], findings: Iterable[Finding]) -> Settled:
    """Make the unresolved alerts of ``kinds`` in ``scope`` exactly those of ``findings``.

    What comes back within :data:`HOVERS` is the alert it was, and nobody is told again. Of a kind
    that is told at once, mails are queued for what is new, and what can wait no longer. Runs in
    the caller's transaction. The unique index on unresolved alerts holds against whoever settles
    at the same time.
    """
    wanted = {finding.key: finding for finding in findings}
    known = {_key(row): row for row in _unresolved(scope, kinds)}
    missing = [found for key, found in wanted.items() if key not in known]
    lasting = [(row, wanted[key]) for key, row in known.items() if key in wanted]
    back = _resume(scope, kinds, missing)
    opened = _open(scope, [found for found in missing if found.key not in back])
    pressing = [
        _line(row, found) for row, found in (*lasting, *back.values()) if _presses(row, found)
    ]
    tell_at_once([*opened, *pressing], scope.now)
    resolved = _resolve(scope, [row for key, row in known.items() if key not in wanted])
    _refresh([(row.id, found) for row, found in lasting if _differs(row, found)])
    _wake(scope, [row for row, _ in lasting])
    return Settled(
        Counter([*(line.kind for line in opened), *(kind for _clinic, kind, _what in back)]),
        Counter(row.kind for row, _found in lasting),
        Counter(resolved),
    )


def _key(row: Any) -> Key:
    return (row.clinic_id, row.kind, row.subject)


def _presses(row: Any, found: Finding) -> bool:
    """Return whether what could wait for the morning can wait no longer."""
    kind = kind_of(found.kind)
    return kind.at_once and kind.urgent(found.facts) and not kind.urgent(row.facts)


def _line(row: Any, found: Finding) -> Line:
    return Line(row.id, found.kind, found.item_id, found.facts, found.clinic_id)


def _unresolved(scope: Scope, kinds: Collection[AlertKind]) -> Sequence[Any]:
    query = sa.select(
        ALERT.c.id,
        ALERT.c.clinic_id,
        ALERT.c.kind,
        ALERT.c.subject,
        ALERT.c.item_id,
        ALERT.c.facts,
        ALERT.c.snoozed_until,
    ).where(
        scope.limit(ALERT.c.clinic_id),
        scope.about(ALERT.c.item_id),
        ALERT.c.status != AlertStatus.RESOLVED,
        ALERT.c.kind.in_(kinds),
    )
    return db.session.execute(query).all()


def _resume(
    scope: Scope, kinds: Collection[AlertKind], findings: Sequence[Finding]
) -> dict[Key, tuple[Any, Finding]]:
    """Take up again the alerts that ended a moment ago and are back; return them by key.

    Who had seen to one has still. What is about another item now is another matter.
    """
    ended = {_key(row): row for row in _just_ended(scope, kinds)} if findings else {}
    back = [
        (row, found)
        for found in findings
        if (row := ended.get(found.key)) is not None and row.item_id == found.item_id
    ]
    if not back:
        return {}
    statement = (
        sa.update(ALERT)
        .where(ALERT.c.id == sa.bindparam("alert"), ALERT.c.status == AlertStatus.RESOLVED)
        .values(
            status=sa.bindparam("stands"),
            resolved_at=None,
            facts=sa.bindparam("figures", type_=sa.JSON),
        )
    )
    rows = [
        {
            "alert": row.id,
            "stands": AlertStatus.ACKNOWLEDGED if row.was_seen_to else AlertStatus.OPEN,
            "figures": found.facts,
        }
        for row, found in back
    ]
    db.session.execute(statement, sorted(rows, key=_alert))
    return {found.key: (row, found) for row, found in back}


def _just_ended(scope: Scope, kinds: Collection[AlertKind]) -> Sequence[Any]:
    """Return the alerts whose cause ended within the time in which it may hover, oldest first."""
    query = sa.select(
        ALERT.c.id,
        ALERT.c.clinic_id,
        ALERT.c.kind,
        ALERT.c.subject,
        ALERT.c.item_id,
        ALERT.c.facts,
        ALERT.c.was_seen_to,
    ).where(
        scope.limit(ALERT.c.clinic_id),
        scope.about(ALERT.c.item_id),
        ALERT.c.resolved_at > scope.now - HOVERS,
        ALERT.c.kind.in_(kinds),
    )
    return db.session.execute(query.order_by(ALERT.c.resolved_at, ALERT.c.id)).all()


def _open(scope: Scope, findings: Sequence[Finding]) -> list[Line]:
    """Insert alerts; return those that another sweep had not opened meanwhile."""
    if not findings:
        return []
    statement = (
        upsert(ALERT)
        .on_conflict_do_nothing(
            index_elements=["clinic_id", "kind", "subject"],
            index_where=sa.text("status <> 'resolved'"),
        )
        .returning(ALERT.c.id, ALERT.c.kind, ALERT.c.item_id, ALERT.c.facts, ALERT.c.clinic_id)
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
    return [Line(*row) for row in db.session.execute(statement, rows)]


def _resolve(scope: Scope, rows: Sequence[Any]) -> list[AlertKind]:
    """Resolve alerts whose cause has ended; return their kinds."""
    resolved: list[AlertKind] = []
    for some in chunks(sorted(row.id for row in rows)):
        statement = (
            sa.update(ALERT)
            .where(ALERT.c.id.in_(some), ALERT.c.status != AlertStatus.RESOLVED)
            .values(
                status=AlertStatus.RESOLVED,
                resolved_at=scope.now,
                snoozed_until=None,
                was_seen_to=ALERT.c.status == AlertStatus.ACKNOWLEDGED,
            )
            .returning(ALERT.c.kind)
        )
        resolved += db.session.execute(statement).scalars()
    return resolved


def _differs(row: Any, found: Finding) -> bool:
    return bool(row.facts != found.facts or row.item_id != found.item_id)


def _refresh(changed: Sequence[tuple[int, Finding]]) -> None:
    """Give lasting alerts their new figures, and the item they are about now."""
    if changed:
        statement = (
            sa.update(ALERT)
            .where(ALERT.c.id == sa.bindparam("alert"))
            .values(facts=sa.bindparam("figures", type_=sa.JSON), item_id=sa.bindparam("about"))
        )
        rows = [
            {"alert": alert, "figures": found.facts, "about": found.item_id}
            for alert, found in changed
        ]
        db.session.execute(statement, sorted(rows, key=_alert))


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


def _alert(row: Mapping[str, Any]) -> int:
    alert: int = row["alert"]
    return alert
