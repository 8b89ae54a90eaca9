"""What the sweep sees of counts: large differences that were posted and not counted again since."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.alerts.models import Alert
from supply.alerts.scope import Scope
from supply.alerts.settling import Finding
from supply.alerts.terms import AlertKind, AlertStatus
from supply.clock import local_date
from supply.counting.limits import limits_in, usual
from supply.counting.models import Count, CountLimits, CountLine
from supply.counting.rules import Limits, is_large
from supply.counting.terms import CountStatus
from supply.db import db, table, unindexed
from supply.inventory.models import Lot
from supply.items.models import Item, Location
from supply.quantity import as_text

COUNT, LINE = table(Count), table(CountLine)

TOLD_FOR: Final = dt.timedelta(days=60)
"""How long after a count is posted its differences are told of."""


def variance_findings(scope: Scope) -> Iterator[Finding]:
    """Yield lines of posted counts that differ by much, until they are counted again or seen to."""
    rows = db.session.execute(_differing(scope)).all()
    if not rows:
        return
    limits = _limits({row.clinic_id for row in rows})
    seen = _seen_to({row.clinic_id for row in rows}, scope.now)
    for row in rows:
        subject = f"count:{row.id}"
        large = is_large(row.difference, row.expected, row.value_minor, limits[row.clinic_id])
        if large and (row.clinic_id, subject) not in seen:
            yield Finding(
                row.clinic_id,
                AlertKind.COUNT_VARIANCE,
                subject,
                _facts(row),
                item_id=row.item_id,
                lot_id=row.lot_id,
            )


def _facts(row: Any) -> dict[str, Any]:
    return {
        "item": row.name,
        "code": row.code,
        "unit": row.unit.value,
        "container": row.container,
        "content": as_text(row.content_per_container),
        "lot": row.number,
        "location": row.location,
        "count": row.count_id,
        "difference": as_text(row.difference),
        "value": row.value_minor,
        "currency": row.currency,
        "counted_on": local_date(row.counted_at, row.timezone).isoformat(),
    }


def _differing(scope: Scope) -> sa.Select[*tuple[Any, ...]]:
    """Return the select of what differed in the counts posted lately and was not counted since."""
    later, later_count = sa.orm.aliased(CountLine), sa.orm.aliased(Count)
    again = (
        sa.exists()
        .where(later.lot_id == CountLine.lot_id, later.location_id == CountLine.location_id)
        .where(later.counted_at > CountLine.counted_at, later_count.id == later.count_id)
        .where(later_count.status == CountStatus.POSTED)
    )
    return (
        sa.select(
            CountLine.id,
            CountLine.count_id,
            CountLine.item_id,
            CountLine.lot_id,
            CountLine.difference,
            CountLine.expected,
            CountLine.value_minor,
            CountLine.counted_at,
            Count.clinic_id,
            Clinic.currency,
            Clinic.timezone,
            Item.name,
            Item.code,
            Item.unit,
            Item.container,
            Lot.number,
            Lot.content_per_container,
            Location.name.label("location"),
        )
        .select_from(CountLine)
        .join(Count, unindexed(Count.id) == CountLine.count_id)
        .join(Clinic, Clinic.id == Count.clinic_id)
        .join(Item, Item.id == CountLine.item_id)
        .join(Lot, Lot.id == CountLine.lot_id)
        .join(Location, Location.id == CountLine.location_id)
        .where(
            scope.limit(COUNT.c.clinic_id),
            scope.about(LINE.c.item_id),
            Count.status == CountStatus.POSTED,
            Count.begun_at > scope.now - 2 * TOLD_FOR,
            Count.ended_at > scope.now - TOLD_FOR,
            CountLine.difference != sa.literal_column("0"),
            ~again,
        )
    )


def _limits(clinic_ids: set[int]) -> dict[int, Limits]:
    clinics = db.session.execute(
        sa.select(Clinic.id, Clinic.currency).where(Clinic.id.in_(clinic_ids))
    )
    own = db.session.scalars(sa.select(CountLimits).where(CountLimits.clinic_id.in_(clinic_ids)))
    return {row.id: usual(row.currency) for row in clinics} | {
        row.clinic_id: limits_in(row) for row in own
    }


def _seen_to(clinic_ids: set[int], now: dt.datetime) -> set[tuple[int, str]]:
    """Return which differences somebody has acknowledged: nobody is told of them again."""
    query = sa.select(Alert.clinic_id, Alert.subject).where(
        Alert.clinic_id.in_(clinic_ids),
        Alert.kind == AlertKind.COUNT_VARIANCE,
        # No difference that is told of still was posted, and so warned of, longer ago.
        Alert.opened_at > now - 2 * TOLD_FOR,
        sa.or_(Alert.status == AlertStatus.ACKNOWLEDGED, Alert.was_seen_to),
    )
    return {(row.clinic_id, row.subject) for row in db.session.execute(query)}
