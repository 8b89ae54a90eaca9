"""Checking the counters of orders and shipments against what was shipped and received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from supply.claims.models import Claim
from supply.claims.terms import ClaimOutcome
from supply.db import db
from supply.depot.leaving import SHIPMENT_SOURCE
from supply.inventory.models import Entry
from supply.inventory.terms import EntryKind
from supply.inventory.undone import not_undone
from supply.inventory.verification import also_verify
from supply.ordering.models import OrderLine, SubstituteOffer
from supply.ordering.terms import OfferStatus
from supply.receiving.models import Receipt, ReceiptLine
from supply.shipping.models import Shipment, ShipmentLine
from supply.shipping.terms import Condition

_PACKS = sa.func.coalesce(sa.func.sum(ReceiptLine.packs), 0)


@also_verify
def verify_counters() -> list[str]:
    """Recount what each order line and parcel says; return a sentence for each difference."""
    return [*_order_lines(), *_shipment_lines(), *_offers(), *_drawn()]


def _order_lines() -> Iterable[str]:
    received = _received_by_line()
    by_hand = _received_by_line(Receipt.shipment_id.is_(None))
    sent = _sent_by_line()
    rows = db.session.execute(
        sa.select(OrderLine.id, OrderLine.order_id, OrderLine.shipped, OrderLine.received)
    )
    for row in rows:
        where = f"order {row.order_id}, line {row.id}"
        expected = received.get(row.id, 0)
        if row.received != expected:
            yield f"{where}: the receipts say {expected} packs received, the line {row.received}"
        expected = sent.get(row.id, 0) + by_hand.get(row.id, 0)
        if row.shipped != expected:
            yield f"{where}: the shipments say {expected} packs shipped, the line {row.shipped}"


def _drawn() -> Iterable[str]:
    """Say what left a supplier's stock for shipments that are not there."""
    rows = db.session.execute(
        sa.select(Entry.id, Entry.source_id)
        .outerjoin(Shipment, Shipment.id == Entry.source_id)
        .where(
            Entry.kind == EntryKind.SHIPMENT,
            Entry.source_type == SHIPMENT_SOURCE,
            not_undone(Entry.id),
            Shipment.id.is_(None),
        )
        .order_by(Entry.id)
    )
    for row in rows:
        yield (
            f"shipment {row.source_id}: it is not there, and what entry {row.id} drew for it"
            " was not put back"
        )


def _offers() -> Iterable[str]:
    open_ = sa.select(sa.func.coalesce(sa.func.sum(SubstituteOffer.replaces), 0)).where(
        SubstituteOffer.order_line_id == OrderLine.id, SubstituteOffer.status == OfferStatus.OPEN
    )
    offered = open_.scalar_subquery()
    rows = db.session.execute(
        sa.select(OrderLine.id, OrderLine.order_id, OrderLine.offered, offered.label("open")).where(
            OrderLine.offered != offered
        )
    )
    for row in rows:
        yield (
            f"order {row.order_id}, line {row.id}: the substitutes stand for {row.open} packs,"
            f" the line says {row.offered}"
        )


def _received_by_line(*conditions: sa.ColumnElement[bool]) -> Mapping[int | None, int]:
    """Return packs received, damaged ones among them, by order line."""
    rows = db.session.execute(
        _standing(sa.select(ReceiptLine.order_line_id, _PACKS))
        .where(ReceiptLine.condition != Condition.MISSING, *conditions)
        .group_by(ReceiptLine.order_line_id)
    )
    return {line: int(packs) for line, packs in rows}


def _sent_by_line() -> Mapping[int | None, int]:
    """Return packs sent by order line, but for those a receipt called missing."""
    rows = db.session.execute(
        sa.select(
            ShipmentLine.order_line_id, sa.func.sum(ShipmentLine.packs - ShipmentLine.missing)
        ).group_by(ShipmentLine.order_line_id)
    )
    return {line: int(packs) for line, packs in rows}


def _shipment_lines() -> Iterable[str]:
    rows = db.session.execute(
        _standing(sa.select(ReceiptLine.shipment_line_id, ReceiptLine.condition, _PACKS))
        .where(ReceiptLine.shipment_line_id.is_not(None), ReceiptLine.id.not_in(_found_after_all()))
        .group_by(ReceiptLine.shipment_line_id, ReceiptLine.condition)
    )
    said = {(line, condition): int(packs) for line, condition, packs in rows}
    for row in db.session.execute(sa.select(ShipmentLine.__table__)):
        for condition in Condition:
            counted = getattr(row, condition.value)
            expected = said.get((row.id, condition), 0)
            if counted != expected:
                yield (
                    f"shipment {row.shipment_id}, line {row.id}: the receipts say {expected} "
                    f"packs {condition.value}, the line {counted}"
                )


def _found_after_all() -> sa.Select[int | None]:
    """Select receipt lines that called packs missing which the clinic then found."""
    return sa.select(Claim.receipt_line_id).where(
        Claim.receipt_line_id.is_not(None),
        Claim.taken_in.is_(False),
        Claim.outcome == ClaimOutcome.WITHDRAWN,
    )


def _standing(query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    """Leave out receipts that were undone."""
    receipts = query.join(Receipt, Receipt.id == ReceiptLine.receipt_id)
    return receipts.where(not_undone(Receipt.entry_id))
