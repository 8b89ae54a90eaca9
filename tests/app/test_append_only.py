"""No statement changes what was written, and `ledger verify` says what was changed past us."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DatabaseError

from supply.db import db, transaction
from supply.inventory.verification import APPEND_ONLY, verify
from tests.factories import AMPOULE, World, make_world, stock

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(app: Flask) -> World:
    world = make_world()
    stock(world, AMPOULE, "50")
    db.session.rollback()
    return world


def _rows(table: str) -> list[sa.Row[tuple[object, ...]]]:
    found = list(db.session.execute(sa.text(f"SELECT * FROM {table} ORDER BY id")))  # noqa: S608
    db.session.rollback()
    return found


WAYS = (
    "UPDATE {table} SET id = id",
    "DELETE FROM {table}",
    "INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    "REPLACE INTO {table} SELECT * FROM {table}",
    "UPDATE OR REPLACE {table} SET id = id + 1",
    "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT (id) DO UPDATE SET id = 99",
)


@SQLITE
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("table", ["entry", "move", "audit_row"])
@pytest.mark.parametrize("way", WAYS)
def test_no_statement_gets_past(world: World, table: str, way: str, recursive: str) -> None:
    """With our pragma, and without it as any other client of the file would come."""
    before = _rows(table)
    assert before
    with db.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA recursive_triggers={recursive}")
        connection.commit()
        with pytest.raises(DatabaseError, match="append-only"):
            connection.exec_driver_sql(way.format(table=table))
        connection.rollback()
        connection.exec_driver_sql("PRAGMA recursive_triggers=ON")
    assert _rows(table) == before


@SQLITE
def test_our_connections_fire_triggers_for_what_a_replace_removes(app: Flask) -> None:
    assert db.session.execute(sa.text("PRAGMA recursive_triggers")).scalar_one() == 1


def test_a_trigger_that_is_gone_is_said(world: World) -> None:
    assert verify() == []
    db.session.rollback()
    on_sqlite = db.engine.dialect.name == "sqlite"
    name = "move_refuses_update" if on_sqlite else "move_refuses_change"
    with transaction():
        db.session.execute(sa.text(f"DROP TRIGGER {name}" + ("" if on_sqlite else " ON move")))
        assert verify() == [f"table move: the trigger {name} that keeps its rows is gone"]
        db.session.rollback()
    assert set(APPEND_ONLY) == {
        "entry",
        "move",
        "audit_row",
        "order_event",
        "settlement",
        "seal",
        "adverse_event",
        "adverse_event_lot",
        "adverse_event_note",
    }
