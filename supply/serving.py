"""``supply serve``: the web server, and the scheduler beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask_babel import gettext as _
from gunicorn.glogging import Logger
from sqlalchemy import make_url
from whitenoise import WhiteNoise

from supply import create_app, tether
from supply.framing import LONGEST_LINE
from supply.refusals import Refusal
from supply.web import logs, statics
from supply.web.headers import CODE_READER, CODE_READER_POLICY, STATIC_HEADERS

THREADS = 12
"""Below the fifteen connections a process may open to the database."""
STATEMENT_SECONDS = 10
"""The longest a page's or call's one statement may take on PostgreSQL."""
FINISH_SECONDS = 30
RESTART_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to serve where."""

    host: str
    port: int
    workers: int
    scheduler: bool


def application() -> Flask:
    """Return the application as gunicorn runs it."""
    app = create_app({"STATEMENT_SECONDS": STATEMENT_SECONDS})
    serve_static_files(app)
    logs.wrap(app)
    logs.configure(str(app.config["LOG_FORMAT"]))
    return app


def serve_static_files(app: Flask) -> None:
    """Answer for static files before ``app`` is asked, compressed as far as a browser can."""
    served = WhiteNoise(
        app.wsgi_app,
        root=statics.compressed(Path(str(app.static_folder)), Path(app.instance_path) / "static"),
        prefix=app.static_url_path,
        immutable_file_test=lambda _path, _url: True,
        allow_all_origins=False,
        add_headers_function=_add_static_headers,
    )
    app.wsgi_app = served  # type: ignore[method-assign]


def workers_for(database_url: str, wanted: int | None) -> int:
    """Return how many worker processes to run: one on SQLite, which has one writer at a time."""
    if make_url(database_url).get_backend_name() == "sqlite":
        return 1
    return wanted or max(2, os.cpu_count() or 1)


def serve(plan: Plan) -> int:
    """Run the server, and the scheduler if planned, until a signal ends both.

    Returns the server's exit status. A scheduler that dies is started again.
    """
    stop = threading.Event()
    _stop_on_signals(stop)
    server = _start(server_command(plan), plan)
    scheduler = _start(_scheduler_command(), plan) if plan.scheduler else None
    while server.poll() is None and not stop.wait(0.2):
        if scheduler is not None and scheduler.poll() is not None:
            if stop.wait(RESTART_SECONDS):
                break
            scheduler = _start(_scheduler_command(), plan)
    for process in (server, scheduler):
        if process is not None:
            _end(process)
    return 0 if stop.is_set() else server.returncode


class CannotListen(Refusal):
    """The address to serve on is not ours, or another server has it."""


def refuse_taken(host: str, port: int) -> None:
    """Find out, before anything is started, whether one can listen there.

    Raises:
        CannotListen: the port is taken, not allowed, or the host is no address of this machine.
    """
    try:
        family, kind, _proto, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        message = _(
            "Supply cannot listen on %(host)s, port %(port)d: %(why)s.",
            host=host,
            port=port,
            why=error.strerror,
        )
        raise CannotListen(message) from error


def server_command(plan: Plan) -> list[str]:
    """Return gunicorn's command; without the control socket it would put in the home folder."""
    host = f"[{plan.host}]" if ":" in plan.host else plan.host
    return [
        *(sys.executable, "-m", "gunicorn"),
        *("--bind", f"{host}:{plan.port}"),
        *("--worker-class", "supply.worker.SupplyWorker"),
        *("--workers", str(plan.workers)),
        *("--threads", str(THREADS)),
        *("--timeout", "30"),
        *("--limit-request-line", str(LONGEST_LINE)),
        # Which proxy to believe, and what it may say, is the application's to know.
        *("--forwarded-allow-ips", ""),
        *("--logger-class", "supply.serving.ServerLog"),
        "--no-control-socket",
        *("--graceful-timeout", str(FINISH_SECONDS - 5)),
        "supply.serving:application()",
    ]


class ServerLog(Logger):
    """gunicorn's log, written among our own."""

    def setup(self, cfg: Any) -> None:
        """Hand every line on to the root's handler."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        logs.configure(os.environ.get("LOG_FORMAT", logs.FORMATS[0]))


def _scheduler_command() -> list[str]:
    return [sys.executable, "-m", "supply", "scheduler"]


def _start(command: list[str], plan: Plan) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PORT": str(plan.port)}
    return subprocess.Popen(  # noqa: S603 - our own commands
        [sys.executable, tether.__file__, *command], env=environment
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(FINISH_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _stop_on_signals(stop: threading.Event) -> None:
    def end(_number: int, _frame: Any) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


def _add_static_headers(headers: Any, _path: str, url: str) -> None:
    for name, value in STATIC_HEADERS.items():
        headers[name] = value
    if url.endswith(f"/{CODE_READER}"):
        headers["Content-Security-Policy"] = CODE_READER_POLICY
    headers["Cache-Control"] = statics.IMMUTABLE
