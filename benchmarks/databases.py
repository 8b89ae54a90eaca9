"""Migrated databases to measure on: SQLite in a temporary folder, PostgreSQL of our own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
import psycopg
import sqlalchemy as sa
from flask import Flask

from supply import create_app
from supply.db import db, transaction
from tests.support.postgres import start_postgres

ENGINES = ("sqlite", "postgresql")


@contextmanager
def application(engine: str) -> Iterator[Flask]:
    """Yield the application on a fresh, migrated database of ``engine``, its context pushed."""
    with (
        tempfile.TemporaryDirectory(prefix="supply-bench-") as folder,
        _url(engine, Path(folder)) as url,
    ):
        app = create_app(
            {
                "SQLALCHEMY_DATABASE_URI": url,
                "INSTANCE_PATH": folder,
                "SECRET_KEY": "bench",
                "WTF_CSRF_ENABLED": False,
                "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 8},
            }
        )
        with app.app_context():
            flask_migrate.upgrade()
            yield app
            db.session.remove()
            db.engine.dispose()


def count_rows() -> None:
    """Let the planner know what the database holds now, after many rows came at once."""
    if db.engine.dialect.name == "sqlite":
        with transaction():
            db.session.execute(sa.text("ANALYZE"))
        return
    # Past the product's own connections, which wait for the server no longer than pages may.
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


@contextmanager
def _url(engine: str, folder: Path) -> Iterator[str]:
    if engine == "sqlite":
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
        return
    server = start_postgres()
    try:
        yield server.url.render_as_string(hide_password=False)
    finally:
        server.stop()
