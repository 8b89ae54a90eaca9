"""The stand-in served over HTTP on the loopback interface."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from tests.support.ports import LOOPBACK
from tests.support.stripe_standin.answering import Reply
from tests.support.stripe_standin.pages import PREFIX, visit
from tests.support.stripe_standin.standin import StripeStandin

_POLL: Final = 0.02
"""Seconds until the server sees that it is to end."""


@contextmanager
def running_standin(port: int = 0) -> Iterator[StripeStandin]:
    """Run a stand-in, by default on a free port; what hangs at the end is let go."""
    server = _Server((LOOPBACK, port), _Handler)
    standin = StripeStandin(f"http://{LOOPBACK}:{server.server_port}")
    server.standin = standin
    thread = threading.Thread(target=server.serve_forever, args=(_POLL,), name="stripe-standin")
    thread.start()
    try:
        yield standin
    finally:
        standin.release_all()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    standin: StripeStandin


class _Handler(BaseHTTPRequestHandler):
    """One request a connection: a caller that keeps connections would keep the server."""

    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Answer a GET, whose parameters are in its query."""
        parts = urlsplit(self.path)
        self._reply(self._ask("GET", parts.path, parts.query))

    def do_POST(self) -> None:
        """Answer a POST, whose parameters are in its body."""
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(int(length) if length.isdecimal() else 0)
        self._reply(self._ask("POST", urlsplit(self.path).path, body.decode("utf-8", "replace")))

    def do_DELETE(self) -> None:
        """Answer a DELETE: nothing of ours takes one."""
        self._reply(self._ask("DELETE", urlsplit(self.path).path, ""))

    def _ask(self, method: str, path: str, encoded: str) -> Reply:
        if path.startswith(PREFIX):
            return visit(self.server.standin, method, path, encoded)
        headers = Headers(list(self.headers.items()))
        return self.server.standin.desk.answer(method, path, encoded, headers)

    def _reply(self, reply: Reply) -> None:
        self.close_connection = True
        # The caller may have given up, which is what hanging is for.
        with suppress(ConnectionError):
            if reply.manner == "dropped":
                self.connection.shutdown(socket.SHUT_RDWR)
            else:
                self._send(reply)

    def _send(self, reply: Reply) -> None:
        half = reply.body[: len(reply.body) // 2]
        body = reply.body if reply.manner == "whole" else half
        promised = half if reply.manner == "truncated" else reply.body
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(promised)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: tests read ``standin.requests``."""
