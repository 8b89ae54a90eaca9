"""Reading shipments: what is on its way, what is in one, by code."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from supply.accounts.access import NotFoundHereError
from supply.accounts.models import Clinic, Supplier
from supply.db import db
from supply.fulfilment.models import Receipt, Shipment, ShipmentLine
from supply.fulfilment.receipts import standing_receipts
from supply.fulfilment.terms import CODE_LENGTH
from supply.ordering.models import OrderEvent, OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES, EventKind

_KIND_OF_BARCODE = re.compile(r"^\][A-Z]\d")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−ß´'/"), "-")
"""What a scanner set to another country's keyboard types for a dash."""


@dataclass(frozen=True, slots=True)
class Arriving:
    """What a clinic may receive: parcels on their way, and open orders that come without one."""

    shipments: Sequence[Shipment]
    orders: Sequence[PurchaseOrder]


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
    """Return a typed or scanned shipment code as codes are kept: upper case, "SH-" in front.

    Some scanners put the kind of barcode before it ("]C0"); some keyboards have another dash.
    """
    bare = "".join(text.split()).translate(_DASHES).upper()
    bare = _KIND_OF_BARCODE.sub("", bare)
    if bare.startswith("SH-"):
        return bare
    # A code may itself begin with these letters: only those in front of all of it go.
    return f"SH-{bare[2:] if len(bare) == len('SH') + CODE_LENGTH else bare}"


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
        .options(*_with_lines())
        .order_by(Shipment.id)
    )
    return db.session.scalars(query).all()


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
        .options(*_with_lines())
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


def _one(*where: sa.ColumnElement[bool]) -> Shipment:
    query = (
        sa.select(Shipment)
        .join(PurchaseOrder, PurchaseOrder.id == Shipment.order_id)
        .where(*where)
        .options(*_with_lines())
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFoundHereError
    return found


def _with_lines() -> tuple[ORMOption, ...]:
    lines = selectinload(Shipment.lines).joinedload(ShipmentLine.order_line)
    order = joinedload(Shipment.order)
    return (
        lines.joinedload(OrderLine.product),
        lines.joinedload(OrderLine.item),
        order.joinedload(PurchaseOrder.supplier),
        order.joinedload(PurchaseOrder.clinic),
        selectinload(Shipment.trackings),
    )
