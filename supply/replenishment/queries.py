"""Reading alerts, proposals and reorder points."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.catalogue.models import Product
from supply.db import db
from supply.inventory import queries as inventory
from supply.inventory.models import ClinicItem, Item
from supply.ordering import queries as ordering
from supply.quantity import ZERO
from supply.replenishment.models import Alert, Policy, Proposal
from supply.replenishment.terms import AlertKind, AlertStatus

UNRESOLVED = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.SNOOZED)

URGENCY = (
    AlertKind.RECALL,
    AlertKind.SESSION_SHORT,
    AlertKind.OUT_OF_STOCK,
    AlertKind.ORDER_NOW,
    AlertKind.COLD_CHAIN,
    AlertKind.OPEN_PAST_TIME,
    AlertKind.EXPIRED,
    AlertKind.EXPIRING,
    AlertKind.DELIVERY_OVERDUE,
    AlertKind.COUNT_VARIANCE,
)
"""Kinds of alert, the most urgent first."""

PAGE = 200
"""Alerts one page shows."""


@dataclass(frozen=True, slots=True)
class ItemPolicy:
    """An item of a clinic's table of reorder points, with where it stands (base unit)."""

    item: Item
    policy: Policy | None
    on_hand: Decimal
    available: Decimal
    on_order: Decimal


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
    """Return a clinic's alerts in ``statuses``, the newest first, with item and lot loaded."""
    query = (
        sa.select(Alert)
        .where(Alert.clinic_id == clinic_id, Alert.status.in_(statuses), unresolved())
        .options(joinedload(Alert.item), joinedload(Alert.lot))
        .order_by(Alert.opened_at.desc(), Alert.id.desc())
        .limit(limit)
    )
    if kind is not None:
        query = query.where(Alert.kind == kind)
    return list(db.session.scalars(query))


def by_urgency(alerts: Sequence[Alert]) -> list[Alert]:
    """Return ``alerts`` with the most urgent kind first, the oldest first within a kind."""
    return sorted(alerts, key=lambda a: (URGENCY.index(a.kind), a.opened_at, a.id))


def alert_counts(clinic_id: int) -> Mapping[tuple[AlertStatus, AlertKind], int]:
    """Return how many unresolved alerts a clinic has, by status and kind."""
    query = (
        sa.select(Alert.status, Alert.kind, sa.func.count(Alert.id))
        .where(Alert.clinic_id == clinic_id, unresolved())
        .group_by(Alert.status, Alert.kind)
    )
    return {(status, kind): count for status, kind, count in db.session.execute(query)}


def proposals(clinic_id: int) -> list[Proposal]:
    """Return what a clinic should order, by day to order and item, product and supplier loaded."""
    query = (
        sa.select(Proposal)
        .join(Proposal.item)
        .where(Proposal.clinic_id == clinic_id)
        .options(
            joinedload(Proposal.item),
            joinedload(Proposal.product).joinedload(Product.supplier),
        )
        .order_by(Proposal.order_by, Item.name, Proposal.id)
    )
    return list(db.session.scalars(query))


def item_policies(clinic_id: int, *, now: dt.datetime) -> list[ItemPolicy]:
    """Return every item a clinic has stocked or has a reorder point for, by name."""
    policies = {
        policy.item_id: policy
        for policy in db.session.scalars(sa.select(Policy).where(Policy.clinic_id == clinic_id))
    }
    stocked = sa.select(ClinicItem.item_id).where(ClinicItem.clinic_id == clinic_id)
    items = db.session.scalars(
        sa.select(Item)
        .where(
            Item.archived_at.is_(None), sa.or_(Item.id.in_(stocked), Item.id.in_(list(policies)))
        )
        .order_by(Item.name, Item.id)
    )
    levels = inventory.levels([clinic_id], None, now=now)
    coming = ordering.on_order([clinic_id], None)
    return [_standing(item, policies.get(item.id), clinic_id, levels, coming) for item in items]


def _standing(
    item: Item,
    policy: Policy | None,
    clinic_id: int,
    levels: Mapping[tuple[int, int], inventory.Level],
    coming: Mapping[tuple[int, int], Decimal],
) -> ItemPolicy:
    level = levels.get((clinic_id, item.id))
    return ItemPolicy(
        item,
        policy,
        level.on_hand if level else ZERO,
        level.available if level else ZERO,
        coming.get((clinic_id, item.id), ZERO),
    )
