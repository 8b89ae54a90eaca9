"""Of any number of schedulers, exactly one acts: who that is.

On PostgreSQL the leader holds an advisory lock on a connection of its own, which the server
gives up when the process or its machine dies. On SQLite it holds a lock on a file beside the
database, which the operating system gives up when the process dies.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from pathlib import Path
from typing import Final, Protocol

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from supply.postgresql import REACHING, patiently

log = logging.getLogger(__name__)

LOCK: Final = 0x535550504C59
"""The advisory lock of schedulers."""

_CONNECT: Final = {
    # A network that goes silent must not leave two leaders, or none, for hours.
    **REACHING,
    "application_name": "supply scheduler",
    "options": ("-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"),
}


class Leadership(Protocol):
    """The right to run jobs, which one process has at a time."""

    def acquire(self) -> bool:
        """Try to become the leader, without waiting; return whether this process is."""

    def held(self) -> bool:
        """Return whether this process is still the leader, asking whoever grants it."""

    def release(self) -> None:
        """Give it up, if held."""


def leadership_over(engine: Engine) -> Leadership:
    """Return the leadership among schedulers of the database of ``engine``."""
    if engine.dialect.name == "postgresql":
        return PostgresLeadership(engine.url)
    return FileLeadership(Path(f"{engine.url.database}.scheduler.lock"))


class _Obstacle:
    """What keeps a process from asking for the lead: told once, not at every try."""

    def __init__(self) -> None:
        self._told = ""

    def tell(self, why: str) -> None:
        if why != self._told:
            log.warning("standing by: %s", why)
        self._told = why

    def is_gone(self) -> None:
        self._told = ""


class PostgresLeadership:
    """An advisory lock, held as long as one connection lives."""

    def __init__(self, url: sa.URL) -> None:
        """Prepare to connect to ``url``; nothing is asked yet."""
        self._obstacle = _Obstacle()
        self._engine = sa.create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=_CONNECT
        )
        event.listen(self._engine, "do_connect", patiently(None))
        self._connection: Connection | None = None
        self._turn = threading.Lock()

    def acquire(self) -> bool:
        """See :class:`Leadership`. A database out of reach grants nothing."""
        with self._turn:
            if self._connection is not None:
                return True
            try:
                connection = self._engine.connect()
                if connection.scalar(sa.select(sa.func.pg_try_advisory_lock(LOCK))):
                    self._connection = connection
                    return True
                connection.close()
            except sa.exc.DBAPIError:
                self._obstacle.tell("the database cannot be reached")
                return False
            self._obstacle.is_gone()
            return False

    def held(self) -> bool:
        """See :class:`Leadership`. The lock lives and dies with the connection."""
        with self._turn:
            if self._connection is None:
                return False
            try:
                self._connection.execute(sa.select(1))
            except sa.exc.DBAPIError:
                self._connection.invalidate()
                self._connection.close()
                self._connection = None
                return False
            return True

    def release(self) -> None:
        """See :class:`Leadership`."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None


class FileLeadership:
    """A lock on a file, held as long as the file stays open."""

    def __init__(self, path: Path) -> None:
        """Prepare to lock ``path``, which is made when first needed and stays."""
        self._obstacle = _Obstacle()
        self._path = path
        self._file: int | None = None

    def acquire(self) -> bool:
        """See :class:`Leadership`. A folder out of reach grants nothing."""
        if self._file is not None:
            return True
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            self._obstacle.tell(f"{self._path.name} cannot be opened: {error.strerror}")
            return False
        self._obstacle.is_gone()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return self.held()

    def held(self) -> bool:
        """See :class:`Leadership`. A file removed meanwhile grants nothing: another may be made."""
        if self._file is None:
            return False
        try:
            same = os.path.samestat(os.fstat(self._file), self._path.stat())
        except OSError:
            same = False
        if not same:
            self.release()
        return same

    def release(self) -> None:
        """See :class:`Leadership`."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
