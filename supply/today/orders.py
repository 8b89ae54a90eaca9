"""Orders on Today: what is on its way, what is awaited, what waits for this person's decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply.accounts.models import Clinic, Person, Supplier
from supply.baskets.asked import ASKING
from supply.db import db
from supply.money import Money
from supply.ordering.models import OrderEvent, OrderLine, PurchaseOrder
from supply.ordering.outstanding import due_on
from supply.ordering.queries import written_by_supplier
from supply.ordering.terms import OPEN_STAGES, Stage
from supply.shipping.models import Shipment

SHOWN = 100

_OF_SUPPLIER = (Supplier.name, Supplier.uses_supply)
"""What is said of an order's supplier: all else would come with every order."""


@dataclass(frozen=True, slots=True)
class Approval:
    """An order that waits for a decision: its total, and how many products it asks for."""

    order: PurchaseOrder
    total: Money
    products: int
    asked: int | None
    """The step that asked; none of what a supplier wrote."""

    @property
    def written(self) -> bool:
        """Whether its supplier wrote it, for the clinic to place; else an owner is asked."""
        return self.order.stage is Stage.DRAFT


@dataclass(frozen=True, slots=True)
class Awaited:
    """An order of which some has still to be sent.

    ``due_on`` is the first day on which some of what is still to arrive is expected; ``offered``
    says whether there is a substitute to accept or refuse.
    """

    order: PurchaseOrder
    due_on: dt.date | None
    offered: bool


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders of Today, each list the oldest first."""

    shipments: Sequence[Shipment]
    """Parcels on their way."""
    awaited: Sequence[Awaited]
    """Placed, with packs that no parcel holds yet."""
    approvals: Sequence[Approval]
    """At any of the clinics the person decides, or orders, for."""


def orders_of_today(clinic: Clinic, deciding: Collection[int], ordering: Collection[int]) -> Orders:
    """Return the orders of ``clinic`` to look at, and those to decide on. One statement.

    ``deciding`` are the clinics whose orders over a limit the person may approve, ``ordering``
    those for which they may place what a supplier wrote.
    """
    asked = {
        "clinic_id": clinic.id, "deciding": sorted(deciding), "ordering": sorted(ordering)
    }  # fmt: skip
    rows = db.session.execute(_orders(), asked).all()
    orders = {row.PurchaseOrder.id: row for row in rows}.values()
    shipments = [row.Shipment for row in rows if row.Shipment is not None]
    return Orders(
        shipments=sorted(shipments, key=lambda shipment: shipment.id),
        awaited=[
            Awaited(
                row.PurchaseOrder, row.due_on or row.PurchaseOrder.expected_on, bool(row.offered)
            )
            for row in orders
            if row.PurchaseOrder.stage in OPEN_STAGES and row.to_come
        ],
        approvals=[
            Approval(
                row.PurchaseOrder,
                Money(row.total, row.PurchaseOrder.currency),
                row.products,
                row.asked,
            )
            for row in orders
            if row.PurchaseOrder.stage not in OPEN_STAGES
        ],
    )


@cache
def _orders() -> sa.Select[*tuple[Any, ...]]:
    """Return the select of the orders, each once for every shipment of it on its way."""
    lines = sa.select(OrderLine).where(OrderLine.order_id == PurchaseOrder.id)
    goods = lines.with_only_columns(sa.func.sum(OrderLine.packs * OrderLine.pack_minor))
    total = goods.scalar_subquery() + PurchaseOrder.carriage_minor
    products = lines.with_only_columns(sa.func.count(OrderLine.id))
    offered = lines.with_only_columns(sa.func.sum(OrderLine.offered))
    asked = sa.select(sa.func.max(OrderEvent.id)).where(
        OrderEvent.order_id == PurchaseOrder.id, OrderEvent.kind.in_(ASKING)
    )
    due = lines.where(OrderLine.outstanding > 0).with_only_columns(sa.func.min(due_on()))
    to_come = PurchaseOrder.lines.any(sa.or_(OrderLine.to_ship > 0, OrderLine.offered > 0))
    ours = sa.and_(
        PurchaseOrder.clinic_id == sa.bindparam("clinic_id"),
        PurchaseOrder.stage.in_(OPEN_STAGES),
    )
    return (
        sa.select(
            PurchaseOrder,
            Shipment,
            total.label("total"),
            products.scalar_subquery().label("products"),
            offered.scalar_subquery().label("offered"),
            asked.correlate(PurchaseOrder).scalar_subquery().label("asked"),
            due.correlate(PurchaseOrder).scalar_subquery().label("due_on"),
            to_come.label("to_come"),
        )
        .outerjoin(
            Shipment,
            sa.and_(ours, Shipment.order_id == PurchaseOrder.id, Shipment.received_at.is_(None)),
        )
        .where(
            sa.or_(
                sa.and_(ours, sa.or_(to_come, Shipment.id.is_not(None))),
                sa.and_(
                    PurchaseOrder.clinic_id.in_(sa.bindparam("deciding", expanding=True)),
                    PurchaseOrder.stage == Stage.AWAITING_APPROVAL,
                ),
                sa.and_(
                    PurchaseOrder.clinic_id.in_(sa.bindparam("ordering", expanding=True)),
                    *written_by_supplier(),
                ),
            )
        )
        .options(
            joinedload(PurchaseOrder.supplier).load_only(*_OF_SUPPLIER),
            joinedload(PurchaseOrder.clinic).load_only(Clinic.code, Clinic.name),
            joinedload(PurchaseOrder.placed_by).load_only(Person.name),
        )
        # What waits for a decision is never what is left out; its day is not known yet.
        .order_by(
            PurchaseOrder.stage.in_(OPEN_STAGES),
            PurchaseOrder.expected_on,
            PurchaseOrder.id,
            Shipment.id,
        )
        .limit(SHOWN)
    )
