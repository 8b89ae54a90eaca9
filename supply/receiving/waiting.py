"""What waits to be received: a count for the menu."""

from __future__ import annotations

import sqlalchemy as sa

from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import OPEN_STAGES
from supply.shipping.models import Shipment
from supply.transfers.models import Transfer
from supply.web.waiting import HERE, Count, counts


@counts("fulfilment.receive")
def to_receive() -> Count:
    """Count the parcels on their way to a clinic, and the transfers from its sisters."""
    shipments = (
        sa.select(sa.func.count(Shipment.id))
        .join(PurchaseOrder, PurchaseOrder.id == Shipment.order_id)
        .where(
            PurchaseOrder.clinic_id == HERE,
            PurchaseOrder.stage.in_(OPEN_STAGES),
            Shipment.received_at.is_(None),
        )
        .scalar_subquery()
    )
    transfers = (
        sa.select(sa.func.count(Transfer.id))
        .where(Transfer.to_clinic_id == HERE, Transfer.status == sa.literal_column("'in_transit'"))
        .scalar_subquery()
    )
    return sa.select(shipments + transfers).scalar_subquery()
