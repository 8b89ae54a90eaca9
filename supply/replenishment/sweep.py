"""The sweep: what is wrong now against the alerts that are open, for every clinic at once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from supply.db import db, table, upsert
from supply.replenishment.findings import (
    Finding,
    container_findings,
    lot_findings,
    order_findings,
)
from supply.replenishment.models import Alert, AlertNotice, Proposal
from supply.replenishment.reordering import Proposed, item_findings
from supply.replenishment.scope import Scope, chunks, read_scope
from supply.replenishment.terms import AlertKind, AlertStatus

ALERT = table(Alert)
NOTICE = table(AlertNotice)
PROPOSAL = table(Proposal)

SWEEP_LOCK = 0x5357454550
"""The advisory lock that sweeps take turns by."""

SWEPT = (
    AlertKind.ORDER_NOW,
    AlertKind.OUT_OF_STOCK,
    AlertKind.EXPIRING,
    AlertKind.EXPIRED,
    AlertKind.OPEN_PAST_TIME,
    AlertKind.DELIVERY_OVERDUE,
)
"""Kinds whose cause the sweep itself can see, and so open and resolve."""


@dataclass(frozen=True, slots=True)
class SweepCounts:
    """How many alerts one sweep opened, kept and resolved, by kind."""

    opened: Counter[AlertKind] = field(default_factory=Counter)
    kept: Counter[AlertKind] = field(default_factory=Counter)
    resolved: Counter[AlertKind] = field(default_factory=Counter)

    @property
    def changed(self) -> bool:
        """Whether any alert was opened or resolved."""
        return bool(self.opened.total() or self.resolved.total())

    def as_json(self) -> dict[str, dict[str, int]]:
        """Return ``{"order_now": {"opened": 1, "kept": 0, "resolved": 0}, …}``."""
        return {
            kind.value: {
                "opened": self.opened[kind],
                "kept": self.kept[kind],
                "resolved": self.resolved[kind],
            }
            for kind in SWEPT
        }


def sweep(now: dt.datetime, clinic_ids: Collection[int] | None = None) -> SweepCounts:
    """Open, keep and resolve alerts and rewrite proposals for ``clinic_ids`` (None: all).

    Runs in the caller's transaction, in a fixed number of set-based statements. Sweeps take
    turns, so that one never judges by figures older than the alerts another has written; the
    unique index on unresolved alerts holds against any other writer.
    """
    _take_turns()
    scope = read_scope(now, clinic_ids)
    if not scope.places:
        return SweepCounts()
    findings, proposals = item_findings(scope)
    findings += [*lot_findings(scope), *container_findings(scope), *order_findings(scope)]
    _rewrite_proposals(scope, proposals)
    return _settle(scope, {finding.key: finding for finding in findings})


def _take_turns() -> None:
    """Wait for a running sweep to commit; on SQLite the write transaction has seen to it."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(SWEEP_LOCK)))


def _settle(scope: Scope, findings: dict[tuple[int, AlertKind, str], Finding]) -> SweepCounts:
    counts = SweepCounts()
    known = {(row.clinic_id, row.kind, row.subject): row for row in _unresolved(scope)}
    counts.opened.update(_open(scope, [f for k, f in findings.items() if k not in known]))
    counts.kept.update(kind for _, kind, _ in known.keys() & findings.keys())
    gone = [row for key, row in known.items() if key not in findings]
    counts.resolved.update(_resolve(scope, gone))
    lasting = [(row, findings[key]) for key, row in known.items() if key in findings]
    _refresh([(row.id, found.facts) for row, found in lasting if row.facts != found.facts])
    _wake(scope, [row for row, _ in lasting])
    return counts


def _unresolved(scope: Scope) -> Sequence[Any]:
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
        ALERT.c.kind.in_(SWEPT),
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


def _rewrite_proposals(scope: Scope, proposals: Sequence[Proposed]) -> None:
    """Make the proposals of these clinics exactly ``proposals``, touching changed rows only."""
    wanted = {(p.clinic_id, p.item_id): _proposal_row(scope, p) for p in proposals}
    query = sa.select(PROPOSAL).where(scope.limit(PROPOSAL.c.clinic_id))
    present = {(row.clinic_id, row.item_id): row for row in db.session.execute(query)}
    for some in chunks(sorted(row.id for key, row in present.items() if key not in wanted)):
        db.session.execute(sa.delete(PROPOSAL).where(PROPOSAL.c.id.in_(some)))
    changed = [row for key, row in sorted(wanted.items()) if not _same(present.get(key), row)]
    if changed:
        statement = upsert(PROPOSAL)
        statement = statement.on_conflict_do_update(
            index_elements=["clinic_id", "item_id"],
            set_={
                name: statement.excluded[name]
                for name in ("product_id", "packs", "order_by", "facts")
            },
        )
        db.session.execute(statement, changed)


def _proposal_row(scope: Scope, proposed: Proposed) -> dict[str, Any]:
    return {
        "clinic_id": proposed.clinic_id,
        "item_id": proposed.item_id,
        "product_id": proposed.choice.product_id,
        "packs": proposed.choice.packs,
        # With a fixed reorder point, the day to order is the day it is reached.
        "order_by": scope.places[proposed.clinic_id].today,
        "facts": proposed.facts,
    }


def _same(present: Any | None, wanted: dict[str, Any]) -> bool:
    if present is None:
        return False
    return all(present._mapping[name] == value for name, value in wanted.items())


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]
