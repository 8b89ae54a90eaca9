"""The database: declarative base, column types, engine set-up, and the transaction.

One rule holds everywhere: services flush, and whoever called them (a view, a
job, a command) opens exactly one :func:`transaction`. Return commits, raise
rolls back.
"""

from __future__ import annotations

import datetime as dt
import enum
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from supply.quantity import from_thousandths, to_thousandths

BUSY_MILLISECONDS = 30_000
"""How long a SQLite writer waits for its turn before it gives up."""

AnyRow: TypeAlias = sa.Row[*tuple[Any, ...]]
"""A row of a statement whose columns are read by name."""

_WRITE = "supply_write"

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Primary and foreign keys; SQLite only autoincrements INTEGER."""


class Quantity(sa.types.TypeDecorator[Decimal]):
    """A quantity: thousandths in the database, ``Decimal`` in Python."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Write a Decimal as whole thousandths."""
        return None if value is None else to_thousandths(Decimal(value))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        """Read thousandths (PostgreSQL sums them as NUMERIC) as a Decimal."""
        return None if value is None else from_thousandths(int(value))


class Instant(sa.types.TypeDecorator[dt.datetime]):
    """A point in time: aware in Python, UTC in the database."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Write in UTC; a naive instant is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        """Read as an aware instant in UTC."""
        if value is None:
            return None
        stored: dt.datetime = value
        return stored.replace(tzinfo=dt.UTC) if stored.tzinfo is None else stored.astimezone(dt.UTC)


def word(kind: type[enum.StrEnum]) -> sa.Enum:
    """Return the column type of an enumeration: its word, guarded by a CHECK."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=kind.__name__.lower(),
    )


class Base(DeclarativeBase):
    """Base of every model."""

    metadata = metadata


class Identified:
    """Mix-in: an integer primary key."""

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)


def key_of(instance: Identified) -> int:
    """Return the primary key of a row that was read, without reading it again.

    A transaction begins by forgetting what was read before it; the key cannot have changed.
    """
    identity = sa.inspect(instance).identity
    return int(identity[0]) if identity else instance.id


db = SQLAlchemy(model_class=Base, engine_options={"pool_pre_ping": True})


@contextmanager
def transaction() -> Iterator[None]:
    """Run the block as one write transaction: commit on return, roll back on raise.

    A read transaction that the request began is ended first, so that what the
    block reads is read under its own locks. On SQLite the transaction begins
    IMMEDIATE: two writers queue instead of failing half-way.
    """
    session = db.session
    session.rollback()
    session.connection(execution_options={_WRITE: True})
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise


def install_engine_events(engine: Engine) -> None:
    """Set up SQLite connections (WAL, foreign keys, patience) and who begins IMMEDIATE."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling would begin late and deferred.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def execute(statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
    """Run a Core statement on the session's own connection, in its transaction.

    Past the ORM session, which costs as much again: for statements that run with every entry.
    """
    return db.session.connection().execute(statement, parameters)


def upsert(table: sa.Table) -> Any:
    """Return the bound dialect's INSERT for ``table``, which knows ON CONFLICT."""
    if db.engine.dialect.name == "sqlite":
        return sqlite_insert(table)
    return postgresql_insert(table)


def table(model: type[Base]) -> sa.Table:
    """Return the table of ``model``, for set-based statements."""
    mapped = model.__table__
    if not isinstance(mapped, sa.Table):
        raise TypeError(f"{model.__name__} is not mapped to a table")
    return mapped
