"""Reading what may be received: parcels on their way, and orders that come without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic
from supply.db import db
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES
from supply.receiving.models import Receipt
from supply.receiving.receipts import standing_receipts
from supply.shipping.models import Shipment, ShipmentLine
from supply.shipping.parcels import with_lines


@dataclass(frozen=True, slots=True)
class Arriving:
    """What a clinic may receive: parcels on their way, and open orders that come without one."""

    shipments: Sequence[Shipment]
    orders: Sequence[PurchaseOrder]


def arriving(clinic: Clinic, limit: int = 100) -> Arriving:
    """Return what ``clinic`` may receive, oldest first."""
    shipments = db.session.scalars(
        sa.select(Shipment)
        .join(PurchaseOrder, PurchaseOrder.id == Shipment.order_id)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.stage.in_(OPEN_STAGES),
            Shipment.received_at.is_(None),
        )
        .options(*with_lines())
        .order_by(Shipment.id)
        .limit(limit)
    ).all()
    orders = db.session.scalars(
        sa.select(PurchaseOrder)
        .where(
            PurchaseOrder.clinic_id == clinic.id,
            PurchaseOrder.stage.in_(OPEN_STAGES),
            PurchaseOrder.lines.any(OrderLine.to_ship > 0),
        )
        .options(joinedload(PurchaseOrder.supplier), selectinload(PurchaseOrder.lines))
        .order_by(PurchaseOrder.expected_on, PurchaseOrder.id)
        .limit(limit)
    ).all()
    return Arriving(shipments, orders)


def packs_left(shipment_id: int) -> int:
    """Return how many packs of a shipment nobody has said anything about yet."""
    left = ShipmentLine.packs - ShipmentLine.good - ShipmentLine.damaged - ShipmentLine.missing
    query = sa.select(sa.func.sum(left)).where(ShipmentLine.shipment_id == shipment_id)
    return int(db.session.scalar(query) or 0)


def receipts_of(shipment_id: int) -> Sequence[Receipt]:
    """Return the receipts of a shipment that stand, with who received it, first first."""
    return standing_receipts(shipment_id)
