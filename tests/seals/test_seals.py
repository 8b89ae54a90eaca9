"""Seals: what they hold, that they wait for who is still writing, and that a change shows."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import threading

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.audit.models import AuditRow
from supply.db import AnyRow, db, transaction
from supply.inventory.verification import verify
from supply.seals.digests import digest_of, rows_of
from supply.seals.sealing import SEAL, Sealing, mark, seal
from tests.factories import AMPOULE, NOW, World, make_world, stock
from tests.support.commands import SupplyCommand

HOUR = dt.timedelta(hours=1)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def world(app: Flask) -> World:
    world = make_world()
    stock(world, AMPOULE, "50")
    db.session.rollback()
    return world


def seals() -> list[AnyRow]:
    found = list(db.session.execute(sa.select(SEAL).order_by(SEAL.c.number)))
    db.session.rollback()
    return found


def behind_our_back(table: str, statement: str) -> None:
    """Run ``statement`` as one who has the database itself, past what guards ``table``."""
    with transaction():
        if db.engine.dialect.name == "postgresql":
            db.session.execute(sa.text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            db.session.execute(sa.text(statement))
            db.session.execute(sa.text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
            return
        named = sa.text("SELECT name, sql FROM sqlite_master WHERE type='trigger' AND tbl_name=:t")
        guards = db.session.execute(named, {"t": table}).all()
        for guard in guards:
            db.session.execute(sa.text(f"DROP TRIGGER {guard.name}"))
        db.session.execute(sa.text(statement))
        for guard in guards:
            db.session.connection().exec_driver_sql(guard.sql)


def broken() -> list[str]:
    found = verify()
    db.session.rollback()
    return found


def test_an_hour_has_one_seal_and_each_holds_the_one_before(world: World) -> None:
    sealing = Sealing()
    assert [sealing(NOW), sealing(NOW), sealing(NOW + HOUR / 2)] == [1, None, None]
    stock(world, AMPOULE, "10", lot="B2")
    assert [sealing(NOW + HOUR), sealing(NOW + HOUR)] == [2, None]
    first, second = seals()
    assert (first.number, first.sealed_at, second.number, second.sealed_at) == (
        (1, NOW, 2, NOW + HOUR)
    )
    assert second.move_to == first.move_to + 1
    said = [first.digest, "2", "2026-06-15T10:00:00.000000+00:00"]
    said += [str(second.entry_to), str(second.move_to), str(second.audit_row_to)]
    said += [second.entry_digest, second.move_digest, second.audit_row_digest]
    assert second.digest == hashlib.sha256("\n".join(said).encode()).hexdigest()
    assert broken() == []


def test_a_row_is_hashed_as_one_line_that_says_all_of_it(world: World) -> None:
    with transaction():
        db.session.add(
            AuditRow(
                at=NOW,
                action="policy.set",
                subject_type="policy",
                address="2001:db8::1",
                before={"z": "1.000", "a": None},
                after={"naïve": ["ü", 1]},
            )
        )
    row_id = db.session.scalars(sa.select(sa.func.max(AuditRow.id))).one()
    rows = db.session.execute(rows_of("audit_row", 1), {"after": row_id - 1, "to": row_id}).all()
    line = (
        f'[{row_id},"2026-06-15T09:00:00.000000+00:00",null,"2001:db8::1","policy.set",null,null,'
        'null,"policy",null,{"a":null,"z":"1.000"},{"naïve":["ü",1]}]\n'
    )
    assert digest_of(rows) == hashlib.sha256(line.encode()).hexdigest()
    move = db.session.execute(rows_of("move", 1), {"after": 0, "to": 10**6}).first()
    assert move is not None
    assert move.quantity == 50_000, "whole thousandths"


CHANGES: list[tuple[str, str]] = [
    ("move", "UPDATE move SET cost_minor = cost_minor + 1, costed = quantity WHERE id = 1"),
    ("entry", "UPDATE entry SET reason = 'another' WHERE id = 1"),
    ("audit_row", "DELETE FROM audit_row WHERE id = 3"),
    (
        "audit_row",
        "INSERT INTO audit_row (id, at, action, subject_type)"
        " VALUES (-1, '2026-06-15 08:00:00+00:00', 'price.set', 'product')",
    ),
    (
        "audit_row",
        "UPDATE audit_row SET person_id = 4"
        " WHERE id = (SELECT max(id) FROM audit_row WHERE action <> 'seal.made')",
    ),
]


@pytest.mark.parametrize(("table", "statement"), CHANGES)
def test_a_row_changed_behind_our_back_names_the_first_seal_that_breaks(
    world: World, table: str, statement: str
) -> None:
    seal(mark(), NOW)
    upto = seals()[0]
    stock(world, AMPOULE, "10", lot="B2")
    seal(mark(), NOW + HOUR)
    assert broken() == []
    behind_our_back(table, statement)
    newest_first = "max(id)" in statement
    first, last = (upto, seals()[1]) if newest_first else (None, upto)
    since = getattr(first, f"{table}_to", 0)
    name = {"entry": "entries", "move": "moves", "audit_row": "audit rows"}[table]
    assert [one for one in broken() if one.startswith("seal")] == [
        f"seal {2 if newest_first else 1} of 2026-06-15 {10 if newest_first else '09'}:00 UTC:"
        f" the {name} {since + 1}–{getattr(last, f'{table}_to')} are not what was sealed:"
        " one was changed, removed or put in between"
    ]


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "DELETE FROM seal WHERE number = 1",
            "seal 2 of 2026-06-15 10:00 UTC: the one before is gone",
        ),
        (
            "DELETE FROM seal WHERE number = 2",
            "seal 2 of 2026-06-15 10:00 UTC: it is gone",
        ),
        ("DELETE FROM seal", "seal 2 of 2026-06-15 10:00 UTC: it is gone"),
        (
            "UPDATE seal SET digest = move_digest WHERE number = 1",
            "seal 1 of 2026-06-15 09:00 UTC: it was changed, or is not of this chain",
        ),
    ],
)
def test_a_seal_taken_away_or_made_anew_shows(world: World, statement: str, says: str) -> None:
    seal(mark(), NOW)
    seal(mark(), NOW + HOUR)
    behind_our_back("seal", statement)
    assert broken() == [says]


def test_of_two_at_once_one_seals(world: World) -> None:
    marked = mark()
    assert seal(marked, NOW) == 1
    stock(world, AMPOULE, "10", lot="B2")
    assert seal(marked, NOW + HOUR) == 2, "an old mark seals nothing twice"
    first, second = seals()
    assert (second.move_to, second.entry_to) == (first.move_to, first.entry_to)
    assert broken() == []


@POSTGRESQL
def test_what_was_being_written_when_it_was_marked_is_waited_for(world: World, app: Flask) -> None:
    """A row may come in below others that are there: ids are given before they are committed."""
    written, go = threading.Event(), threading.Event()

    def slow() -> None:
        with app.app_context():
            try:
                with transaction():
                    db.session.add(_row("slow"))
                    db.session.flush()
                    written.set()
                    go.wait(30)
            finally:
                db.session.remove()

    writer = threading.Thread(target=slow)
    writer.start()
    assert written.wait(30)
    with transaction():
        db.session.add(_row("quick"))
    sealing = Sealing()
    assert sealing(NOW) is None, "the slow one may still commit below the quick one"
    go.set()
    writer.join(30)
    assert sealing(NOW + HOUR / 60) == 1
    actions = sa.select(AuditRow.action).where(AuditRow.id <= seals()[0].audit_row_to)
    assert {"slow", "quick"} <= set(db.session.scalars(actions))
    assert broken() == []


@POSTGRESQL
def test_one_who_only_reads_is_not_waited_for(world: World, app: Flask) -> None:
    with db.engine.connect() as reader:
        reader.execute(sa.select(AuditRow.id).limit(1))
        assert Sealing()(NOW) == 1


def _row(action: str) -> AuditRow:
    return AuditRow(at=NOW, action=action, subject_type="test")


def test_the_command_shows_the_newest_seal_and_finds_one_that_was_kept(
    world: World, supply_command: SupplyCommand
) -> None:
    seal(mark(), NOW)
    seal(mark(), NOW + HOUR)
    first, second = seals()
    newest = json.loads(supply_command.run("ledger", "seal", "--json").stdout)
    assert newest == {
        "number": 2,
        "sealed_at": "2026-06-15T10:00:00+00:00",
        "digest": second.digest,
        "entries_to": second.entry_to,
        "moves_to": second.move_to,
        "audit_rows_to": second.audit_row_to,
    }
    kept = supply_command.run("ledger", "seal", first.digest.upper())
    assert kept.returncode == 0
    assert first.digest in kept.stdout
    none = supply_command.run("ledger", "seal", "0" * 64)
    assert (none.returncode, none.stderr.strip()) == (1, "There is no such seal.")
