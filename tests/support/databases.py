"""A fresh, migrated database for each test: a copy of a template made once."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
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
        """Copy the template into ``directory`` and return the copy's URL."""
        copy = directory / "supply.db"
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
    _numbers: Iterator[int] = field(default_factory=count)

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
        """Yield the URL of a fresh copy; drop it afterwards, whoever is still connected."""
        name = f"{self._prefix}_{self.worker}_{next(self._numbers)}"
        with self._administer() as connection:
            connection.execute(_statement("CREATE DATABASE {} TEMPLATE {}", name, self.template))
        try:
            yield self._url(name)
        finally:
            with self._administer() as connection:
                connection.execute(_statement("DROP DATABASE {} WITH (FORCE)", name))

    def drop_all(self) -> None:
        """Drop every database this run made."""
        query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        with self._administer() as connection:
            for (name,) in connection.execute(query, [f"{self._prefix}_"]).fetchall():
                connection.execute(_statement("DROP DATABASE {} WITH (FORCE)", name))

    def _administer(self) -> psycopg.Connection[tuple[str, ...]]:
        url = self.server.set(drivername="postgresql")
        return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)

    def _url(self, name: str) -> str:
        return self.server.set(database=name).render_as_string(hide_password=False)


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, names))
