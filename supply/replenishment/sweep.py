"""The sweep: what is wrong now against the alerts that are open, for every clinic at once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from supply.accounts.depots import no_depot
from supply.accounts.models import Clinic
from supply.alerts.scope import Scope, chunks, read_scope
from supply.alerts.settling import settle
from supply.alerts.terms import AlertKind, TroubledJob
from supply.alerts.troubles import note_troubles
from supply.apart import apart
from supply.coldchain.raising import excursion_findings
from supply.counting.planning import classify
from supply.counting.raising import variance_findings
from supply.db import db, table, upsert
from supply.need.lead_times import note_lead_times
from supply.need.use import sum_up, take_turns
from supply.recalls.raising import recall_findings
from supply.replenishment.emptied import emptied_findings
from supply.replenishment.findings import (
    container_findings,
    lot_findings,
    order_findings,
    transfer_findings,
)
from supply.replenishment.foreseen import foresee_items
from supply.replenishment.models import Proposal
from supply.replenishment.reordering import Proposed, item_findings
from supply.replenishment.rescuing import rewrite_transfers
from supply.replenishment.shortfalls import session_findings

CLINIC = table(Clinic)
PROPOSAL = table(Proposal)

OF_CLINICS = (
    AlertKind.RECALL,
    AlertKind.SESSION_SHORT,
    AlertKind.COLD_CHAIN,
    AlertKind.DELIVERY_OVERDUE,
)
"""Kinds that are about more than one item: judged for a clinic as a whole."""

OF_ITEMS = (
    AlertKind.ORDER_NOW,
    AlertKind.OUT_OF_STOCK,
    AlertKind.EXPIRING,
    AlertKind.EXPIRED,
    AlertKind.OPEN_PAST_TIME,
    AlertKind.COUNT_VARIANCE,
)
"""Kinds that are about one item, and judged for those that changed."""

SWEPT = (*OF_CLINICS, *OF_ITEMS)
"""Kinds whose cause the sweep itself can see, and so open and resolve."""


@dataclass(frozen=True, slots=True)
class SweepCounts:
    """How many alerts one sweep opened, kept and resolved, by kind."""

    opened: Counter[AlertKind] = field(default_factory=Counter)
    kept: Counter[AlertKind] = field(default_factory=Counter)
    resolved: Counter[AlertKind] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)
    """Clinics (by id) that could not be swept, and why."""

    def and_(self, other: SweepCounts) -> SweepCounts:
        """Return the counts of two sweeps together."""
        return SweepCounts(
            self.opened + other.opened,
            self.kept + other.kept,
            self.resolved + other.resolved,
            self.failed | other.failed,
        )

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


def sweep(
    now: dt.datetime,
    clinic_ids: Collection[int] | None = None,
    item_ids: Collection[int] | None = None,
) -> SweepCounts:
    """Open, keep and resolve alerts and rewrite proposals for ``clinic_ids`` (None: all).

    ``item_ids``: where only these items have changed there; what hangs on one item is then judged
    for them alone, sessions and deliveries for the clinics as ever.

    Runs in the caller's transaction, in a fixed number of set-based statements. A clinic for
    which that fails is left as it was, named in the counts and shown to its people; the others
    are swept.

    Sweeps take turns, so that one never judges by figures older than the alerts another has
    written.
    """
    take_turns()
    sum_up(now)
    if clinic_ids is None:
        note_lead_times(now)
    wanted = sa.select(CLINIC.c.id).where(no_depot(CLINIC.c.id)).order_by(CLINIC.c.id)
    if clinic_ids is not None:
        wanted = wanted.where(CLINIC.c.id.in_(clinic_ids))
    ids = db.session.scalars(wanted).all()
    everywhere = len(ids) if clinic_ids is None else None
    done, failed = apart(
        ids,
        lambda some: _sweep_together(now, None if len(some) == everywhere else some, item_ids),
    )
    note_troubles(TroubledJob.SWEEP, ids, failed, now)
    counts = SweepCounts(failed=failed)
    for one in done:
        counts = counts.and_(one)
    return counts


def _sweep_together(
    now: dt.datetime, clinic_ids: Collection[int] | None, item_ids: Collection[int] | None
) -> SweepCounts:
    scope = read_scope(now, clinic_ids, item_ids)
    if not scope.places:
        return SweepCounts()
    fixed, foreseen = item_findings(scope), foresee_items(scope)
    low = [*fixed.findings, *foreseen.findings]
    proposals = [*fixed.proposals, *foreseen.proposals]
    rewrite_transfers(scope, foreseen.transfers)
    findings = [
        *low,
        *emptied_findings(scope, [*fixed.emptied, *foreseen.emptied], low, proposals),
        *lot_findings(scope),
        *container_findings(scope),
        *variance_findings(scope),
    ]
    classify(scope)
    _rewrite_proposals(scope, proposals)
    of_clinics = [
        *order_findings(scope),
        *transfer_findings(scope),
        *session_findings(scope),
        *excursion_findings(scope),
        *recall_findings(scope),
    ]
    if scope.items is None:
        return SweepCounts(*settle(scope, SWEPT, [*findings, *of_clinics]))
    of_items = SweepCounts(*settle(scope, OF_ITEMS, findings))
    return of_items.and_(SweepCounts(*settle(replace(scope, items=None), OF_CLINICS, of_clinics)))


def _rewrite_proposals(scope: Scope, proposals: Sequence[Proposed]) -> None:
    """Make the proposals of these clinics exactly ``proposals``, touching changed rows only."""
    wanted = {(p.clinic_id, p.item_id): _proposal_row(p) for p in proposals}
    query = sa.select(PROPOSAL).where(
        scope.limit(PROPOSAL.c.clinic_id), scope.about(PROPOSAL.c.item_id)
    )
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


def _proposal_row(proposed: Proposed) -> dict[str, Any]:
    return {
        "clinic_id": proposed.clinic_id,
        "item_id": proposed.item_id,
        "product_id": proposed.choice.product_id,
        "packs": proposed.choice.packs,
        "order_by": proposed.order_by,
        "facts": proposed.facts,
    }


def _same(present: Any | None, wanted: dict[str, Any]) -> bool:
    if present is None:
        return False
    return all(present._mapping[name] == value for name, value in wanted.items())
