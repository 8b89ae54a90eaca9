"""One write transaction: statements past the session, rows of the session and savepoints in it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Practice
from supply.db import db, execute, is_writing, table, transaction
from tests.factories import World, make_world

_NAME = sa.select(Practice.name).order_by(Practice.id).limit(1)


@pytest.fixture
def world(app: Flask) -> World:
    world = make_world()
    db.session.rollback()
    return world


def _rename(name: str) -> None:
    """Write past the session, which has done nothing in this transaction yet."""
    execute(sa.update(table(Practice)).values(name=name))


def _rename_and_fail(name: str, *, used: bool = False) -> None:
    _rename(name)
    if used:
        assert db.session.execute(_NAME).scalar_one() == name
    raise RuntimeError


def _kept() -> str:
    """Return the name that another connection sees."""
    with db.engine.connect() as connection:
        return str(connection.execute(_NAME).scalar_one())


def test_what_is_written_past_the_session_is_committed_with_it(world: World) -> None:
    before = _kept()
    with transaction():
        _rename("Written past")
        assert db.session.execute(_NAME).scalar_one() == "Written past"
        assert is_writing()
        assert _kept() == before
    assert not is_writing()
    assert _kept() == "Written past"


def test_rows_of_the_session_are_committed_with_it(world: World) -> None:
    with transaction():
        practice = db.session.get_one(Practice, world.practice.id)
        practice.name = "Set on the row"
    assert _kept() == "Set on the row"
    assert practice.name == "Set on the row"


@pytest.mark.parametrize("used", [True, False])
def test_what_fails_leaves_nothing(world: World, used: bool) -> None:
    before = _kept()
    with pytest.raises(RuntimeError), transaction():
        _rename_and_fail("Lost", used=used)
    assert not is_writing()
    assert _kept() == before
    assert db.session.execute(_NAME).scalar_one() == before


def test_a_savepoint_holds_what_is_written_past_the_session(world: World) -> None:
    """Also where it is the first of the transaction that has to do with the session."""
    with transaction():
        _rename("Before")
        with pytest.raises(RuntimeError), db.session.begin_nested():
            _rename_and_fail("In the savepoint")
        assert execute(_NAME).scalar_one() == "Before"
    assert _kept() == "Before"
    with transaction(), db.session.begin_nested():
        _rename("Kept")
    assert _kept() == "Kept"


def test_what_was_read_before_is_read_anew(world: World) -> None:
    practice = db.session.get_one(Practice, world.practice.id)
    before = practice.name
    with db.engine.connect() as connection, connection.begin():
        db.session.rollback()
        connection.execute(sa.update(table(Practice)).values(name="Meanwhile"))
    with transaction():
        assert before != practice.name == "Meanwhile"
