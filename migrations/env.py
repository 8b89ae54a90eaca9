"""Runs migrations on the application's own engine, one transaction for all of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context

from supply.db import Instant, Quantity, db


def render_item(kind: str, item: Any, _autogen: object) -> str | bool:
    """Write our column types as what the database stores."""
    if kind == "type" and isinstance(item, Quantity):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Migrate online; there is no offline mode, for the triggers need a dialect."""
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
        )
        with connection.execution_options(supply_write=True).begin(), context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # Two machines may start at once: one migrates, the other waits and finds it done.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(5019)"))
            context.run_migrations()


run()
