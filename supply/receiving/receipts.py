"""Writing receipts: one ledger entry, its rows with costs frozen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.catalogue.terms import PackLevel
from supply.clock import local_date
from supply.db import db
from supply.inventory import taking_in as inventory
from supply.inventory.taking_in import Incoming
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.items.models import Item
from supply.items.prescription import Coming, check_may_take_in
from supply.money import round_minor
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.receiving.complaints import Complaint
from supply.receiving.models import Receipt, ReceiptLine
from supply.shipping.models import Shipment
from supply.shipping.terms import Condition

SOURCE = "receipt"
"""What ledger entries of a receipt name as their source."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came, or was said to be missing: one row of a receipt.

    ``claim`` says what is wrong and holds the goods (if any came); None means nothing is. Goods
    that nobody can be asked to make good are ``held_for`` what is wrong with them.
    """

    item: Item
    lot: str
    expiry: dt.date | None
    quantity: Decimal
    packs: int | None = None
    condition: Condition = Condition.GOOD
    order_line: OrderLine | None = None
    shipment_line_id: int | None = None
    location_id: int | None = None
    content: Decimal | None = None
    product: Product | None = None
    claim: Complaint | None = None
    held_for: str | None = None
    expired_reason: str | None = None
    field: str = ""


def write_receipt(
    clinic: Clinic,
    arrivals: Sequence[Arrival],
    *,
    order: PurchaseOrder | None,
    shipment: Shipment | None,
    actor: Actor,
    now: dt.datetime,
) -> Receipt:
    """Take ``arrivals`` into the clinic as one entry and one receipt; flushes.

    Packs that are missing leave a row and no stock; a receipt of nothing else has
    no entry. Callers hold the locks of shipment and order, and have checked the counters.

    Raises:
        NotForThem: prescription-only goods, and the person may not receive such.
        InvalidInput: what the ledger cannot take, naming the row (see ``inventory.taking_in``).
    """
    receipt = Receipt(
        clinic_id=clinic.id,
        order_id=order.id if order else None,
        shipment_id=shipment.id if shipment else None,
        received_at=now,
        received_on=local_date(now, clinic.timezone),
        received_by_id=actor.person_id,
        currency=order.currency if order else clinic.currency,
    )
    db.session.add(receipt)
    db.session.flush()
    came = [arrival for arrival in arrivals if arrival.condition is not Condition.MISSING]
    check_may_take_in(clinic, [Coming(one.item, one.field) for one in came], actor)
    lots: dict[int, int] = {}
    if came:
        taken = inventory.take_in(
            clinic,
            [_incoming(clinic, arrival, receipt.currency) for arrival in came],
            kind=EntryKind.RECEIPT,
            occurred_at=now,
            actor=actor,
            now=now,
            source=(SOURCE, receipt.id),
        )
        receipt.entry_id = taken.entry_id
        lots = {id(one): lot.id for one, lot in zip(came, taken.lots, strict=True)}
    _write_lines(receipt, arrivals, lots)
    return receipt


def standing_receipts(shipment_id: int) -> list[Receipt]:
    """Return the receipts of a shipment that were not undone, first first."""
    query = (
        sa.select(Receipt)
        .where(Receipt.shipment_id == shipment_id, not_undone(Receipt.entry_id))
        .options(joinedload(Receipt.received_by), selectinload(Receipt.lines))
        .order_by(Receipt.id)
    )
    return list(db.session.scalars(query))


def cost_of(arrival: Arrival) -> int | None:
    """Return what a row cost, in minor units of its order's currency; None without an order.

    A quantity without packs costs its part of a pack, half to even.
    """
    line = arrival.order_line
    if line is None:
        return None
    if arrival.packs is not None:
        return line.pack_minor * arrival.packs
    return round_minor(line.pack_minor * arrival.quantity / line.pack_quantity)


def _incoming(clinic: Clinic, arrival: Arrival, currency: str) -> Incoming:
    return Incoming(
        item=arrival.item,
        lot_number=arrival.lot,
        expiry=arrival.expiry,
        quantity=arrival.quantity,
        location_id=arrival.location_id,
        content_per_container=arrival.content,
        product_id=arrival.product.id if arrival.product else None,
        gtin=_gtin(arrival.product),
        cost_minor=cost_of(arrival) if currency == clinic.currency else None,
        hold_reason=arrival.claim.note if arrival.claim else arrival.held_for,
        expired_reason=arrival.expired_reason,
        field=arrival.field,
    )


def _gtin(product: Product | None) -> str | None:
    """Return the GTIN a lot came under: the pack's if the catalogue has it."""
    if product is None or not product.gtins:
        return None
    pack = [gtin.gtin for gtin in product.gtins if gtin.level is PackLevel.PACK]
    return (pack or [gtin.gtin for gtin in product.gtins])[0]


def _write_lines(
    receipt: Receipt,
    arrivals: Sequence[Arrival],
    lots: dict[int, int],
) -> None:
    for arrival in arrivals:
        line = arrival.order_line
        receipt.lines.append(
            ReceiptLine(
                order_line_id=line.id if line else None,
                shipment_line_id=arrival.shipment_line_id,
                lot_id=lots.get(id(arrival)),
                packs=arrival.packs,
                quantity=arrival.quantity,
                condition=arrival.condition,
                cost_minor=cost_of(arrival),
            )
        )
    db.session.flush()
