"""Connections to PostgreSQL that wait for a silent server no longer than they must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

Result = TypeVar("Result")

REACHING: dict[str, Any] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""A machine that goes silent is given up after seconds, not hours."""

IDLE_SECONDS = 3.0
"""How long a server may take for what costs it nothing: to say that it is there."""

GRACE_SECONDS = 2.0
"""What a statement may take beyond the time after which the server itself would end it."""


class PatientConnection(psycopg.Connection[Any]):
    """A connection that ends where the server says nothing for too long.

    The limits that the server keeps are of no use while it is stopped or its machine starves;
    its system goes on acknowledging, so that the network sees nothing amiss either.
    """

    statement_seconds: float | None = None
    """How long a statement may take in all; None: as long as it likes."""

    def wait(
        self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        """Wait for what ``gen`` waits for. Raises OperationalError, and then is of no more use."""
        try:
            return super().wait(gen, interval, self._patience() if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:
                # An answer that comes late would be taken for that of the next statement.
                self.pgconn.finish()
            raise

    def _patience(self) -> float | None:
        """Return how long the next wait may take.

        Outside a transaction stands alone only the question whether the server is there. What
        begins a transaction is waited for together with its first statement.
        """
        if self.autocommit and self.pgconn.transaction_status == TransactionStatus.IDLE:
            return IDLE_SECONDS
        return self.statement_seconds


def patiently(statement_seconds: float | None) -> Callable[..., PatientConnection]:
    """Return the listener by which an engine connects; a statement takes at most so long."""

    def connect(
        _dialect: object, _record: object, arguments: list[Any], parameters: dict[str, Any]
    ) -> PatientConnection:
        connection = PatientConnection.connect(*arguments, **parameters)
        if statement_seconds is not None:
            connection.statement_seconds = statement_seconds + GRACE_SECONDS
        return connection

    return connect
