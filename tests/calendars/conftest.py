"""The world in which treatments are given, and calendars as a server answers them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.treatments.conftest import formulation, shelves, world

__all__ = ["formulation", "shelves", "world"]


@dataclass
class CalendarServer:
    """What a calendar server answers, by path: a status, headers and a body."""

    port: int = 0
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def holds(self, path: str, body: bytes) -> str:
        self.answers[path] = (200, {"Content-Type": "text/calendar"}, body)
        return self.at(path)

    def leads(self, path: str, to: str) -> str:
        self.answers[path] = (302, {"Location": to}, b"")
        return self.at(path)


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    """A server on this machine."""
    with calendar_server() as held:
        yield held


@contextmanager
def calendar_server(tls: ssl.SSLContext | None = None) -> Iterator[CalendarServer]:
    """Yield a server on this machine, behind TLS if so wished."""
    held = CalendarServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.asked.append(self.path)
            status, headers, body = held.answers.get(self.path, (404, {}, b"no"))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    answering = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.port = answering.server_address[1]
    if tls is not None:
        answering.socket = tls.wrap_socket(answering.socket, server_side=True)
    thread = threading.Thread(target=answering.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield held
    answering.shutdown()
    answering.server_close()


@pytest.fixture
def name_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A name whose look-up ends only with the test."""
    really, ended = socket.getaddrinfo, threading.Event()

    def resolve(host: str, *arguments: Any, **more: Any) -> Any:
        if host == "hangs.example":
            if not ended.wait(20):
                raise RuntimeError("somebody waited for it")
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return really(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    yield "hangs.example"
    ended.set()
