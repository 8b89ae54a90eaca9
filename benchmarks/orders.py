"""Pages of orders on both sides, with a hundred thousand orders behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from unittest import mock

import sqlalchemy as sa

from benchmarks.databases import ENGINES, application
from benchmarks.pages import measure, said
from benchmarks.repeating import repeat_orders
from supply import clock
from supply.accounts.models import Clinic, Supplier
from supply.db import db, transaction
from supply.demo.builder import build
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import OPEN_STAGES
from tests.support.demonstration import ADMIN, MOMENT, OWNER

DAYS = 60
ORDERS = 100_000
MILLISECONDS = 100

CLINIC = (
    *(f"/c/riga/{name}" for name in ("today", "orders", "basket", "receive", "proposals")),
    *(f"/c/riga/orders?show={show}" for show in ("open", "all")),
)
DESK = (
    *(f"/s/amber-coast/{name}" for name in ("orders", "customers", "invoices", "claims")),
    "/s/amber-coast/orders?show=all",
)


def main() -> None:
    """Print, per engine, what each page costs with few orders and with many."""
    for engine in ENGINES:
        with application(engine) as app, mock.patch.object(clock, "now", return_value=MOMENT):
            with transaction():
                build(MOMENT, days=DAYS)
            pages = _pages()
            few = measure(app, pages)
            there = repeat_orders(ORDERS, DAYS)
            many = measure(app, pages)
            for path in few:
                now, then = said(few[path]), said(many[path])
                print(f"page {path}, {engine}: {now}; {there} orders: {then}")
        print(f"(aim: as many statements, at most {MILLISECONDS} ms)")


def _pages() -> Mapping[str, Sequence[str]]:
    """Return the pages of each side, and the page of the last order that both of them see."""
    with db.session.begin():
        order = db.session.scalars(
            sa.select(PurchaseOrder.id)
            .join(PurchaseOrder.clinic)
            .join(PurchaseOrder.supplier)
            .where(
                Clinic.code == "riga",
                Supplier.code == "amber-coast",
                PurchaseOrder.stage.in_(OPEN_STAGES),
            )
            .order_by(PurchaseOrder.id.desc())
        ).first()
    return {
        OWNER: (*CLINIC, f"/c/riga/orders/{order}"),
        ADMIN: (*DESK, f"/s/amber-coast/orders/{order}"),
    }
