"""The database: declarative base, column types, engine set-up, and the transaction.

One rule holds everywhere: services flush, and whoever called them (a view, a
job, a command) opens exactly one :func:`transaction`. Return commits, raise
rolls back.
"""

from __future__ import annotations

import datetime as dt
import enum
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import psycopg
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, Dialect, Engine, RootTransaction
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.orm import DeclarativeBase, Mapped, SessionTransaction, mapped_column

from supply import postgresql
from supply.outage import DatabaseGoneError
from supply.quantity import from_thousandths, to_thousandths

BUSY_SECONDS = 10
"""How long a writer waits for its turn, or for another's lock, before it gives up."""

AnyRow: TypeAlias = sa.Row[*tuple[Any, ...]]
"""A row of a statement whose columns are read by name."""

BRIEF_MILLISECONDS = 200
"""How long one waits who would rather not write than keep somebody waiting."""

_WRITE = "supply_write"
"""The option of a connection outside a session whose transactions write."""
_beginning: ContextVar[Literal["patiently", "briefly"] | None] = ContextVar(
    "beginning", default=None
)
"""How the write transaction that is beginning waits for its lock; None: none is.

An option of the session's connection would say the same, at a twentieth of what recording takes.
"""
_CONNECTION = "supply_connection"
"""Where a session keeps the connection of the write transaction it takes part in."""

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


def derived(source: str, how: Callable[[str], str]) -> Callable[[Any], str]:
    """Return the default of a column that follows from ``source``, which never changes.

    It holds for every way a row is inserted, by the session or by a statement.
    """

    def value(context: Any) -> str:
        return how(context.get_current_parameters()[source])

    return value


def word(kind: type[enum.StrEnum], name: str | None = None) -> sa.Enum:
    """Return the column type of an enumeration: its word, guarded by a CHECK.

    ``name`` is what the CHECK is called where the table has another column of the kind.
    """
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=name or kind.__name__.lower(),
    )


class Base(DeclarativeBase):
    """Base of every model."""

    metadata = metadata


class Identified:
    """Mix-in: an integer primary key."""

    id: Mapped[int] = mapped_column(Key, primary_key=True, autoincrement=True)


NO_ID_TWICE: Final = {"sqlite_autoincrement": True}
"""Last of a table's arguments where rows are deleted that pages and programs name by id.

SQLite would give the id of a deleted row to the next one, and who still looks at the old one would
act on another. PostgreSQL never does.
"""


def key_of(instance: Identified) -> int:
    """Return the primary key of a row that was read, without reading it again.

    A transaction begins by forgetting what was read before it; the key cannot have changed.
    """
    identity = sa.inspect(instance).identity
    return int(identity[0]) if identity else instance.id


class _JoiningSession(Session):
    """A session that takes part in the write transaction that is open, once it is used at all.

    Much that is written never needs it: a session that began with every transaction would take
    a tenth of what recording a treatment takes.
    """

    def get_bind(self, *arguments: Any, **options: Any) -> Engine | Connection:
        """Return the connection of the write transaction; without one, the engine."""
        joined: Connection | None = self.info.get(_CONNECTION)
        return super().get_bind(*arguments, **options) if joined is None else joined

    def begin_nested(self) -> SessionTransaction:
        """Begin a savepoint at once: what :func:`execute` writes past the session is in it too."""
        savepoint = super().begin_nested()
        self.connection()
        return savepoint


db = SQLAlchemy(model_class=Base, session_options={"class_": _JoiningSession})


@contextmanager
def transaction(*, patient: bool = True) -> Iterator[None]:
    """Run the block as one write transaction: commit on return, roll back on raise.

    A read transaction that the request began is ended first, so that what the
    block reads is read under its own locks. On SQLite the transaction begins
    IMMEDIATE: two writers queue instead of failing half-way. One that is not
    ``patient`` fails where it would have to queue for long.
    """
    session = db.session()
    session.rollback()
    with db.engine.connect() as connection, _begun(connection, patient=patient):
        session.info[_CONNECTION] = connection
        try:
            yield
            if session.in_transaction():
                session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.info[_CONNECTION]


def _begun(connection: Connection, *, patient: bool) -> RootTransaction:
    """Begin the write transaction of ``connection``."""
    beginning = _beginning.set("patiently" if patient else "briefly")
    try:
        begun = connection.begin()
    finally:
        _beginning.reset(beginning)
    if not patient and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {BRIEF_MILLISECONDS}")
    return begun


def is_writing() -> bool:
    """Return whether a write transaction is open: what it wrote may yet be undone."""
    return _CONNECTION in db.session.info


