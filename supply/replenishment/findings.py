"""What is wrong right now, read set by set for every clinic of a sweep."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from supply.accounts.models import Clinic, Supplier
from supply.alerts.scope import Place, Scope
from supply.alerts.settling import Finding
from supply.alerts.terms import AlertKind
from supply.db import db, table, unindexed
from supply.inventory import availability
from supply.inventory.models import Balance, Container, Lot
from supply.inventory.rules import is_expired
from supply.items.models import Item, Location
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.ordering.terms import OPEN_STAGES
from supply.quantity import ZERO, as_text
from supply.transfers.models import Transfer
from supply.transfers.terms import OVERDUE_DAYS

BALANCE = table(Balance)
CONTAINER = table(Container)
ITEM = table(Item)
LINE = table(OrderLine)
LOCATION = table(Location)
LOT = table(Lot)
ORDER = table(PurchaseOrder)
RECEIVER = table(Clinic).alias("receiver")
SENDER = table(Clinic).alias("sender")
SUPPLIER = table(Supplier)
TRANSFER = table(Transfer)

ITEM_FACTS = (ITEM.c.name, ITEM.c.code, ITEM.c.unit, ITEM.c.container)


def item_facts(row: Any, content: Decimal) -> dict[str, Any]:
    """Return the facts by which an item's quantities are worded."""
    return {
        "item": row.name,
        "code": row.code,
        "unit": row.unit.value,
        "container": row.container,
        "content": as_text(content),
    }


def lot_findings(scope: Scope) -> Iterator[Finding]:
    """Yield lots on a shelf that have expired, or will within their clinic's window."""
    totals: dict[tuple[int, int], Decimal] = defaultdict(lambda: ZERO)
    lots: dict[int, Any] = {}
    for row in db.session.execute(_dated_lots(scope)):
        totals[row.clinic_id, row.lot_id] += row.quantity
        lots[row.lot_id] = row
    for (clinic_id, lot_id), quantity in totals.items():
        kind = _expiry_kind(lots[lot_id].expiry, scope.places[clinic_id])
        if kind is not None:
            yield _lot_finding(clinic_id, kind, lots[lot_id], quantity)


def container_findings(scope: Scope) -> Iterator[Finding]:
    """Yield open containers with something left after the instant they had to go by."""
    query = (
        sa.select(
            BALANCE.c.clinic_id,
            BALANCE.c.item_id,
            BALANCE.c.lot_id,
            BALANCE.c.container_id,
            BALANCE.c.quantity,
            CONTAINER.c.discard_at,
            LOT.c.number,
            LOT.c.content_per_container,
            *ITEM_FACTS,
        )
        .select_from(BALANCE)
        .join(CONTAINER, CONTAINER.c.id == BALANCE.c.container_id)
        .join(LOT, LOT.c.id == BALANCE.c.lot_id)
        .join(ITEM, ITEM.c.id == BALANCE.c.item_id)
        .where(
            scope.limit(BALANCE.c.clinic_id),
            scope.about(BALANCE.c.item_id),
            # Clinic by clinic what is there, not every container there ever was.
            BALANCE.c.clinic_id.in_(sa.select(Clinic.id)),
            BALANCE.c.quantity > sa.literal_column("0"),
            ~availability.in_time(scope.now),
        )
    )
    for row in db.session.execute(query):
        facts = item_facts(row, row.content_per_container) | {
            "lot": row.number,
            "quantity": as_text(row.quantity),
            "discard_at": row.discard_at.isoformat(),
            "timezone": scope.places[row.clinic_id].timezone,
        }
        yield Finding(
            row.clinic_id,
            AlertKind.OPEN_PAST_TIME,
            f"container:{row.container_id}",
            facts,
            item_id=row.item_id,
            lot_id=row.lot_id,
        )


