"""Writing receipts: one ledger entry, its rows with costs frozen, claims for what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload, selectinload

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.catalogue.models import Product
from supply.catalogue.terms import PackLevel
from supply.clock import local_date
from supply.db import db
from supply.fulfilment.models import Claim, Receipt, ReceiptLine
from supply.fulfilment.terms import ClaimKind, ClaimWish
from supply.inventory import taking_in as inventory
from supply.inventory.models import Entry, Hold
from supply.inventory.taking_in import Incoming
from supply.inventory.terms import EntryKind, HoldSource
from supply.items.models import Item
from supply.money import round_minor
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.shipping.models import Shipment
from supply.shipping.terms import Condition

SOURCE = "receipt"
"""What ledger entries of a receipt name as their source."""

WISHES = {ClaimKind.MISSING: ClaimWish.RESEND}
"""What is wanted where nobody says; else a credit."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with something that came, or did not, and what is wanted for it."""

    kind: ClaimKind
    note: str
    wish: ClaimWish


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came, or was said to be missing: one row of a receipt.

    ``claim`` says what is wrong and holds the goods (if any came); None means nothing is.
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

    Packs that are missing leave a row and a claim, and no stock; a receipt of nothing else has
    no entry. Callers hold the locks of shipment and order, and have checked the counters.

    Raises:
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
    _write_lines(receipt, arrivals, lots, actor, now)
    return receipt


def standing_receipts(shipment_id: int) -> list[Receipt]:
    """Return the receipts of a shipment that were not undone, first first."""
    reversal = aliased(Entry)
    query = (
        sa.select(Receipt)
        .outerjoin(reversal, reversal.reverses_id == Receipt.entry_id)
        .where(Receipt.shipment_id == shipment_id, reversal.id.is_(None))
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
        hold_reason=arrival.claim.note if arrival.claim else None,
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
    actor: Actor,
    now: dt.datetime,
) -> None:
    rows = []
    for arrival in arrivals:
        line = arrival.order_line
        row = ReceiptLine(
            order_line_id=line.id if line else None,
            shipment_line_id=arrival.shipment_line_id,
            lot_id=lots.get(id(arrival)),
            packs=arrival.packs,
            quantity=arrival.quantity,
            condition=arrival.condition,
            cost_minor=cost_of(arrival),
        )
        rows.append(row)
        receipt.lines.append(row)
    db.session.flush()
    _claim(receipt, arrivals, rows, actor, now)


def _claim(
    receipt: Receipt,
    arrivals: Sequence[Arrival],
    rows: Sequence[ReceiptLine],
    actor: Actor,
    now: dt.datetime,
) -> None:
    holds = _holds(receipt.entry_id)
    for arrival, row in zip(arrivals, rows, strict=True):
        if arrival.claim is None or receipt.order_id is None:
            continue
        key = (row.lot_id, row.quantity)
        hold = holds[key].pop(0) if holds.get(key) else None
        db.session.add(
            Claim(
                order_id=receipt.order_id,
                order_line_id=row.order_line_id,
                receipt_line_id=row.id,
                hold_id=hold,
                kind=arrival.claim.kind,
                packs=row.packs,
                taken_in=arrival.condition is not Condition.MISSING,
                note=arrival.claim.note,
                wish=arrival.claim.wish,
                raised_at=now,
                raised_by_id=actor.person_id,
            )
        )
    db.session.flush()


def _holds(entry_id: int | None) -> dict[tuple[int | None, Decimal | None], list[int]]:
    """Return the ids of the holds an entry brought, by lot and quantity."""
    found: dict[tuple[int | None, Decimal | None], list[int]] = {}
    if entry_id is None:
        return found
    rows = db.session.execute(
        sa.select(Hold.id, Hold.lot_id, Hold.quantity)
        .where(Hold.source == HoldSource.RECEIPT, Hold.source_id == entry_id)
        .order_by(Hold.id)
    )
    for hold_id, lot_id, quantity in rows:
        found.setdefault((lot_id, quantity), []).append(hold_id)
    return found
