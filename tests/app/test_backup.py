"""A backup holds everything, goes back into an empty database of either engine, and no other."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.queries import person_with_email
from supply.accounts.services import create_practice, verify_password
from supply.actor import SYSTEM
from supply.backup import (
    FILLED_ANYWAY,
    BackupRefused,
    backup,
    decoder_of,
    encoded,
    restore,
    tables_of,
)
from supply.db import db, transaction
from supply.inventory.verification import verify
from supply.seals.sealing import mark, seal
from tests import factories
from tests.conftest import AppFactory
from tests.support.cast import make_cast
from tests.support.databases import PostgresDatabases, SqliteDatabases
from tests.support.people import NOW, PASSWORD


def _rows(app: Flask) -> dict[str, list[Any]]:
    """Return every row of every table, as Python has it.

    But for the edition of a catalogue: another database's is another.
    """
    with app.app_context():
        tables = db.metadata.sorted_tables
        rows = {
            table.name: sorted(map(repr, db.session.execute(sa.select(*_kept(table))).all()))
            for table in tables
        }
        db.session.remove()
        return rows


def _kept(table: sa.Table) -> list[sa.Column[Any]]:
    return [column for column in table.columns if column.name != "catalogue_edition"]


def test_everything_comes_back_on_either_engine(
    app: Flask,
    make_app: AppFactory,
    tmp_path: Path,
    sqlite_databases: SqliteDatabases,
    postgres_databases: PostgresDatabases,
) -> None:
    make_cast()
    factories.stock(factories.make_world(), factories.AMPOULE, "50")
    assert seal(mark(), NOW) == 1
    db.session.remove()
    file = tmp_path / "copy.supply"
    counts = backup(file)
    assert file.stat().st_mode & 0o077 == 0
    assert counts["person"] > 5
    assert counts["product"] > 0
    (tmp_path / "other").mkdir()
    with postgres_databases.copy() as postgres:
        for url in (sqlite_databases.copy_to(tmp_path / "other"), postgres):
            other = make_app(SQLALCHEMY_DATABASE_URI=url)
            with other.app_context():
                assert restore(file) == counts
                assert verify() == [], "seals hold on the other engine"
                db.session.remove()
            assert _rows(other) == _rows(app)
            _still_works(other)
            with other.app_context():
                db.engine.dispose()


VALUES: dict[type, Any] = {
    int: 2**62,
    float: 0.1,
    str: "Ä",
    bool: True,
    bytes: b"\x00\xff",
    object: {"a": [1, None]},
    dt.date: dt.date(2026, 2, 28),
    dt.time: dt.time(9, 45),
    dt.datetime: dt.datetime(2026, 6, 15, 9, 30, 0, 1, tzinfo=dt.UTC),
}


def test_every_kind_of_column_has_a_way_there_and_back(app: Flask) -> None:
    with db.engine.connect() as connection:
        columns = [column for table in tables_of(connection) for column in table.columns]
    kinds = {column.type.python_type for column in columns}
    assert dt.time in kinds
    for column in columns:
        value = VALUES[column.type.python_type]
        there = json.loads(json.dumps(encoded(value)))
        decoder = decoder_of(column, "postgresql")
        assert (decoder(there) if decoder else there) == value, column


def _still_works(app: Flask) -> None:
    """New rows get new keys, and people sign in as before."""
    with app.app_context():
        with transaction():
            made = create_practice(name="New", code="brand-new", actor=SYSTEM, now=NOW)
            assert made.id > 2
        person = person_with_email("olga@clinic.example")
        assert person is not None
        assert verify_password(person, PASSWORD)
        db.session.remove()


def test_a_database_with_rows_is_left_alone(app: Flask, tmp_path: Path) -> None:
    make_cast()
    db.session.remove()
    file = tmp_path / "copy.supply"
    backup(file)
    before = _rows(app)
    with pytest.raises(BackupRefused, match="not empty"):
        restore(file)
    assert _rows(app) == before


@pytest.mark.parametrize(
    "fault",
    ["text", "cut off", "no manifest", "missing rows", "unknown revision", "odd rows", "list"],
)
def test_a_broken_file_fills_nothing(
    app: Flask, make_app: AppFactory, tmp_path: Path, sqlite_databases: SqliteDatabases, fault: str
) -> None:
    make_cast()
    db.session.remove()
    file = tmp_path / "copy.supply"
    backup(file)
    _break(file, fault)
    (tmp_path / "other").mkdir()
    other = make_app(
        SQLALCHEMY_DATABASE_URI=sqlite_databases.copy_to(tmp_path / "other"),
    )
    with other.app_context(), pytest.raises(BackupRefused):
        restore(file)
    assert {name for name, rows in _rows(other).items() if rows} == FILLED_ANYWAY


def _break(file: Path, fault: str) -> None:
    if fault == "text":
        file.write_text("not a zip")
        return
    with zipfile.ZipFile(file) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    if fault == "cut off":
        file.write_bytes(file.read_bytes()[:-200])
        return
    if fault == "no manifest":
        del content["manifest.json"]
    elif fault == "list":
        content["manifest.json"] = b"[1, 2]"
    elif fault == "odd rows":
        content["tables/person.jsonl"] = b'{"id": "x", "created_at": 7}\n'
    elif fault == "unknown revision":
        manifest = json.loads(content["manifest.json"])
        content["manifest.json"] = json.dumps({**manifest, "revision": "9999"}).encode()
    else:
        manifest = json.loads(content["manifest.json"])
        manifest["rows"]["audit_row"] += 1
        content["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
