"""How many statements the main pages of both sides take, and what they go through."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.models import Supplier
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.demo.goods import PICTURED
from supply.recalls.models import Recall
from supply.replenishment.sweep import sweep
from tests.support.databases import SqliteDatabases
from tests.support.demonstration import ADMIN, MOMENT, OWNER, demonstrated, recall_a_lot
from tests.support.people import sign_in
from tests.support.queries import recorded_executions, recorded_statements

MOST = {
    "/c/riga/today": 17,
    "/c/riga/alerts": 10,
    "/c/riga/stock": 9,
    "/c/riga/use": 5,
    "/c/riga/sessions": 5,
    "/c/riga/diary": 8,
    "/c/riga/ready": 19,
    "/c/riga/diary?day=2026-11-25": 8,
    "/c/riga/items/1": 28,
    "/c/riga/what-if?formulation=1&sessions=30": 32,
    "/c/riga/policies/switch": 22,
    "/c/riga/formulations": 5,
    "/c/riga/proposals": 7,
    "/c/riga/basket": 10,
    "/c/riga/orders": 5,
    "/c/riga/receive": 8,
    "/c/riga/open": 5,
    "/c/riga/transfers": 8,
    "/c/riga/transfers/new": 5,
    "/c/riga/labels?lot=1&lot=2&location=1": 6,
    "/c/riga/catalogue": 11,
    "/c/riga/catalogue?q=nedle&category=needle&storage=ambient": 12,
    "/c/riga/catalogue/{product}": 26,
    "/c/riga/policies": 8,
    "/c/riga/trace": 2,
    "/c/riga/trace?patient=P-1": 8,
    "/c/riga/recalls": 6,
    "/c/riga/recalls/{recall}": 18,
    "/s/amber-coast/recalls": 7,
    "/s/amber-coast/recalls/{recall}": 16,
    "/c/riga/events": 7,
    "/c/riga/losses": 8,
    "/c/riga/counts": 8,
    "/c/riga/losses/unexplained": 15,
    "/s/amber-coast/orders": 8,
    "/s/amber-coast/stock": 12,
    "/s/amber-coast/stock?show=short": 13,
    "/s/amber-coast/stock/take": 5,
    "/s/amber-coast/invoices": 10,
    "/s/amber-coast/accounts": 5,
    "/s/amber-coast/accounts/aurora/EUR": 14,
    "/p/aurora/accounts": 5,
    "/p/aurora/accounts/amber-coast/EUR": 14,
    "/p/aurora/accounts/amber-coast/EUR/statement": 10,
    "/s/amber-coast/products": 6,
    "/s/amber-coast/products/{product}": 12,
    "/s/amber-coast/products/{product}/prices": 12,
    "/s/amber-coast/people": 7,
}
"""Statements of a page at most, the one included that reads who is there by which session."""

GROWING = {
    "adverse_event",
    "alert",
    "audit_row",
    "balance",
    "claim",
    "container",
    "count_line",
    "entry",
    "goods_return",
    "hold",
    "lot",
    "mail",
    "move",
    "order_event",
    "order_line",
    "purchase_order",
    "reading",
    "receipt",
    "receipt_line",
    "session_line",
    "shipment",
    "stock_count",
    "transfer",
    "treatment_session",
    "use_day",
}
"""Tables with rows of all that ever was."""

OF_NOW = {
    "ix_balance_there",
    "ix_claim_open",
    "ix_goods_return_open",
    "ix_hold_active",
    "ix_transfer_in_transit",
    "uq_alert_unresolved",
}
"""Indexes that hold what is there, open or under way alone; they may be gone through."""

BY_ONE_THING = re.compile(
    r"SEARCH (move|order_line|treatment_session|use_day)(_\d+)? "
    r"USING .*\((formulation_id|item_id|product_id)=\?\)( LEFT-JOIN)?$"
)
"""How everybody's rows of one item, product or formulation are read, from the first on."""


@pytest.fixture(scope="module")
def demonstration(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A short demonstration."""
    with demonstrated(sqlite_databases, tmp_path_factory.mktemp("statements"), days=8) as app:
        with app.app_context():
            seller = sa.select(Supplier).where(Supplier.code == "amber-coast")
            recall_a_lot(db.session.scalars(seller).one())
            db.session.remove()
        yield app


def _path(page: str) -> str:
    pictured = sa.select(Product.id).where(Product.sku == PICTURED)
    recall = sa.select(sa.func.max(Recall.id))
    return page.format(product=db.session.scalars(pictured).one(), recall=db.session.scalar(recall))


@pytest.mark.parametrize("path", MOST)
def test_a_page_takes_few_statements(demonstration: Flask, path: str) -> None:
    limit = MOST[path]
    with demonstration.app_context():
        path = _path(path)
    client: FlaskClient = demonstration.test_client()
    sign_in(client, ADMIN if path.startswith("/s/") else OWNER)
    client.get(path)
    with demonstration.app_context():
        engine = db.engine

    with recorded_statements(engine) as statements:
        assert client.get(path).status_code == 200

    assert len(statements) <= limit, "\n".join(statements)


def test_nothing_goes_through_all_that_ever_was(demonstration: Flask) -> None:
    """By how the database says it would look: pages and a sweep read what is asked for alone."""
    with demonstration.app_context():
        pages = [_path(page) for page in MOST]
        engine = db.engine
    clients: dict[str, FlaskClient] = {}
    for person in (ADMIN, OWNER):
        clients[person] = demonstration.test_client()
        sign_in(clients[person], person)
    with recorded_executions(engine) as executions:
        for page in pages:
            client = clients[ADMIN if page.startswith("/s/") else OWNER]
            assert client.get(page).status_code == 200
        with demonstration.app_context(), transaction():
            sweep(MOMENT)
    with engine.connect() as connection:
        assert _whole_scans(connection, executions) == []


def _whole_scans(connection: sa.Connection, executions: Mapping[str, Any]) -> list[str]:
    """Return the statements that go through a growing table, and how each would."""
    cursor = connection.connection.cursor()
    found = []
    for statement, parameters in executions.items():
        if statement.startswith(("SELECT", "WITH")):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for *_ids, step in cursor.fetchall():
                if BY_ONE_THING.match(step):
                    found.append(f"{step}: {statement}")
                scan = re.match(r"SCAN (\w+?)(_\d+)?( USING .*INDEX (\w+))?$", step)
                if scan and scan[1] in GROWING and scan[4] not in OF_NOW:
                    found.append(f"{step}: {statement}")
    return found
