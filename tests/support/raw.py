"""Speaking HTTP byte by byte, as no browser does."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import Final

from tests.support.ports import LOOPBACK

PATIENCE_SECONDS: Final = 30.0


def connect(port: int) -> socket.socket:
    """Return a connection to a server on this machine."""
    return socket.create_connection((LOOPBACK, port), timeout=PATIENCE_SECONDS)


def say(port: int, request: bytes) -> bytes:
    """Send ``request`` on a connection of its own; return all that comes until it is closed."""
    with connect(port) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def status(answer: bytes) -> int:
    """Return the status of an answer's first line."""
    return int(answer.split(b" ", 2)[1])


def hold_open(stack: ExitStack, port: int, beginning: bytes, count: int) -> list[socket.socket]:
    """Send only the ``beginning`` of a request on ``count`` connections, kept until the end."""
    held = []
    for _number in range(count):
        connection = stack.enter_context(connect(port))
        connection.sendall(beginning)
        held.append(connection)
    return held
