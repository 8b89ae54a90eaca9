"""The past of a demonstration, many times over: what is finished, further back each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

from benchmarks.databases import count_rows
from supply.alerts.models import Alert
from supply.audit.models import AuditRow
from supply.db import Base, Instant, db, table, transaction
from supply.inventory.models import Balance, Entry, Lot, Move
from supply.ordering.models import OrderEvent, OrderLine, PurchaseOrder
from supply.ordering.terms import Stage
from supply.outbox.models import Mail
from supply.receiving.models import Receipt, ReceiptLine
from supply.shipping.models import Shipment, ShipmentLine
from supply.treatments.models import Course, SessionLine, TreatmentSession
from supply.treatments.terms import SessionStatus

APART: Final = 10_000_000
"""Between the ids of one copy and of the next: more than a demonstration has rows."""

_UNIQUE_TEXTS: Final = {"number", "normalised", "code", "message_id"}
_ELSEWHERE: Final = {"source_id", "subject_id"}
"""Ids of other rows that no foreign key declares."""

Condition = ColumnElement[bool]


def repeat_past(times: int, days: int) -> None:
    """Make the past ``times`` as long: copies of it, each ``days`` further back; commits."""
    _repeat(_past(), times, days)


def repeat_orders(wanted: int, days: int) -> int:
    """Copy finished orders until there are ``wanted`` of them, each copy ``days`` further back.

    Returns how many there are; commits.
    """
    there = db.session.scalar(sa.select(sa.func.count(PurchaseOrder.id)).where(_OVER)) or 0
    times = -(-wanted // there)
    # A pace of years keeps dates within what a database can write.
    _repeat(_orders(), times, min(days, 300_000 // times))
    return there * times


def _repeat(rows: Mapping[type[Base], Condition], times: int, days: int) -> None:
    past = {table(model): _original(model, which) for model, which in rows.items()}
    with transaction():
        for into in past:
            _copy(into, past, times, days)
    count_rows()


_OVER: Final = PurchaseOrder.stage.in_((Stage.CLOSED, Stage.CANCELLED))


def _orders() -> Mapping[type[Base], Condition]:
    """Return what belongs to orders that are over, but for what was taken in of them."""
    finished = sa.select(PurchaseOrder.id).where(_OVER)
    shipments = sa.select(Shipment.id).where(Shipment.order_id.in_(finished))
    return {
        PurchaseOrder: PurchaseOrder.id.in_(finished),
        OrderLine: OrderLine.order_id.in_(finished),
        OrderEvent: OrderEvent.order_id.in_(finished),
        Shipment: Shipment.id.in_(shipments),
        ShipmentLine: ShipmentLine.shipment_id.in_(shipments),
    }


def _past() -> Mapping[type[Base], Condition]:
    """Return what is over: which rows of which tables, referenced ones first."""
    used_up = (
        sa.select(Balance.lot_id)
        .group_by(Balance.lot_id)
        .having(sa.func.max(Balance.quantity) == 0)
    )
    finished = sa.select(PurchaseOrder.id).where(_OVER)
    shipments = sa.select(Shipment.id).where(Shipment.order_id.in_(finished))
    receipts = sa.select(Receipt.id).where(
        sa.or_(Receipt.order_id.in_(finished), Receipt.order_id.is_(None)),
        sa.or_(Receipt.shipment_id.in_(shipments), Receipt.shipment_id.is_(None)),
    )
    given = TreatmentSession.status == SessionStatus.RECORDED
    recorded = sa.select(TreatmentSession.id).where(given)
    return {
        Lot: Lot.id.in_(used_up),
        Balance: sa.and_(Balance.lot_id.in_(used_up), Balance.container_id.is_(None)),
        Course: sa.true(),
        TreatmentSession: TreatmentSession.id.in_(recorded),
        SessionLine: SessionLine.session_id.in_(recorded),
        Entry: Entry.reverses_id.is_(None),
        Move: Move.entry_id.in_(sa.select(Entry.id).where(Entry.reverses_id.is_(None))),
        AuditRow: sa.true(),
        **_orders(),
        Receipt: Receipt.id.in_(receipts),
        ReceiptLine: ReceiptLine.receipt_id.in_(receipts),
        Mail: Mail.sent_at.is_not(None),
        Alert: Alert.resolved_at.is_not(None),
    }


def _original(model: type[Base], condition: Condition) -> Condition:
    return sa.and_(table(model).c.id < APART, condition)


def _copy(into: sa.Table, past: Mapping[sa.Table, Condition], times: int, days: int) -> None:
    """Insert every copy of what is past in one table, with ids, links and times moved."""
    copies = sa.select(sa.literal(1, sa.BigInteger).label("number")).cte("copies", recursive=True)
    copies = copies.union_all(sa.select(copies.c.number + 1).where(copies.c.number < times - 1))
    number = copies.c.number
    columns = list(into.columns)
    moved = [_moved(column, past, number, days).label(column.name) for column in columns]
    # Every row with every copy is meant.
    source = sa.select(*moved).select_from(into.join(copies, sa.true())).where(past[into])
    db.session.execute(sa.insert(into).from_select(columns, source))


def _moved(
    column: sa.Column[Any],
    past: Mapping[sa.Table, Condition],
    number: ColumnElement[int],
    days: int,
) -> ColumnElement[Any]:
    """Return what stands in ``column`` of a copy."""
    apart = number * APART
    if column.primary_key or column.name in _ELSEWHERE:
        return column + apart
    for key in column.foreign_keys:
        there = key.column.table
        if there in past:
            ours = column.in_(sa.select(key.column).where(past[there]))
            return sa.case((ours, column + apart), else_=column)
    if column.name in _UNIQUE_TEXTS and isinstance(column.type, sa.String):
        return column + "~" + sa.cast(number, sa.String)
    if isinstance(column.type, Instant | sa.Date):
        return _earlier(column, number * days)
    return column


def _earlier(column: sa.Column[Any], days: ColumnElement[int]) -> ColumnElement[Any]:
    if db.engine.dialect.name == "postgresql":
        return column.op("-")(sa.func.make_interval(0, 0, 0, sa.cast(days, sa.Integer)))
    back = sa.literal("-") + sa.cast(days, sa.String) + " days"
    if isinstance(column.type, sa.Date):
        return sa.func.date(column, back)
    # Written as instants are: with six decimals of a second.
    return sa.func.strftime("%Y-%m-%d %H:%M:%f", column, back) + "000"
