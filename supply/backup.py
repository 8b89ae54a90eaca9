"""A copy of the whole database in one file, and its way back into an empty one.

The file is a zip: ``manifest.json`` (format, revision, rows of each table) and one
``tables/<name>.jsonl`` for each table, a row a line. Values are written alike from SQLite and
PostgreSQL, so a copy of one can be restored into the other.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import flask_migrate
import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import ReflectedColumn
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from supply.db import create_missing_file, db
from supply.outage import outage_of
from supply.refusals import Refusal
from supply.revisions import is_known
from supply.searching import INDEX

FORMAT = 1
CHUNK = 1000
LARGE_CHUNK = 4
"""Rows at a time of tables whose rows hold whole files."""
REVISIONS = "alembic_version"
FILLED_ANYWAY = frozenset({"vat_rate"})
"""Tables that migrations fill: of these, what a backup has replaces what is there."""


UNREADABLE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ValueError,
    OverflowError,
    RuntimeError,
)
"""What reading a file raises that is cut off, changed, encrypted, or something else altogether."""


class BackupRefused(Refusal):
    """The database is not empty, or the file is not a whole copy that we can read."""


def backup(target: Path) -> dict[str, int]:
    """Write a consistent copy to ``target`` while others go on; return rows by table.

    Everything is read in one transaction. The file appears whole or not at all, readable by
    its owner only, for it holds password hashes. Raises BackupRefused before any migration.
    """
    part = target.with_name(f"{target.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file, _snapshot() as connection:
            counts = _write(connection, file)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return counts


def restore(source: Path) -> dict[str, int]:
    """Fill the empty database from a copy; return rows by table.

    The copy goes in at the revision it was made at and is migrated from there, so that an
    older one can be read. Raises BackupRefused, and then the database stays empty.
    """
    create_missing_file(db.engine)
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = _manifest(archive)
            _prepare(manifest["revision"])
            with _writing() as connection:
                _fill(connection, archive, manifest["rows"])
    except UNREADABLE as error:
        raise BackupRefused(_("This file is not a whole backup of Supply.")) from error
    except (IntegrityError, DataError, StatementError) as error:
        if outage_of(error) is not None:
            raise
        message = _("This backup holds rows that Supply never wrote: it was changed.")
        raise BackupRefused(message) from error
    flask_migrate.upgrade()
    return dict(manifest["rows"])


@contextmanager
def _snapshot() -> Iterator[Connection]:
    """Yield a connection on which every read sees one moment."""
    # SQLite's transactions see one moment anyway.
    options = {"isolation_level": "REPEATABLE READ"} if db.engine.name == "postgresql" else {}
    with (
        db.engine.connect().execution_options(**options) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _writing() -> Iterator[Connection]:
    with (
        db.engine.connect().execution_options(supply_write=True) as connection,
        connection.begin(),
    ):
        yield connection


def _write(connection: Connection, file: Any) -> dict[str, int]:
    tables = tables_of(connection)
    counts: dict[str, int] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in tables:
            with archive.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as lines:
                counts[table.name] = 0
                for row in _rows(connection, table):
                    lines.write(json.dumps(row).encode() + b"\n")
                    counts[table.name] += 1
        manifest = {"format": FORMAT, "revision": _revision(connection), "rows": counts}
        archive.writestr("manifest.json", json.dumps(manifest, indent=1))
    return counts


def _rows(connection: Connection, table: sa.Table) -> Iterator[dict[str, Any]]:
    order = list(table.primary_key.columns) or list(table.columns)
    result = connection.execution_options(yield_per=_chunk_of(table)).execute(
        sa.select(table).order_by(*order)
    )
    for row in result.mappings():
        yield {name: encoded(value) for name, value in row.items()}


def encoded(value: Any) -> Any:
    """Return ``value`` as JSON has it; SQLite's instants are in UTC and say so afterwards."""
    if isinstance(value, dt.datetime):
        aware = value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value
        return aware.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def decoder_of(column: sa.Column[Any], engine: str) -> Callable[[Any], Any] | None:
    """Return what turns JSON back into the column's value; None where it is the same."""
    if isinstance(column.type, sa.DateTime):
        naive = engine == "sqlite"
        return lambda text: _instant(text, naive=naive)
    if isinstance(column.type, sa.Date):
        return dt.date.fromisoformat
    if isinstance(column.type, sa.Time):
        return dt.time.fromisoformat
    if isinstance(column.type, sa.LargeBinary):
        return base64.b64decode
    return None


