"""A fresh, migrated database for each test: a copy of a template made once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import flask_migrate
import psycopg
from psycopg import sql
from sqlalchemy import URL

from supply import create_app
from supply.extensions import db
from tests.support.settings import settings_for


def migrate(url: str, directory: Path) -> None:
    """Bring the database at ``url`` to the newest migration; ``directory`` is the app's own."""
    app = create_app(settings_for(url, directory))
    with app.app_context():
        flask_migrate.upgrade()
        db.session.remove()
        db.engine.dispose()


@dataclass(frozen=True)
class SqliteDatabases:
    """Copies of one migrated SQLite file."""

    template: Path

    @classmethod
    def prepare(cls, directory: Path) -> Self:
        """Make the template in ``directory``."""
        template = directory / "template.db"
        migrate(f"sqlite:///{template}", directory)
        return cls(template)

    def copy_to(self, directory: Path) -> str:
        """Put a copy of the template into ``directory``, for one that is there; return its URL."""
        copy = directory / "supply.db"
        for before in directory.glob("supply.db*"):
            before.unlink()
        shutil.copyfile(self.template, copy)
        return f"sqlite:///{copy}"


@dataclass(frozen=True)
class PostgresDatabases:
    """Copies of one migrated PostgreSQL database, which all workers of a run share.

    Every database is called ``supply_test_<run>_…``, so that a run can clear up after itself
    on a server it does not own.
    """

    server: URL
    run: str
    worker: str
    _in_use: list[str] = field(default_factory=list)

    @property
    def template(self) -> str:
        """The name of the migrated database that is copied."""
        return f"{self._prefix}_template"

    @property
    def _prefix(self) -> str:
        return f"supply_test_{self.run}"

    def prepare(self, directory: Path) -> None:
        """Make the template unless another worker of this run already has.

        Workers that ask at once wait for the first on an advisory lock.
        """
        with self._administer() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [self.run])
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [self.template]).fetchone():
                return
            unfinished = f"{self.template}_unfinished"
            connection.execute(_statement("CREATE DATABASE {}", unfinished))
            migrate(self._url(unfinished), directory)
            connection.execute(
                _statement("ALTER DATABASE {} RENAME TO {}", unfinished, self.template)
            )

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Yield the URL of a copy of this worker's; empty it afterwards, whoever is connected.

        Making a copy takes many times as long as emptying one, so a worker keeps its own: one
        for each it has in use at a time.
        """
        name = f"{self._prefix}_{self.worker}_{len(self._in_use)}"
        self._ensure(name)
        self._in_use.append(name)
        try:
            yield self._url(name)
        finally:
            self._in_use.remove(name)
            self._empty(name)

    def _ensure(self, name: str) -> None:
        with self._administer() as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [name]).fetchone() is not None:
                return
            connection.execute(_statement("CREATE DATABASE {} TEMPLATE {}", name, self.template))
        with self._connect(name) as connection:
            connection.execute("CREATE SCHEMA first")
            connection.execute("CREATE TABLE first.vat_rate AS TABLE public.vat_rate")

    def _empty(self, name: str) -> None:
        """Delete every row, past triggers and foreign keys, and count from one again.

        What migrations filled in is put back.
        """
        with self._connect(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("SET session_replication_role = replica")
            tables = connection.execute(
                "SELECT tablename FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            ).fetchall()
            deletes = [_statement("DELETE FROM {}", table) for (table,) in tables]
            connection.execute(sql.SQL("; ").join(deletes))
            connection.execute(
                "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) "
                "FROM pg_sequences"
            )
            connection.execute("INSERT INTO vat_rate SELECT * FROM first.vat_rate")
            connection.execute("SELECT setval('vat_rate_id_seq', max(id)) FROM vat_rate")

    def drop_all(self) -> None:
        """Drop every database this run made."""
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        with self._administer() as connection:
            for (name,) in connection.execute(query, [f"{self._prefix}_"]).fetchall():
                connection.execute(_statement("DROP DATABASE {} WITH (FORCE)", name))

    def _connect(self, name: str) -> psycopg.Connection[tuple[str, ...]]:
        url = self.server.set(drivername="postgresql", database=name)
        return psycopg.connect(url.render_as_string(hide_password=False))

    def _administer(self) -> psycopg.Connection[tuple[str, ...]]:
        url = self.server.set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, names))
