"""Writers of one process take turns at a SQLite file, and none waits longer than it said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from supply import turns
from supply.turns import turn


@pytest.fixture
def engine() -> Engine:
    return sa.create_engine("sqlite://")


@contextmanager
def writing_elsewhere(engine: Engine) -> Iterator[threading.Event]:
    """Hold the turn in another thread until the block or the event yielded ends it."""
    begun, done = threading.Event(), threading.Event()

    def hold() -> None:
        with turn(engine, 10):
            begun.set()
            done.wait()

    with ThreadPoolExecutor(1) as pool:
        held = pool.submit(hold)
        begun.wait()
        try:
            yield done
        finally:
            done.set()
            held.result()


def _left_of(engine: Engine, seconds: float) -> float:
    with turn(engine, seconds) as left:
        return left


def test_one_that_is_alone_has_all_its_time(engine: Engine) -> None:
    with turn(engine, 10) as left:
        assert left == 10


def test_one_that_does_not_get_its_turn_goes_on_with_nothing_left(engine: Engine) -> None:
    with writing_elsewhere(engine), turn(engine, 0) as left:
        assert left == 0


def test_one_waits_until_the_other_is_done(engine: Engine) -> None:
    order = []

    def write() -> None:
        with turn(engine, 10):
            order.append("second")

    with ThreadPoolExecutor(1) as pool, writing_elsewhere(engine) as done:
        second = pool.submit(write)
        order.append("first")
        done.set()
        second.result()
    assert order == ["first", "second"]


def test_a_thread_that_writes_may_begin_anew(engine: Engine) -> None:
    with turn(engine, 10), turn(engine, 5) as left:
        assert left == 5


def test_a_turn_ends_with_what_raised(engine: Engine) -> None:
    with pytest.raises(ValueError, match="no"), turn(engine, 10):
        raise ValueError("no")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_left_of, engine, 5).result() == 5


def test_long_waiting_is_taken_off_the_time_at_the_file(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([100.0, 104.0])
    monkeypatch.setattr(turns, "time", SimpleNamespace(monotonic=lambda: next(moments)))
    with turn(engine, 10) as left:
        assert left == 6


def test_other_databases_know_no_turns() -> None:
    engine = sa.create_engine("postgresql+psycopg://nobody@localhost/nothing")
    with writing_elsewhere(engine), turn(engine, 10) as left:
        assert left == 10
