"""Whose turn it is to write: SQLite takes one writer at a time, and lets the others poll.

A writer that finds the file locked sleeps and looks again, up to a tenth of a second later, so
that threads which write at once mostly sleep. Those of one process take turns here instead, and
the next goes on at once. Other processes still meet at the file.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine

NOTICED = 1.0
"""Seconds of waiting that are taken off how long one waits at the file."""

_turns: WeakKeyDictionary[Engine, threading.RLock] = WeakKeyDictionary()
_made = threading.Lock()


@contextmanager
def turn(engine: Engine, seconds: float) -> Iterator[float]:
    """Hold the turn to write while the block runs; yield the seconds left to wait at the file.

    Whoever has waited ``seconds`` for it goes on without it and with nothing left: the file says
    whether it can be written. On PostgreSQL, where writers wait for rows, there are no turns.
    """
    if engine.dialect.name != "sqlite":
        yield seconds
        return
    lock = _turn_of(engine)
    began = time.monotonic()
    mine = lock.acquire(timeout=seconds)
    waited = time.monotonic() - began
    try:
        yield seconds if mine and waited < NOTICED else max(0.0, seconds - waited)
    finally:
        if mine:
            lock.release()


def _turn_of(engine: Engine) -> threading.RLock:
    """Return the lock of a database; a thread that has it may begin anew."""
    with _made:
        return _turns.setdefault(engine, threading.RLock())
