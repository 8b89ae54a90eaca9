"""Where a recall's lots are at a clinic: place by place, on the road, between clinics."""

from __future__ import annotations

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.db import AnyRow, Quantity, db
from supply.inventory.availability import on_shelf
from supply.inventory.models import Balance, Lot
from supply.items.models import Item, Location
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.recalls.models import RecalledLot
from supply.recalls.reaching import Meant, sent_lines
from supply.shipping.models import Shipment, ShipmentLine
from supply.transfers.models import Transfer, TransferLine


def places_of(recall_id: int, clinic_id: int) -> list[AnyRow]:
    """Return where a recall's lots lie at a clinic, place by place, sealed before open."""
    query = (
        sa.select(
            Balance.id,
            Balance.lot_id,
            Balance.container_id,
            Balance.quantity,
            Lot.number,
            Lot.expiry,
            Lot.content_per_container,
            Location.name.label("location"),
            Item.id.label("item_id"),
            Item.name,
            Item.code,
            Item.unit,
            Item.container,
        )
        .join(RecalledLot, RecalledLot.lot_id == Balance.lot_id)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(RecalledLot.recall_id == recall_id, Balance.clinic_id == clinic_id, on_shelf())
        .order_by(Location.position, Location.id, Balance.container_id.is_not(None), Balance.id)
    )
    return list(db.session.execute(query))


def on_their_way(what: Meant, clinic_id: int) -> list[AnyRow]:
    """Return the shipments to a clinic that have some and are not received, with the packs."""
    left = ShipmentLine.packs - ShipmentLine.good - ShipmentLine.damaged - ShipmentLine.missing
    query = (
        sa.select(Shipment.id, Shipment.code, sa.func.sum(left).label("packs"))
        .join(ShipmentLine, ShipmentLine.shipment_id == Shipment.id)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .join(PurchaseOrder, PurchaseOrder.id == OrderLine.order_id)
        .where(
            *sent_lines(what),
            Shipment.received_at.is_(None),
            PurchaseOrder.clinic_id == clinic_id,
            left > 0,
        )
        .group_by(Shipment.id, Shipment.code)
        .order_by(Shipment.id)
    )
    return list(db.session.execute(query))


def between_clinics(recall_id: int, clinic_id: int) -> list[AnyRow]:
    """Return what of a recall's lots is on its way to a sister clinic of ``clinic_id``, or from."""
    left = (
        TransferLine.sent - TransferLine.received - TransferLine.written_off - TransferLine.returned
    )
    sender, receiver = sa.orm.aliased(Clinic), sa.orm.aliased(Clinic)
    query = (
        sa.select(
            Transfer.id,
            Transfer.code,
            sender.code.label("from_code"),
            sender.name.label("from_name"),
            receiver.code.label("to_code"),
            receiver.name.label("to_name"),
            Lot.number,
            sa.type_coerce(left, Quantity()).label("quantity"),
            Lot.content_per_container,
            Item.name,
            Item.unit,
            Item.container,
        )
        .join(TransferLine, TransferLine.transfer_id == Transfer.id)
        .join(RecalledLot, RecalledLot.lot_id == TransferLine.lot_id)
        .join(Lot, Lot.id == TransferLine.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(sender, sender.id == Transfer.clinic_id)
        .join(receiver, receiver.id == Transfer.to_clinic_id)
        .where(
            RecalledLot.recall_id == recall_id,
            sa.or_(Transfer.clinic_id == clinic_id, Transfer.to_clinic_id == clinic_id),
            Transfer.clinic_id != Transfer.to_clinic_id,
            left > 0,
        )
        .order_by(Transfer.id, TransferLine.id)
    )
    return list(db.session.execute(query))
