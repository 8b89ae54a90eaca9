"""Putting a practice's own supplier away, bringing it back, and what still names it.

Its products are withdrawn with it, at the same instant, by which they come back: what names them
(baskets, templates, standing orders, reorder points) meets what it meets of any product that is no
longer sold, and nothing else has to know.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from supply.accounts.models import Clinic, Supplier
from supply.accounts.own_suppliers import record
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.db import db
from supply.filling.models import OrderTemplate, TemplateLine
from supply.items.models import ItemProduct
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.replenishment.models import Policy
from supply.standing.models import StandingOrder


def archive_supplier(supplier: Supplier, *, actor: Actor, now: dt.datetime) -> None:
    """Offer nothing of a practice's own supplier any more; what was ordered of it stays ordered.

    One that is archived stays as it is. Locks the supplier's row.
    """
    _lock(supplier)
    if supplier.archived_at is not None:
        return
    sold = Product.supplier_id == supplier.id, Product.withdrawn_at.is_(None)
    supplier.archived_at = now
    db.session.flush()
    skus = _set_withdrawn(sold, now)
    record(supplier, "supplier.archived", actor, now, after={"withdrawn": skus})


def bring_back_supplier(supplier: Supplier, *, actor: Actor, now: dt.datetime) -> None:
    """Offer an archived supplier again, with the products that were put away with it.

    One that is not archived stays as it is. Locks the supplier's row.
    """
    _lock(supplier)
    if supplier.archived_at is None:
        return
    with_it = Product.supplier_id == supplier.id, Product.withdrawn_at == supplier.archived_at
    skus = _set_withdrawn(with_it, None)
    supplier.archived_at = None
    db.session.flush()
    record(supplier, "supplier.brought_back", actor, now, after={"reinstated": skus})


def _lock(supplier: Supplier) -> None:
    db.session.execute(sa.select(Supplier.id).where(Supplier.id == supplier.id).with_for_update())
    db.session.refresh(supplier)


def _set_withdrawn(which: tuple[sa.ColumnElement[bool], ...], at: dt.datetime | None) -> list[str]:
    """Withdraw products, or reinstate them; return their SKUs."""
    skus = list(db.session.scalars(sa.select(Product.sku).where(*which).order_by(Product.sku)))
    db.session.execute(
        sa.update(Product)
        .where(*which)
        .values(withdrawn_at=at)
        .execution_options(synchronize_session="fetch")
    )
    return skus


@dataclass(frozen=True, slots=True)
class Named:
    """How often something at a clinic names a supplier."""

    clinic: Clinic
    drafts: int
    """Baskets and drafts with lines."""
    standing: int
    """Standing orders whose template has products of it."""
    points: int
    """Reorder points of items that are bought from it and from nobody else."""


def what_names(supplier: Supplier) -> Sequence[Named]:
    """Return what at the practice's clinics names its own supplier, by clinic; four statements."""
    drafts = _by_clinic(
        sa.select(PurchaseOrder.clinic_id, sa.func.count(PurchaseOrder.id))
        .where(
            PurchaseOrder.supplier_id == supplier.id,
            PurchaseOrder.stage == Stage.DRAFT,
            PurchaseOrder.lines.any(),
        )
        .group_by(PurchaseOrder.clinic_id)
    )
    templates = (
        sa.select(TemplateLine.template_id)
        .join(Product, Product.id == TemplateLine.product_id)
        .join(OrderTemplate, OrderTemplate.id == TemplateLine.template_id)
        .where(Product.supplier_id == supplier.id, OrderTemplate.deleted_at.is_(None))
    )
    standing = _by_clinic(
        sa.select(StandingOrder.clinic_id, sa.func.count(StandingOrder.id))
        .where(
            StandingOrder.deleted_at.is_(None),
            StandingOrder.template_id.in_(templates),
            sa.or_(StandingOrder.supplier_id.is_(None), StandingOrder.supplier_id == supplier.id),
        )
        .group_by(StandingOrder.clinic_id)
    )
    points = _by_clinic(_points(supplier))
    clinics = sa.select(Clinic).where(Clinic.id.in_({*drafts, *standing, *points}))
    return [
        Named(one, drafts.get(one.id, 0), standing.get(one.id, 0), points.get(one.id, 0))
        for one in db.session.scalars(clinics.order_by(Clinic.name, Clinic.id))
    ]


def _points(supplier: Supplier) -> sa.Select[int, int]:
    """Count reorder points of items that nobody else's product on sale is bought for."""
    links = sa.select(ItemProduct.item_id).join(Product, Product.id == ItemProduct.product_id)
    others = links.where(Product.supplier_id != supplier.id, Product.withdrawn_at.is_(None))
    return (
        sa.select(Policy.clinic_id, sa.func.count(Policy.id))
        .where(
            Policy.item_id.in_(links.where(Product.supplier_id == supplier.id)),
            Policy.item_id.not_in(others),
        )
        .group_by(Policy.clinic_id)
    )


def _by_clinic(query: sa.Select[int, int]) -> dict[int, int]:
    return {row[0]: int(row[1]) for row in db.session.execute(query)}
