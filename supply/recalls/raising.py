"""The alerts that recalls are: one to each clinic, until it has answered and nothing is left."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.alerts.scope import Scope, read_scope
from supply.alerts.settling import Finding, settle
from supply.alerts.terms import AlertKind
from supply.db import db
from supply.recalls.figures import Row, rows_of
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.reaching import meant_by
from supply.recalls.terms import RecallStatus


def raise_alerts(practice_ids: Collection[int], now: dt.datetime) -> None:
    """Make the recall alerts of practices' clinics those of their open recalls."""
    clinics = db.session.scalars(sa.select(Clinic.id).where(Clinic.practice_id.in_(practice_ids)))
    scope = read_scope(now, clinics.all())
    if scope.places:
        settle(scope, [AlertKind.RECALL], recall_findings(scope))


def recall_findings(scope: Scope) -> Iterator[Finding]:
    """Yield the recalls about which a clinic has something to do."""
    for recall, practices in _open_recalls(scope).items():
        rows: dict[int, list[Row]] = defaultdict(list)
        for row in rows_of(recall.id, meant_by(recall), list(practices)):
            rows[row.clinic_id].append(row)
        having = {row.practice_id for some in rows.values() for row in some}
        facts = _facts(recall)
        for place in scope.places.values():
            here = practices.get(place.practice_id)
            if here is None:
                continue
            left = sum(1 for row in rows[place.id] if row.unaccounted and not recall.is_drill)
            concerned = bool(rows[place.id]) or place.practice_id not in having
            waits = here.acknowledged_at is None and concerned
            if left or waits:
                more = {"acknowledged": here.acknowledged_at is not None, "left": left}
                yield Finding(place.id, AlertKind.RECALL, f"recall:{recall.id}", facts | more)


def _open_recalls(scope: Scope) -> dict[Recall, dict[int, RecallPractice]]:
    query = (
        sa.select(Recall, RecallPractice)
        .join(RecallPractice, RecallPractice.recall_id == Recall.id)
        .where(
            Recall.status == RecallStatus.OPEN,
            RecallPractice.reached_at.is_not(None),
            RecallPractice.depot_of_id.is_(None),
        )
        .options(sa.orm.selectinload(Recall.products), sa.orm.selectinload(Recall.lots))
        .order_by(Recall.id)
    )
    if not scope.everywhere:
        practices = {place.practice_id for place in scope.places.values()}
        query = query.where(RecallPractice.practice_id.in_(practices))
    found: dict[Recall, dict[int, RecallPractice]] = defaultdict(dict)
    for recall, row in db.session.execute(query):
        found[recall][row.practice_id] = row
    return found


def _facts(recall: Recall) -> dict[str, object]:
    return {
        "recall": recall.id,
        "class": recall.recall_class.value,
        "drill": recall.is_drill,
        "product": ", ".join(product.name for product in recall.products)[:300],
        "lots": [lot.number for lot in recall.lots][:20],
    }