def _instant(text: str, *, naive: bool) -> dt.datetime:
    instant = dt.datetime.fromisoformat(text)
    return instant.replace(tzinfo=None) if naive else instant


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    if manifest["format"] != FORMAT or not is_known(manifest["revision"]):
        raise BackupRefused(_("This backup was made by another version of Supply."))
    if archive.testzip() is not None:
        raise BackupRefused(_("This backup is damaged: its checksums do not agree."))
    return manifest


def _prepare(revision: str) -> None:
    """Bring the database, which must hold no rows, to the copy's revision."""
    with db.engine.connect() as connection:
        own = [table for table in tables_of(connection) if table.name not in FILLED_ANYWAY]
        if any(_holds_rows(connection, table) for table in own):
            raise BackupRefused(_("This database is not empty. Restore into a new one."))
        present = _revision(connection) if sa.inspect(connection).has_table(REVISIONS) else None
    if present is None:
        flask_migrate.upgrade(revision=revision)
    elif present != revision:
        message = _(
            "This backup is of another revision. Restore it into a database without tables."
        )
        raise BackupRefused(message)


def _fill(connection: Connection, archive: zipfile.ZipFile, counts: Mapping[str, int]) -> None:
    tables = tables_of(connection)
    if {table.name for table in tables} != set(counts):
        raise BackupRefused(_("This backup has other tables than its revision."))
    for table in tables:
        if table.name in FILLED_ANYWAY:
            connection.execute(table.delete())
        with archive.open(f"tables/{table.name}.jsonl") as lines:
            for rows in _chunks(map(json.loads, lines), _chunk_of(table)):
                connection.execute(table.insert(), _decoded(table, rows, connection.dialect.name))
        found = connection.scalar(sa.select(sa.func.count()).select_from(table))
        if found != counts[table.name]:
            raise BackupRefused(_("This backup is not whole: rows of a table are missing."))
    if connection.dialect.name == "postgresql":
        _set_sequences(connection, tables)


def _decoded(table: sa.Table, rows: Sequence[dict[str, Any]], engine: str) -> list[dict[str, Any]]:
    decoders = {
        column.name: decoder
        for column in table.columns
        if (decoder := decoder_of(column, engine)) is not None
    }
    for row in rows:
        for name, decoder in decoders.items():
            if row[name] is not None:
                row[name] = decoder(row[name])
    return list(rows)


def _chunk_of(table: sa.Table) -> int:
    """Return how many rows of a table are held at a time."""
    large = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
    return LARGE_CHUNK if large else CHUNK


def _chunks(rows: Iterator[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def _set_sequences(connection: Connection, tables: Sequence[sa.Table]) -> None:
    """Let new keys begin after the restored ones."""
    find = sa.text("SELECT pg_get_serial_sequence(:table, 'id')")
    for table in tables:
        if "id" not in table.columns:
            continue
        sequence = connection.scalar(find, {"table": table.name})
        last = connection.scalar(sa.select(sa.func.max(table.c.id)))
        if sequence is not None and last is not None:
            connection.execute(sa.select(sa.func.setval(sequence, last)))


def tables_of(connection: Connection) -> list[sa.Table]:
    """Return the database's own tables, those referred to before those that refer."""
    metadata = sa.MetaData()

    @sa.event.listens_for(metadata, "column_reflect")
    def _keep_null_apart(_inspector: Any, _table: sa.Table, column: ReflectedColumn) -> None:
        if isinstance(column["type"], sa.JSON):
            # Without this, an absent value would come back as the JSON word null.
            column["type"] = sa.JSON(none_as_null=True)

    # The index of words is another one on each database: triggers fill it with the rest.
    metadata.reflect(connection, only=lambda name, _metadata: not name.startswith(INDEX))
    return [table for table in metadata.sorted_tables if table.name != REVISIONS]


def _holds_rows(connection: Connection, table: sa.Table) -> bool:
    return connection.scalar(sa.select(sa.literal(1)).select_from(table).limit(1)) is not None


def _revision(connection: Connection) -> str:
    found = connection.scalar(sa.text(f"SELECT version_num FROM {REVISIONS}"))  # noqa: S608
    if found is None:
        raise BackupRefused(_("This database was never migrated: run supply db upgrade."))
    return str(found)
