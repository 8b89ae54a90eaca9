"""Reading parcels, one by its code or several of an order, and locking one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from supply import codes
from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.db import db
from supply.ordering.models import OrderEvent, OrderLine, PurchaseOrder
from supply.ordering.terms import EventKind
from supply.shipping.models import Shipment, ShipmentLine
from supply.shipping.refusals import NoLongerSent
from supply.shipping.terms import CODE_LENGTH, PREFIX


def shipment_of_clinic(clinic: Clinic, shipment_id: int) -> Shipment:
    """Return a shipment to ``clinic`` with its lines.

    Raises:
        NotFoundHereError: no such shipment, or another clinic's.
    """
    return _one(Shipment.id == shipment_id, PurchaseOrder.clinic_id == clinic.id)


def order_of_one_taken_back(
    place: Clinic | Supplier, shipment_id: int, code: str | None
) -> int | None:
    """Return the order of a shipment that a page of ``place`` showed, with ``code``, and is gone.

    Only one that its supplier took back has an order.
    """
    if not code:
        return None
    side = PurchaseOrder.clinic_id if isinstance(place, Clinic) else PurchaseOrder.supplier_id
    return db.session.scalar(
        sa.select(OrderEvent.order_id)
        .join(PurchaseOrder, PurchaseOrder.id == OrderEvent.order_id)
        .where(
            side == place.id,
            ~sa.exists().where(Shipment.id == shipment_id),
            OrderEvent.kind == EventKind.SHIPMENT_UNDONE.value,
            OrderEvent.text == code,
        )
        .limit(1)
    )


def shipment_with_code(clinic: Clinic, code: str) -> Shipment:
    """Return the shipment to ``clinic`` with ``code``, as typed or scanned.

    Raises:
        NotFoundHereError: no such shipment, or another clinic's.
    """
    return _one(Shipment.code == tidy_code(code), PurchaseOrder.clinic_id == clinic.id)


def tidy_code(text: str) -> str:
    """Return a typed or scanned shipment code as codes are kept: upper case, "SH-" in front."""
    return codes.tidy_code(text, PREFIX, CODE_LENGTH)


def shipment_of_supplier(supplier: Supplier, shipment_id: int) -> Shipment:
    """Return a shipment that ``supplier`` sent, with its lines.

    Raises:
        NotFoundHereError: no such shipment, or another supplier's.
    """
    return _one(Shipment.id == shipment_id, PurchaseOrder.supplier_id == supplier.id)


def shipments_of(order_ids: Collection[int]) -> Sequence[Shipment]:
    """Return the shipments of these orders with their lines, oldest first."""
    query = (
        sa.select(Shipment)
        .where(Shipment.order_id.in_(order_ids))
        .options(*with_lines())
        .order_by(Shipment.id)
    )
    return db.session.scalars(query).all()


def locked_shipment(shipment_id: int) -> Shipment:
    """Lock a shipment and return it with its lines, freshly read.

    Raises:
        NoLongerSent: the supplier took it back meanwhile.
    """
    found = db.session.execute(
        sa.select(Shipment.id).where(Shipment.id == shipment_id).with_for_update(key_share=True)
    ).one_or_none()
    if found is None:
        raise NoLongerSent
    return db.session.scalars(
        sa.select(Shipment)
        .where(Shipment.id == shipment_id)
        .options(
            selectinload(Shipment.lines)
            .joinedload(ShipmentLine.order_line)
            .options(joinedload(OrderLine.product), joinedload(OrderLine.item))
        )
        .execution_options(populate_existing=True)
    ).one()


def _one(*where: sa.ColumnElement[bool]) -> Shipment:
    query = (
        sa.select(Shipment)
        .join(PurchaseOrder, PurchaseOrder.id == Shipment.order_id)
        .where(*where)
        .options(*with_lines())
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundHereError
    return found


def with_lines() -> tuple[ORMOption, ...]:
    """Return what loads parcels with all that is shown of them."""
    lines = selectinload(Shipment.lines).joinedload(ShipmentLine.order_line)
    order = joinedload(Shipment.order)
    return (
        lines.joinedload(OrderLine.product),
        lines.joinedload(OrderLine.item),
        order.joinedload(PurchaseOrder.supplier),
        order.joinedload(PurchaseOrder.clinic),
        selectinload(Shipment.trackings),
    )