def order_findings(scope: Scope) -> Iterator[Finding]:
    """Yield open orders past the day they were expected, with packs still to come."""
    left = LINE.c.packs + LINE.c.resend - LINE.c.received - LINE.c.cancelled
    outstanding = sa.func.sum(left)
    rest_only = sa.and_(LINE.c.promised_on.is_not(None), LINE.c.received >= LINE.c.confirmed)
    due_on = sa.case((rest_only, LINE.c.promised_on), else_=ORDER.c.expected_on)
    query = (
        sa.select(
            ORDER.c.id,
            ORDER.c.clinic_id,
            ORDER.c.number,
            sa.func.min(due_on).label("expected_on"),
            SUPPLIER.c.name,
            outstanding.label("outstanding"),
        )
        .select_from(ORDER)
        .join(LINE, LINE.c.order_id == ORDER.c.id)
        .join(SUPPLIER, SUPPLIER.c.id == ORDER.c.supplier_id)
        .where(
            scope.limit(ORDER.c.clinic_id),
            ORDER.c.stage.in_(OPEN_STAGES),
            left > 0,
            due_on < max((p.today for p in scope.places.values()), default=None),
        )
        .group_by(ORDER.c.id, SUPPLIER.c.id)
    )
    for row in db.session.execute(query):
        if row.expected_on < scope.places[row.clinic_id].today:
            facts = {
                "order": row.number,
                "supplier": row.name,
                "expected_on": row.expected_on.isoformat(),
                "packs": int(row.outstanding),
            }
            kind = AlertKind.DELIVERY_OVERDUE
            yield Finding(row.clinic_id, kind, f"order:{row.id}", facts, order_id=row.id)


def transfer_findings(scope: Scope) -> Iterator[Finding]:
    """Yield transfers in transit for too long, at both clinics."""
    query = (
        sa.select(
            TRANSFER.c.id,
            TRANSFER.c.code,
            TRANSFER.c.sent_at,
            TRANSFER.c.clinic_id,
            TRANSFER.c.to_clinic_id,
            SENDER.c.name.label("sender"),
            RECEIVER.c.name.label("receiver"),
        )
        .join(SENDER, SENDER.c.id == TRANSFER.c.clinic_id)
        .join(RECEIVER, RECEIVER.c.id == TRANSFER.c.to_clinic_id)
        .where(
            TRANSFER.c.status == sa.literal_column("'in_transit'"),
            sa.or_(scope.limit(TRANSFER.c.clinic_id), scope.limit(TRANSFER.c.to_clinic_id)),
            TRANSFER.c.sent_at < scope.now - dt.timedelta(days=OVERDUE_DAYS),
        )
        .order_by(unindexed(TRANSFER.c.id))
    )
    for row in db.session.execute(query):
        facts = {"transfer": row.code, "transfer_id": row.id, "sent_at": row.sent_at.isoformat()}
        for clinic_id, other in ((row.to_clinic_id, row.sender), (row.clinic_id, row.receiver)):
            if clinic_id in scope.places:
                arrives = clinic_id == row.to_clinic_id
                said = {**facts, "clinic": other, "arrives": arrives}
                said["timezone"] = scope.places[clinic_id].timezone
                kind = AlertKind.DELIVERY_OVERDUE
                yield Finding(clinic_id, kind, f"transfer:{row.id}", said)


def _dated_lots(scope: Scope) -> sa.Select[Any]:
    """Return what is on shelves of every lot whose expiry may be near somewhere."""
    horizon = max(
        (p.today + dt.timedelta(days=p.expiring_days) for p in scope.places.values()),
        default=None,
    )
    return (
        sa.select(
            BALANCE.c.clinic_id,
            BALANCE.c.item_id,
            BALANCE.c.lot_id,
            BALANCE.c.quantity,
            LOT.c.number,
            LOT.c.expiry,
            LOT.c.content_per_container,
            *ITEM_FACTS,
        )
        .select_from(BALANCE)
        .join(LOT, LOT.c.id == BALANCE.c.lot_id)
        .join(LOCATION, LOCATION.c.id == BALANCE.c.location_id)
        .join(ITEM, ITEM.c.id == BALANCE.c.item_id)
        .where(
            scope.limit(BALANCE.c.clinic_id),
            scope.about(BALANCE.c.item_id),
            availability.on_shelf(),
            LOT.c.expiry <= horizon,
        )
    )


def _expiry_kind(expiry: dt.date, place: Place) -> AlertKind | None:
    if is_expired(expiry, place.today):
        return AlertKind.EXPIRED
    if expiry <= place.today + dt.timedelta(days=place.expiring_days):
        return AlertKind.EXPIRING
    return None


def _lot_finding(clinic_id: int, kind: AlertKind, row: Any, quantity: Decimal) -> Finding:
    facts = item_facts(row, row.content_per_container) | {
        "lot": row.number,
        "expiry": row.expiry.isoformat(),
        "quantity": as_text(quantity),
    }
    return Finding(
        clinic_id, kind, f"lot:{row.lot_id}", facts, item_id=row.item_id, lot_id=row.lot_id
    )
