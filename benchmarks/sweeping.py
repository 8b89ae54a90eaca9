"""The sweep over 100 clinics of 200 items against the bare SELECT of the same rows.

And after a change at one clinic, where it looks at the items touched: cost follows their number.
"""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from benchmarks.databases import ENGINES, application
from supply.accounts.models import Clinic, Practice
from supply.db import db, table, transaction
from supply.inventory.ledger import BALANCE
from supply.inventory.models import Lot
from supply.items.models import Item, Location
from supply.replenishment.models import Policy
from supply.replenishment.sweep import sweep
from tests.factories import NOW

CLINICS, ITEMS = 100, 200
RUNS = 9
LIMIT = 5


def main() -> None:
    """Print, per engine, what the sweep costs per item, in bare SELECTs."""
    for engine in ENGINES:
        with application(engine):
            with transaction():
                fill()
            analyse()
            first = seconds(_sweep)
            bare = statistics.median(seconds(_bare_select) for _ in range(RUNS))
            swept = statistics.median(seconds(_sweep) for _ in range(RUNS))
            items = CLINICS * ITEMS
            of_items = ", ".join(f"{count}: {_changed(count):.1f} ms" for count in (1, 20, ITEMS))
            print(
                f"sweep, {engine}: first {first:.2f} s; then {swept / items * 1e6:.1f} µs an item, "
                f"bare SELECT {bare / items * 1e6:.1f} µs; "
                f"ratio {swept / bare:.2f} (aim < {LIMIT})"
            )
            print(f"sweep, {engine}: after so many items changed at one clinic: {of_items}")


def _sweep() -> None:
    with transaction():
        sweep(NOW)


def _changed(count: int) -> float:
    """Return the milliseconds of a sweep after ``count`` items of one clinic changed."""
    clinic = db.session.scalars(sa.select(Clinic.id).order_by(Clinic.id)).first()
    items = db.session.scalars(sa.select(Item.id).order_by(Item.id).limit(count)).all()
    db.session.rollback()

    def work() -> None:
        with transaction():
            sweep(NOW, [clinic or 0], items)

    return statistics.median(seconds(work) for _ in range(RUNS)) * 1000


def _bare_select() -> None:
    """Read the rows the sweep judges by: balances with lot and place, and policies."""
    connection = db.session.connection()
    connection.exec_driver_sql(
        "SELECT b.clinic_id, b.item_id, b.lot_id, b.location_id, b.container_id, b.quantity, "
        "b.content_per_container, l.expiry, p.storage, y.reorder_point, y.par_level "
        "FROM balance b JOIN lot l ON l.id = b.lot_id JOIN location p ON p.id = b.location_id "
        "JOIN policy y ON y.clinic_id = b.clinic_id AND y.item_id = b.item_id "
        "WHERE b.quantity > 0"
    ).fetchall()
    db.session.rollback()


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def fill(count: int = CLINICS) -> None:
    """Add clinics and items with two lots each and a policy; one item in ten is low."""
    practice = _insert(
        table(Practice),
        [{"code": "p", "name": "P", "currency": "EUR", "locale": "en", "created_at": NOW}],
    )[0]
    clinics = _insert(table(Clinic), [_clinic(practice, n) for n in range(count)])
    shelves = _insert(
        table(Location),
        [{"clinic_id": c, "kind": "shelf", "name": "S", "storage": "ambient"} for c in clinics],
    )
    items = _insert(table(Item), [_item(practice, n) for n in range(ITEMS)])
    lots = _insert(
        table(Lot),
        [_lot(practice, item, n) for item in items for n in range(2)],
    )
    rows = [
        {
            "clinic_id": clinic, "location_id": shelf, "item_id": items[index // 2],
            "lot_id": lot, "quantity": Decimal(2 if index % 20 < 2 else 30),
            "content_per_container": Decimal(1), "first_in_at": NOW,
        }
        for clinic, shelf in zip(clinics, shelves, strict=True)
        for index, lot in enumerate(lots)
    ]  # fmt: skip
    db.session.execute(sa.insert(BALANCE), rows)
    policies = [
        {
            "clinic_id": clinic, "item_id": item, "method": "fixed",
            "reorder_point": Decimal(20), "par_level": Decimal(60), "updated_at": NOW,
        }
        for clinic in clinics
        for item in items
    ]  # fmt: skip
    db.session.execute(sa.insert(table(Policy)), policies)


def _clinic(practice: int, number: int) -> dict[str, Any]:
    return {
        "practice_id": practice, "code": f"c{number}", "name": f"C{number}",
        "timezone": "Europe/Riga", "currency": "EUR", "locale": "en", "created_at": NOW,
    }  # fmt: skip


def _item(practice: int, number: int) -> dict[str, Any]:
    return {
        "practice_id": practice, "code": f"I{number}", "name": f"Item {number}", "unit": "each",
        "content_per_container": Decimal(1), "dose": "none", "storage": "ambient",
        "created_at": NOW,
    }  # fmt: skip


def _lot(practice: int, item: int, number: int) -> dict[str, Any]:
    return {
        "practice_id": practice, "item_id": item, "number": f"L{number}",
        "normalised": f"L{number}", "expiry": dt.date(2027, 1 + number, 28),
        "content_per_container": Decimal(1), "created_at": NOW,
    }  # fmt: skip


def _insert(into: sa.Table, rows: list[dict[str, Any]]) -> list[int]:
    statement = sa.insert(into).returning(into.c.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows))


def analyse() -> None:
    """Let the planner know what there is."""
    db.session.execute(sa.text("ANALYZE"))
    db.session.commit()