def install_engine_events(engine: Engine, statement_seconds: int | None = None) -> None:
    """Set up SQLite connections (WAL, foreign keys, patience) and who begins IMMEDIATE.

    On PostgreSQL, bound each wait for the server, by ``statement_seconds`` where a statement runs,
    and let errors say what is wrong and not with which values.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "do_connect", postgresql.patiently(statement_seconds))
        event.listen(engine, "handle_error", _hide_values)
        return
    event.listen(engine, "do_connect", _find_file)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)


def engine_options(url: str, statement_seconds: int | None = None) -> dict[str, Any]:
    """Return how to connect to ``url`` so that nobody waits for it without end.

    ``statement_seconds`` bounds each statement on PostgreSQL (None: for jobs and commands, which
    may take their time); waiting for a lock is then bounded as well. Errors never show the
    values of a statement, which logs may not hold.
    """
    options: dict[str, Any] = {"pool_timeout": 10, "hide_parameters": True}
    if sa.make_url(url).get_backend_name() != "postgresql":
        return options
    options["pool_pre_ping"] = True
    connect = dict(postgresql.REACHING)
    if statement_seconds is not None:
        connect["options"] = (
            f"-c statement_timeout={statement_seconds}s -c lock_timeout={BUSY_SECONDS}s "
            f"-c idle_in_transaction_session_timeout={2 * statement_seconds}s"
        )
    return {**options, "connect_args": connect}


def _hide_values(context: ExceptionContext) -> None:
    """Cut from PostgreSQL's error all but its first sentence: the detail quotes whole rows."""
    cause, error = context.original_exception, context.sqlalchemy_exception
    primary = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    if primary is None:
        return
    whole = str(cause)
    cause.args = (primary,)
    if error is not None:
        error.args = (str(error.args[0]).replace(whole, primary), *error.args[1:])


def create_missing_file(engine: Engine) -> None:
    """Make the empty file of a SQLite database that is not there; migrations fill it."""
    path = _file(engine.url.database) if engine.dialect.name == "sqlite" else None
    if path is not None:
        path.touch(mode=0o600)


def _file(database: str | None) -> Path | None:
    """Return the file of a SQLite database; None where it lives in memory or is a URI."""
    return None if database in (None, "", ":memory:") else Path(str(database))


def _find_file(
    _dialect: Dialect, record: Any, arguments: list[Any], _parameters: dict[str, Any]
) -> None:
    """Refuse to begin an empty database where one should be: only a migration does that."""
    path = _file(arguments[0])
    if path is None:
        return
    try:
        record.info["file"] = (path, path.stat())
    except OSError as error:
        raise DatabaseGoneError(f"there is no database at {path}") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transaction handling would begin late and deferred.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # Without it a REPLACE deletes rows past the triggers that refuse a delete.
        "recursive_triggers=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    _same_file(connection)
    beginning = _beginning.get()
    if beginning == "briefly":
        _begin_brief(connection)
        return
    writes = beginning is not None or connection.get_execution_options().get(_WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_brief(connection: Connection) -> None:
    """Begin IMMEDIATE or fail soon; once begun, nothing waits for anybody."""
    connection.exec_driver_sql(f"PRAGMA busy_timeout={BRIEF_MILLISECONDS}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def _same_file(connection: Connection) -> None:
    """Refuse to write into a file that was moved or deleted while it was open."""
    path, opened = connection.connection.info.get("file", (None, None))
    if path is None:
        return
    try:
        found = path.stat()
    except OSError:
        found = None
    if found is None or not os.path.samestat(found, opened):
        connection.invalidate()
        raise DatabaseGoneError(f"the database at {path} is another one than was opened")


def execute(statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
    """Run a Core statement on the session's own connection, in its transaction.

    Past the ORM session, which costs as much again: for statements that run with every entry.
    """
    session = db.session()
    connection = session.info.get(_CONNECTION) or session.connection()
    return connection.execute(statement, parameters)


def unindexed(column: sa.SQLColumnExpression[int]) -> sa.ColumnElement[int]:
    """Return a number's column so that no index of it is used, where another index leaves less.

    SQLite knows nothing of how many rows an index leaves: given an item and what is open at a
    clinic, it goes through all that was ever ordered of the item.
    """
    return column + sa.literal_column("0")


def limits(**ids: Collection[int] | None) -> dict[str, Sequence[int]]:
    """Return what a statement that is built once is limited to, by its parameters' names.

    None limits nothing. The names of what is left say which statement it is.
    """
    return {name: list(found) for name, found in ids.items() if found is not None}


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
