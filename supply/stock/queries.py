"""Reading what the pages of stock show beside the shelves: targets, products, what arrives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from supply import clock
from supply.accounts.models import Clinic
from supply.catalogue.models import Product
from supply.catalogue.successors import replacements
from supply.db import AnyRow, db, unindexed
from supply.formulations.models import Formulation, FormulationLine, FormulationVersion
from supply.inventory.queries import Level, levels
from supply.items.models import ClinicItem, Item, ItemProduct
from supply.need.models import LearnedUse
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.outstanding import due_on
from supply.ordering.terms import OPEN_STAGES
from supply.replenishment.models import Policy, Proposal
from supply.replenishment.terms import Method
from supply.stock.overview import StockRow, Target


def targets(clinic: Clinic, today: dt.date) -> dict[int, Target]:
    """Return by item what a clinic reorders it by."""
    asked = {"clinic_id": clinic.id, "today": today}
    return {row.item_id: _target(row, clinic) for row in db.session.execute(_targets(), asked)}


def _target(row: AnyRow, clinic: Clinic) -> Target:
    projected = clinic.projected if row.method is None else row.method is Method.PROJECTED
    level = row.service_level_thousandths
    return Target(
        row.reorder_point,
        row.par_level,
        projected,
        None if level is None else Decimal(level).scaleb(-3),
        bool(row.due),
    )


def lasting(clinic_id: int) -> dict[int, dt.date]:
    """Return by item the day on which it is expected to fall short, as the last sweep saw it."""
    rows = db.session.execute(
        sa.select(LearnedUse.item_id, LearnedUse.short_on).where(
            LearnedUse.clinic_id == clinic_id, LearnedUse.short_on.is_not(None)
        )
    )
    return {row.item_id: row.short_on for row in rows if row.short_on is not None}


def named(practice_id: int) -> set[int]:
    """Return the items that the formulations in use have named."""
    return set(db.session.scalars(_named(), {"practice_id": practice_id}))


def stock_row(clinic: Clinic, item: Item, on_order: Decimal, now: dt.datetime) -> StockRow:
    """Return the row that the list of stock would have of one item."""
    key = (clinic.id, item.id)
    there = levels([clinic.id], [item.id], now=now)
    today = clock.local_date(now, clinic.timezone)
    asked = {
        "clinic_id": clinic.id,
        "item_id": item.id,
        "practice_id": clinic.practice_id,
        "today": today,
    }
    kept = db.session.execute(_kept(), asked).one()
    return StockRow(
        item,
        there.get(key, Level(*key)),
        on_order,
        _target(kept, clinic),
        kept.tracked is not False,
        today + dt.timedelta(days=clinic.expiring_days),
        expected=kept.expected,
    )


@dataclass(frozen=True, slots=True)
class BoughtAs:
    """What an item is bought as: products on sale, and those that others are to replace."""

    sold: Sequence[tuple[Product, bool]]
    """With each, whether it is preferred."""
    replaced: Sequence[tuple[Product, Product]]
    """Of those no longer sold each with what replaces it, unless the item is that already."""


def bought_as(item_id: int) -> BoughtAs:
    """Return what an item is bought as, preferred products first.

    One statement, and a second where something is no longer sold.
    """
    rows = db.session.execute(_bought_as(), {"id": item_id}).all()
    gone = [row.Product for row in rows if row.Product.withdrawn_at is not None]
    instead = replacements(gone)
    sold = [(row.Product, row.preferred) for row in rows if row.Product.withdrawn_at is None]
    here = {product.id for product, _preferred in sold}
    new = ((old, instead.get(old.id)) for old in gone)
    return BoughtAs(sold, [(old, to) for old, to in new if to is not None and to.id not in here])


def arriving(clinic_id: int, item_id: int) -> Sequence[OrderLine]:
    """Return the lines of open orders that still bring an item, the first expected first."""
    return db.session.scalars(_arriving(), {"clinic_id": clinic_id, "item_id": item_id}).all()


@cache
def _targets() -> sa.CompoundSelect[*tuple[Any, ...]]:
    """Return by item of :clinic_id its policy, and whether it is to be ordered :today."""
    here = sa.and_(Proposal.item_id == Policy.item_id, Proposal.clinic_id == Policy.clinic_id)
    clinic_id: sa.BindParameter[int] = sa.bindparam("clinic_id")
    by_policy = (
        sa.select(Policy.item_id, *_POLICY, _due())
        .outerjoin(Proposal, here)
        .where(Policy.clinic_id == clinic_id)
    )
    nothing = (sa.cast(sa.null(), column.type).label(column.key) for column in _POLICY)
    unruled = ~sa.exists().where(here)
    return by_policy.union_all(
        sa.select(Proposal.item_id, *nothing, _due()).where(
            Proposal.clinic_id == clinic_id, unruled
        )
    )


_POLICY = (
    Policy.reorder_point,
    Policy.par_level,
    Policy.method,
    Policy.service_level_thousandths,
)


def _due() -> sa.ColumnElement[bool]:
    return (Proposal.order_by <= sa.bindparam("today")).label("due")


@cache
def _named() -> sa.Select[int]:
    return (
        sa.select(FormulationLine.item_id)
        .distinct()
        .join(FormulationVersion, FormulationVersion.id == FormulationLine.version_id)
        .join(Formulation, Formulation.id == FormulationVersion.formulation_id)
        .where(
            Formulation.practice_id == sa.bindparam("practice_id"),
            Formulation.archived_at.is_(None),
        )
    )


@cache
def _kept() -> sa.Select[*tuple[Any, ...]]:
    """Return how a clinic keeps an item: counted or not, its targets, whether it is missed."""
    clinic_id: sa.BindParameter[int] = sa.bindparam("clinic_id")
    is_named = _named().where(FormulationLine.item_id == Item.id).correlate(Item).exists()
    return (
        sa.select(
            ClinicItem.tracked,
            *_POLICY,
            _due(),
            sa.or_(Policy.id.is_not(None), is_named).label("expected"),
        )
        .select_from(Item)
        .outerjoin(
            ClinicItem, sa.and_(ClinicItem.item_id == Item.id, ClinicItem.clinic_id == clinic_id)
        )
        .outerjoin(Policy, sa.and_(Policy.item_id == Item.id, Policy.clinic_id == clinic_id))
        .outerjoin(Proposal, sa.and_(Proposal.item_id == Item.id, Proposal.clinic_id == clinic_id))
        .where(Item.id == sa.bindparam("item_id"))
    )


@cache
def _bought_as() -> sa.Select[Product, bool]:
    return (
        sa.select(Product, ItemProduct.preferred)
        .options(joinedload(Product.supplier))
        .join(ItemProduct, ItemProduct.product_id == Product.id)
        .where(ItemProduct.item_id == sa.bindparam("id"))
        .order_by(ItemProduct.preferred.desc(), Product.id)
    )


@cache
def _arriving() -> sa.Select[OrderLine]:
    return (
        sa.select(OrderLine)
        .join(OrderLine.order)
        .options(contains_eager(OrderLine.order).joinedload(PurchaseOrder.supplier))
        .where(
            PurchaseOrder.clinic_id == sa.bindparam("clinic_id"),
            PurchaseOrder.stage.in_(OPEN_STAGES),
            unindexed(OrderLine.item_id) == sa.bindparam("item_id"),
            OrderLine.outstanding > 0,
        )
        .order_by(due_on(), OrderLine.id)
    )
