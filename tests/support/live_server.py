"""The application served over HTTP on the loopback interface, for browsers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from werkzeug.serving import make_server

from tests.support.ports import LOOPBACK


@dataclass(frozen=True)
class LiveServer:
    """A served application. ``url`` has no slash at its end."""

    url: str
    app: Flask


@contextmanager
def serving(app: Flask, port: int) -> Iterator[LiveServer]:
    """Serve ``app`` on ``port`` from a thread, each request in a thread of its own."""
    server = make_server(LOOPBACK, port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, name="live-server")
    thread.start()
    try:
        yield LiveServer(f"http://{LOOPBACK}:{port}", app)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
