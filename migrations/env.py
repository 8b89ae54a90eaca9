"""Runs migrations on the application's own engine, one transaction for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context

from supply.db import Instant, Quantity, create_missing_file, db
from supply.searching import INDEX


def render_item(kind: str, item: Any, _autogen: object) -> str | bool:
    """Write our column types as what the database stores."""
    if kind == "type" and isinstance(item, Quantity):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def is_of_models(name: str | None, kind: str, _parents: object) -> bool:
    """Leave out the index of words, which is no model's."""
    return not (kind == "table" and str(name).startswith(INDEX))


@contextmanager
def tables_may_be_made_anew(connection: sa.Connection) -> Iterator[None]:
    """Let SQLite drop a table that others refer to: its keys are checked when all is done.

    It can change a column's rules only by making the table anew, and looks at foreign keys when
    the old one goes. The setting takes effect outside a transaction only.
    """
    driver = connection.connection.driver_connection
    if connection.dialect.name != "sqlite" or driver is None:
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        # Reading began a transaction, within which SQLite would not hear it.
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def check_references(connection: sa.Connection) -> None:
    """Refuse to end a migration of SQLite with a row that refers to nothing."""
    if connection.dialect.name == "sqlite":
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if lost:
            raise RuntimeError(f"rows refer to nothing after the migration: {lost[:10]}")


def run() -> None:
    """Migrate online; there is no offline mode, for the triggers need a dialect."""
    create_missing_file(db.engine)
    with db.engine.connect() as connection, tables_may_be_made_anew(connection):
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            include_name=is_of_models,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with connection.execution_options(supply_write=True).begin(), context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # Two machines may start at once: one migrates, the other waits and finds it done.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(5019)"))
            context.run_migrations()
            check_references(connection)


run()
