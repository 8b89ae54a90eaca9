"""Reading proposals and reorder points."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from supply.catalogue.models import Product
from supply.db import db
from supply.inventory import queries as inventory
from supply.items.models import ClinicItem, Item
from supply.ordering import queries as ordering
from supply.quantity import ZERO
from supply.replenishment.models import Policy, Proposal, ProposedTransfer
from supply.replenishment.rules import level_of


@dataclass(frozen=True, slots=True)
class ItemPolicy:
    """An item of a clinic's table of reorder points, with where it stands (base unit)."""

    item: Item
    policy: Policy | None
    on_hand: Decimal
    available: Decimal
    on_order: Decimal


def proposals(clinic_id: int) -> list[Proposal]:
    """Return what a clinic should order, by day to order and item, product and supplier loaded."""
    return list(db.session.scalars(_proposals(), {"clinic_id": clinic_id}))


@cache
def _proposals() -> sa.Select[Proposal]:
    return (
        sa.select(Proposal)
        .join(Proposal.item)
        .where(Proposal.clinic_id == sa.bindparam("clinic_id"))
        .options(
            joinedload(Proposal.item),
            joinedload(Proposal.product).joinedload(Product.supplier),
        )
        .order_by(Proposal.order_by, Item.name, Proposal.id)
    )


def proposed_transfers(clinic_id: int) -> list[ProposedTransfer]:
    """Return what a clinic should have brought over, by day, item, lot and the clinic loaded."""
    return list(
        db.session.scalars(
            sa.select(ProposedTransfer)
            .join(ProposedTransfer.item)
            .options(
                contains_eager(ProposedTransfer.item),
                joinedload(ProposedTransfer.lot),
                joinedload(ProposedTransfer.from_clinic),
            )
            .where(ProposedTransfer.clinic_id == clinic_id)
            .order_by(ProposedTransfer.by, Item.name, ProposedTransfer.id)
        )
    )


def service_level(clinic_id: int, item_id: int) -> float:
    """Return how sure a clinic wants to be of not running out of an item: a share."""
    thousandths = db.session.scalar(
        sa.select(Policy.service_level_thousandths).where(
            Policy.clinic_id == clinic_id, Policy.item_id == item_id
        )
    )
    return level_of(thousandths)


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
