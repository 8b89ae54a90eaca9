"""A database that is locked, gone, full or away: 503 in words, and nothing else stops."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import make_url
from werkzeug.test import TestResponse

from supply.db import db
from supply.outage import Outage, outage_of
from supply.postgresql import PatientConnection
from tests.conftest import AppFactory
from tests.support.cast import Cast
from tests.support.people import PASSWORD, sign_in

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
NOWHERE = "postgresql://supply@127.0.0.1:1/supply"


@pytest.fixture
def app(make_app: AppFactory) -> Iterator[Flask]:
    """An app of the test's own: how long it waits is settled when it is made."""
    own = make_app()
    with own.app_context():
        yield own
        db.session.remove()


@pytest.fixture
def database_file(database_url: str) -> Path:
    """The file that a SQLite database is."""
    return Path(make_url(database_url).database or "")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let writers give up at once: what they get then is the same."""
    monkeypatch.setattr(import_module("supply.db"), "BUSY_SECONDS", 0)


def assert_unavailable(answer: TestResponse) -> None:
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    if answer.mimetype == "application/problem+json":
        assert answer.json is not None
        assert answer.json["detail"].startswith("Supply cannot use its database just now.")
        assert answer.json["request_id"] == answer.headers["X-Request-ID"]
    else:
        assert "Supply cannot do this just now" in answer.text
        assert answer.headers["X-Request-ID"] in answer.text


@SQLITE
def test_a_locked_file_is_said_after_a_bounded_wait(
    impatient: None, app: Flask, cast: Cast, caplog: pytest.LogCaptureFixture, database_file: Path
) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    before = db.session.scalar(sa.text("SELECT count(*) FROM audit_row"))
    db.session.remove()
    with closing(sqlite3.connect(database_file)) as other:
        other.execute("BEGIN IMMEDIATE")
        caplog.set_level(logging.INFO)
        caplog.clear()
        form = {"email": cast.owner, "password": PASSWORD}
        answer = app.test_client().post("/sign-in", data=form)
        assert_unavailable(answer)
        assert client.get("/c/a1/stock").status_code == 200
        [line, _stock] = [record for record in caplog.records if hasattr(record, "said")]
        assert line.said["note"] == "database busy"
        assert not [record for record in caplog.records if record.exc_info]
        other.rollback()
    assert db.session.scalar(sa.text("SELECT count(*) FROM audit_row")) == before


@SQLITE
def test_a_page_waits_for_no_lock_to_note_that_it_was_seen(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, database_file: Path
) -> None:
    """The first look at a clinic is written down, and a page is read while others write."""
    monkeypatch.setattr(import_module("supply.db"), "BRIEF_MILLISECONDS", 0)
    client = app.test_client()
    sign_in(client, cast.owner)
    db.session.remove()
    with closing(sqlite3.connect(database_file)) as other:
        other.execute("BEGIN IMMEDIATE")
        # With the patience of writers this would take ten seconds, and fail then.
        assert client.get("/c/a2/stock").status_code == 200
        other.rollback()
    kept = sa.text("SELECT count(*) FROM person WHERE last_clinic_id IS NOT NULL")
    assert db.session.scalar(kept) == 0
    db.session.remove()
    assert client.get("/c/a1/stock").status_code == 200
    assert db.session.scalar(kept) == 1


@SQLITE
@pytest.mark.parametrize("fault", ["deleted", "replaced", "garbage"])
def test_a_file_that_is_not_ours_any_more(
    app: Flask, cast: Cast, database_file: Path, fault: str
) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    file = database_file
    if fault == "garbage":
        db.session.remove()
        db.engine.dispose()
        file.write_bytes(b"no database at all" * 1_000)
    else:
        file.rename(database_file.with_name("moved.db"))
    if fault == "replaced":
        sqlite3.connect(file).close()
    db.session.remove()
    assert_unavailable(client.get("/c/a1/stock"))
    assert_unavailable(client.post("/sign-in", data={"email": "x@y.example", "password": "z"}))
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    if fault == "deleted":
        assert not file.exists()


@SQLITE
def test_a_full_disk_saves_nothing_in_part(app: Flask, cast: Cast) -> None:
    db.session.remove()
    with db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        with pytest.raises(sa.exc.OperationalError) as full:
            connection.exec_driver_sql(
                "INSERT INTO audit_row (at, action, subject_type, after) "
                "VALUES ('2026-01-01', 'x', 'y', :big)",
                {"big": "x" * 100_000},
            )
    assert outage_of(full.value) is Outage.FULL
    assert db.session.scalar(sa.text("SELECT count(*) FROM audit_row WHERE action = 'x'")) == 0


@SQLITE
def test_a_server_out_of_reach(make_app: AppFactory) -> None:
    app = make_app(SQLALCHEMY_DATABASE_URI=NOWHERE)
    client = app.test_client()
    form = {"email": "a@b.example", "password": "z"}
    assert_unavailable(client.post("/sign-in", data=form))
    assert_unavailable(client.get("/api/v1/clinics", headers={"Authorization": "Bearer x"}))
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json == {"problem": "database", "status": "unready"}


@SQLITE
def test_what_is_nowhere_is_said_without_the_database(
    app: Flask, cast: Cast, database_file: Path
) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    db.session.remove()
    db.engine.dispose()
    database_file.unlink()
    answer = client.get("/nowhere/at/all")
    assert (answer.status_code, "There is nothing here" in answer.text) == (404, True)


@POSTGRESQL
def test_connections_that_the_server_ended(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    sign_in(client, cast.owner)
    assert client.get("/c/a1/stock").status_code == 200
    end = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    db.session.execute(end)
    db.session.remove()
    assert client.get("/c/a1/stock").status_code == 200


@POSTGRESQL
def test_a_connection_that_ends_with_the_page_takes_no_answer(app: Flask) -> None:
    @app.get("/ends")
    def ends() -> str:
        pid = db.session.scalar(sa.func.pg_backend_pid().select())
        with db.engine.connect() as other:
            other.execute(sa.select(sa.func.pg_terminate_backend(pid)))
        return "done"

    db.session.remove()
    for _time in range(2):
        assert (app.test_client().get("/ends").text) == "done"


@POSTGRESQL
def test_a_server_that_says_nothing_is_given_up(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PatientConnection, "statement_seconds", 0.1)
    with pytest.raises(sa.exc.OperationalError) as fault:
        db.session.execute(sa.text("SELECT pg_sleep(60)"))
    assert outage_of(fault.value) is Outage.UNREACHABLE
    db.session.rollback()
    assert db.session.scalar(sa.text("SELECT 1")) == 1


@POSTGRESQL
def test_an_idle_server_that_says_nothing_is_given_up_sooner(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("supply.postgresql"), "IDLE_SECONDS", 0.0)
    alone = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    with alone, pytest.raises(sa.exc.OperationalError) as fault:
        alone.execute(sa.text("SELECT pg_sleep(60)"))
    assert outage_of(fault.value) is Outage.UNREACHABLE


@POSTGRESQL
def test_the_first_statement_of_a_transaction_may_take_as_long_as_any(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("supply.postgresql"), "IDLE_SECONDS", 0.0)
    with db.engine.connect() as fresh:
        assert fresh.scalar(sa.text("SELECT 1 FROM pg_sleep(0.01)")) == 1


@POSTGRESQL
@pytest.mark.parametrize(
    ("statement", "outage"),
    [
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)", Outage.BUSY),
        ("SET TRANSACTION READ ONLY; DELETE FROM throttle", Outage.READ_ONLY),
        ("SELECT * FROM no_such_table", Outage.UNMIGRATED),
        ("SELECT pg_terminate_backend(pg_backend_pid())", Outage.UNREACHABLE),
        ("SELECT 1/0", None),
        ("SELECT no_such_column", None),
    ],
)
def test_what_postgresql_says_is_told_apart(
    app: Flask, statement: str, outage: Outage | None
) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError) as fault:
        db.session.execute(sa.text(statement))
    db.session.rollback()
    assert outage_of(fault.value) is outage


@SQLITE
def test_a_fault_of_ours_stays_one(app: Flask) -> None:
    with pytest.raises(sa.exc.OperationalError) as fault:
        db.session.execute(sa.text("SELECT no_such_column"))
    assert outage_of(fault.value) is None
